"""A bay whose only master has a volume for the engine's data outlives it: one cluster, its work still there."""

from collections.abc import Callable

import pytest

from ..bays.harness import PROJECTS, Bay, connect
from .booted_bay import OPEN, health
from .standing import SMALL, Standing
from .story import comes
from .test_masters import BUSY, WORK, works

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
