"""What a join key opens on a manager, and what it does not; the door itself: common/test_door.py."""

from pathlib import Path

import pytest

from tests.components.engines.door import furnish_door, knock
from tests.components.engines.swarm.machine import DOCKER, TOKEN, SwarmMachine

NODES = """\
id-m0 demo-master-0 Ready Leader
id-m1 demo-master-1 Down Unreachable
id-n0 demo-node-0 Ready
id-n1 demo-node-1 Down
id-n1b demo-node-1 Down
id-n10 demo-node-10 Down
id-x9 demo-master-9 Ready
id-x1 demo-master-1 Ready
"""


@pytest.fixture
def master(tmp_path: Path) -> SwarmMachine:
    machine = SwarmMachine.make(tmp_path, "demo-master-0", state="active true")
    furnish_door(machine)
    machine.write("nodes", NODES)
    return machine


@pytest.mark.parametrize(
    ("role", "name", "token"), [("node", "demo-node-0", "worker"), ("master", "demo-master-1", "manager")]
)
def test_a_key_gets_the_token_of_its_role(master: SwarmMachine, role: str, name: str, token: str) -> None:
    answer = knock(master, role, "token", name)
    assert (answer.returncode, answer.stdout) == (0, f"{TOKEN}\n")
    assert master.calls("docker") == [f"swarm join-token --quiet {token}"]


@pytest.mark.parametrize(
    ("role", "name", "code", "calls"),
    [
        ("node", "demo-node-1", 0, ["node rm --force id-n1", "node rm --force id-n1b"]),
        # Whoever proves the name is the one: an entry that is up is of somebody who took it.
        ("node", "demo-node-0", 0, ["node rm --force id-n0"]),
        ("node", "demo-node-7", 0, []),
        ("node", "demo-master-1", 2, []),
        ("master", "demo-master-9", 0, ["node rm --force id-x9"]),
        ("master", "demo-master-1", 0, ["node demote id-m1", "node rm --force id-m1", "node rm --force id-x1"]),
        ("master", "demo-master-0", 4, []),
    ],
)
def test_a_server_takes_the_place_of_an_earlier_one_and_of_who_took_its_name_but_of_no_manager_that_is_up(
    master: SwarmMachine, role: str, name: str, code: int, calls: list[str]
) -> None:
    answer = knock(master, role, "forget", name)
    assert (answer.returncode, answer.stdout) == (code, "")
    assert master.calls("docker") == calls


def test_a_worker_whose_name_a_manager_has_removes_no_manager(master: SwarmMachine) -> None:
    master.write("nodes", "id-m0 demo-node-3 Down Unreachable\n")
    assert knock(master, "node", "forget", "demo-node-3").returncode == 2
    assert master.calls("docker") == []


def test_a_demoted_manager_is_removed_once_swarm_agrees(master: SwarmMachine) -> None:
    refusal = '"node rm"*) note; [ -e "$FAKE/tried" ] || { touch "$FAKE/tried"; exit 1; } ;;\n'
    master.fake("docker", DOCKER.replace('case "$*" in\n', f'case "$*" in\n{refusal}'))
    master.write("nodes", NODES.replace("id-x1 demo-master-1 Ready\n", ""))
    assert knock(master, "master", "forget", "demo-master-1").returncode == 0
    assert master.calls("docker") == ["node demote id-m1", "node rm --force id-m1", "node rm --force id-m1"]


@pytest.mark.parametrize(
    ("state", "code"),
    [("inactive false", 3), ("active false", 5), ("pending false", 5), ("locked false", 5), ("error false", 5)],
)
def test_a_master_without_a_swarm_says_so_and_one_in_trouble_says_something_else(
    master: SwarmMachine, state: str, code: int
) -> None:
    master.write("state", f"{state}\n")
    assert knock(master, "master", "token", "demo-master-1").returncode == code


def test_a_master_whose_docker_is_down_does_not_say_that_it_has_no_swarm(master: SwarmMachine) -> None:
    master.fake("docker", "exit 1\n")
    assert knock(master, "master", "token", "demo-master-1").returncode == 5


@pytest.mark.parametrize("verb", ["certificate", "drain", "wake"])
def test_what_is_of_another_engine_or_role_is_refused(master: SwarmMachine, verb: str) -> None:
    assert knock(master, "node", verb).returncode == 2
    assert master.calls("docker") == []
