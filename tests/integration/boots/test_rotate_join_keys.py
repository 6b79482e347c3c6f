"""Join keys are rotated while a bay runs: old ones open nothing, and servers join with the new ones."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.bays.harness import PROJECTS, Bay, connect
from tests.integration.boots.attacks import STOLEN
from tests.integration.boots.booted_bay import OPEN, health
from tests.integration.boots.standing import Standing
from tests.integration.boots.story import comes
from tests.integration.boots.test_backup import ALSO
from tests.integration.boots.test_masters import BUSY

pytestmark = [pytest.mark.boot, pytest.mark.sandbox, pytest.mark.long, pytest.mark.timeout(2400, func_only=True)]

KEYPAIR = "rotate"
SMALL = ("--nodes", "1", "--set", "masters.flavor=m1.small", "--set", "nodes.flavor=m1.small")
TRY = """\
ssh -T -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o IdentitiesOnly=yes \
-i {stolen}/key bay-join@{master} token <<<"$(hostname) $(cat {stolen}/word)" 2>&1; echo "exit $?"
"""
"""What a thief does, on a node, with what its user data had."""


def steal(bay: Standing) -> None:
    """The join key and the word of a node, as cloud-init keeps them."""
    found = bay.inside(
        "node-0",
        f"umask 077; mkdir -p {STOLEN}; python3 -c 'import sys, yaml; from glob import glob\n"
        'files = yaml.safe_load(open(glob("/var/lib/cloud/instances/*/cloud-config.txt")[0]))["write_files"]\n'
        'kept = {one["path"]: one["content"] for one in files}\n'
        f'open("{STOLEN}/key", "w").write(kept["/etc/bay/join_key"])\n'
        f'open("{STOLEN}/word", "w").write(kept["/etc/bay/proof"])\' && echo stolen',
    )
    assert found == "stolen"


@pytest.mark.parametrize("engine", ["swarm", "kubernetes"])
def test_a_stolen_join_key_is_useless_and_new_servers_join(
    engine: str, user: Bay, key: Path, need_image: Callable[[str], None]
) -> None:
    need_image(engine)
    bay = Standing(engine, user, connect(user.sandbox, PROJECTS[0]))
    way_in = ("--keypair", KEYPAIR, "--set", "access.ssh=[198.18.0.0/15]")
    bay.run("create", bay.name, "--model", engine, *SMALL, *OPEN, *way_in, *ALSO[engine])
    steal(bay)
    theft = TRY.format(stolen=STOLEN, master=bay.address("master-0"))
    assert "Permission denied" not in bay.inside("node-0", theft), "a stolen key opens the door"

    rotated = user.run("rotate", "join-keys", bay.name, "-i", str(key), "--yes")
    assert rotated.code == 0, rotated
    assert "the old join keys are useless" in rotated.err.splitlines()[-1]
    assert re.search(r"Permission denied.*\nexit 255$", bay.inside("node-0", theft), re.DOTALL)

    bay.run("scale", bay.name, "2")
    everyone = {one: "HEALTHY" for one in (bay.name, *(f"{bay.name}-{s}" for s in ("master-0", "node-0", "node-1")))}
    comes(everyone, lambda: health(user, bay.name), BUSY)
    bay.run("rebuild", bay.name, "--group", "node", "--yes")
    comes(everyone, lambda: health(user, bay.name), BUSY)
    finished = user.run("rotate", "join-keys", bay.name, "-i", str(key), "--yes")
    assert finished.code == 0, finished
    assert "forget earlier keys" in finished.err
    assert "the old join keys are useless" in finished.err.splitlines()[-1]
    door = bay.inside("master-0", "grep -o generation-.* /etc/bay/door/authorized_keys | sort -u")
    assert door == "generation-2"
    bay.cloud.close()
