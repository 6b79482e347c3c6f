"""A bay whose only master has a volume for the engine's data outlives it: one cluster, its work still there."""

from collections.abc import Callable

import pytest

from tests.integration.bays.harness import PROJECTS, Bay, connect
from tests.integration.boots.booted_bay import OPEN, health
from tests.integration.boots.standing import SMALL, Standing
from tests.integration.boots.story import comes
from tests.integration.boots.test_masters import BUSY, WORK, works

pytestmark = [pytest.mark.boot, pytest.mark.sandbox, pytest.mark.long, pytest.mark.timeout(1500, func_only=True)]


@pytest.mark.parametrize("engine", ["swarm", "kubernetes"])
def test_the_only_master_made_again_goes_on_with_its_volume(
    engine: str, user: Bay, need_image: Callable[[str], None]
) -> None:
    need_image(engine)
    bay = Standing(engine, user, connect(user.sandbox, PROJECTS[0]))
    volume = ("--set", "masters.state_volume=5")
    bay.run("create", bay.name, "--model", engine, *SMALL, *OPEN, *volume)
    bay.type(WORK[engine].deploy)
    comes("2", lambda: works(bay), BUSY)
    known_by = bay.type(WORK[engine].known_by)
    lost = bay.server("master-0")
    held = [one.id for one in lost.attached_volumes]

    bay.cloud.compute.delete_server(lost)
    bay.cloud.compute.wait_for_delete(lost, interval=0.2, wait=90)
    bay.run("repair", bay.name, "--yes")

    made_again = bay.server("master-0")
    assert made_again.id != lost.id
    assert [one.id for one in made_again.attached_volumes] == held
    servers = [f"{bay.name}-{server}" for server in ("master-0", "node-0", "node-1")]
    comes(dict.fromkeys([bay.name, *servers], "HEALTHY"), lambda: health(user, bay.name), BUSY)
    comes("2", lambda: works(bay), BUSY)
    assert bay.type(WORK[engine].known_by) == known_by
    bay.cloud.close()
