"""All masters are lost; the bay is restored from its backup, and its work has not noticed.

The commands are those of docs/backup.md.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from tests.integration.bays.harness import PROJECTS, Bay, connect
from tests.integration.boots.booted_bay import OPEN, health
from tests.integration.boots.standing import SMALL, Standing
from tests.integration.boots.story import comes
from tests.integration.boots.test_masters import BUSY, WORK, works
from tests.paths import DOCS

pytestmark = [pytest.mark.boot, pytest.mark.sandbox, pytest.mark.long, pytest.mark.timeout(2400, func_only=True)]

KEYPAIR = "backup"
LATER = {
    "swarm": (
        "docker service create --quiet --detach --name later --replicas 0 localhost/bay/web:1",
        "docker service ls -q",
    ),
    "kubernetes": ("kubectl create configmap later", "kubectl get configmap later --ignore-not-found --output name"),
}
"""Something that is not in the backup, and what shows whether it is there."""
ALSO: Mapping[str, Sequence[str]] = {
    "swarm": (),
    # Pods run here though the disk of this machine is nearly full.
    "kubernetes": ("--set", 'options.kubelet_args={eviction-hard: "imagefs.available<1%,nodefs.available<1%"}'),
}
RUNNING = {
    "swarm": "docker ps --quiet --no-trunc | sort",
    "kubernetes": "ctr --namespace k8s.io containers list --quiet 'image~=web' | sort",
}
"""What runs on a node of the work, by ids."""


def typed(name: str, key: Path) -> list[str]:
    """The commands of the page for a bay of that name and a user whose key is not in ~/.ssh."""
    text = (DOCS / "backup.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [re.sub(r"^(bay \w+) physics (.*)$", rf"\1 {name} \2 -i {key}", block, flags=re.M) for block in blocks]


def lose_masters(bay: Standing, masters: list[str]) -> None:
    """As somebody does who deletes servers by the dozen."""
    lost = [bay.server(master) for master in masters]
    for server in lost:
        bay.cloud.compute.delete_server(server)
    for server in lost:
        bay.cloud.compute.wait_for_delete(server, interval=0.2, wait=90)


@pytest.mark.parametrize(
    ("engine", "count"),
    [("swarm", 1), ("swarm", 3), ("kubernetes", 1), ("kubernetes", 3)],
    ids=lambda value: str(value),
)
def test_a_bay_whose_masters_are_all_gone_is_restored(
    engine: str, count: int, user: Bay, key: Path, need_image: Callable[[str], None]
) -> None:
    need_image(engine)
    bay = Standing(engine, user, connect(user.sandbox, PROJECTS[0]))
    way_in = ("--keypair", KEYPAIR, "--set", "access.ssh=[198.18.0.0/15]")
    bay.run("create", bay.name, "--model", engine, "--masters", str(count), *SMALL, *OPEN, *way_in, *ALSO[engine])
    bay.type(WORK[engine].deploy, fails="")  # `works` has more patience
    comes("2", lambda: works(bay), BUSY)
    known_by = bay.type(WORK[engine].known_by)
    save, restore = typed(bay.name, key)
    bay.type(save)
    later, is_later = LATER[engine]
    before = bay.type(is_later)
    bay.type(later)
    assert bay.type(is_later) != before
    running = {node: bay.inside(node, RUNNING[engine]) for node in ("node-0", "node-1")}
    assert all(running.values())

    masters = [f"master-{index}" for index in range(count)]
    lose_masters(bay, masters)
    bay.type(restore)

    servers = [f"{bay.name}-{server}" for server in (*masters, "node-0", "node-1")]
    comes(dict.fromkeys([bay.name, *servers], "HEALTHY"), lambda: health(user, bay.name), BUSY)
    comes("2", lambda: works(bay), BUSY)
    assert bay.type(WORK[engine].known_by) == known_by
    assert bay.type(is_later) == before, "what was created since is forgotten"
    assert {node: bay.inside(node, RUNNING[engine]) for node in running} == running, "containers ran on"
    bay.cloud.close()


ZOOKEEPER = "/usr/share/zookeeper/bin/zkCli.sh -server 127.0.0.1:2181"
WRITE = f"""login=$(sed -n 's|^zk://\\([^@]*\\)@.*|\\1|p' /etc/bay/mesos/zk)
printf '%s\\n' "addauth digest $login" "create /kept saved" quit | {ZOOKEEPER}"""
READ = f"{ZOOKEEPER} get /kept 2>/dev/null | grep -x saved"


def test_what_zookeeper_holds_outlives_all_masters_of_mesos(
    user: Bay, key: Path, need_image: Callable[[str], None]
) -> None:
    """The image brings no Mesos, so nobody waits for its engine."""
    need_image("mesos")
    bay = Standing("mesos", user, connect(user.sandbox, PROJECTS[0]))
    way_in = ("--keypair", KEYPAIR, "--set", "access.ssh=[198.18.0.0/15]")
    bay.run("create", bay.name, "--model", "mesos-ha", *SMALL, *OPEN, *way_in, "--no-wait")
    masters = ["master-0", "master-1", "master-2"]
    comes("bay", lambda: bay.inside("master-0", f"{ZOOKEEPER} get /mesos 2>/dev/null | grep -x bay"), BUSY)
    bay.inside("master-0", WRITE)
    comes(["saved"] * 3, lambda: [bay.inside(master, READ) for master in masters], BUSY)
    save, restore = typed(bay.name, key)
    bay.type(save)
    lose_masters(bay, masters)
    bay.type(restore.replace("--yes", "--yes --no-wait"))
    comes(["saved"] * 3, lambda: [bay.inside(master, READ) for master in masters], BUSY)
    bay.cloud.close()
