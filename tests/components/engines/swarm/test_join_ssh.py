"""What a join key opens on a master, and what it does not."""

from pathlib import Path

import pytest

from tests.components.engines.swarm.machine import DOCKER, TOKEN, SwarmMachine

NODES = """\
id-m0 demo-master-0 Ready Leader
id-m1 demo-master-1 Down Unreachable
id-n0 demo-node-0 Ready
id-n1 demo-node-1 Down
id-n1b demo-node-1 Down
id-n10 demo-node-10 Down
"""


@pytest.fixture
def master(tmp_path: Path) -> SwarmMachine:
    machine = SwarmMachine.make(tmp_path, "demo-master-0", state="active true")
    machine.write("nodes", NODES)
    return machine


@pytest.mark.parametrize("role", ["worker", "manager"])
def test_a_key_gets_the_token_of_its_role(master: SwarmMachine, role: str) -> None:
    answer = master.run("join-door", role, SSH_ORIGINAL_COMMAND="token")
    assert (answer.returncode, answer.stdout) == (0, f"{TOKEN}\n")
    assert master.calls("docker") == [f"swarm join-token --quiet {role}"]


@pytest.mark.parametrize(
    "request_",
    [
        "",
        "sh",
        "token manager",
        "token; id",
        "token\nid",
        "forget",
        "forget ",
        "forget demo-node-1 demo-node-0",
        "forget demo-node-1\nid",
        "forget --force",
        "forget ../x",
        "forget $(id)",
        "forget `id`",
        "forget DEMO",
        "forget n\u00f6de",
        " token",
    ],
)
def test_any_other_request_reaches_nobody(master: SwarmMachine, request_: str) -> None:
    answer = master.run("join-door", "worker", SSH_ORIGINAL_COMMAND=request_)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert master.calls("sudo") == []


@pytest.mark.parametrize(
    ("role", "name", "code", "calls"),
    [
        ("worker", "demo-node-1", 0, ["node rm --force id-n1", "node rm --force id-n1b"]),
        ("worker", "demo-node-0", 4, []),
        ("worker", "demo-node-7", 0, []),
        ("worker", "demo-master-1", 2, []),
        ("manager", "demo-master-1", 0, ["node demote id-m1", "node rm --force id-m1"]),
        ("manager", "demo-master-0", 4, []),
    ],
)
def test_only_entries_that_are_down_are_removed_and_managers_only_for_managers(
    master: SwarmMachine, role: str, name: str, code: int, calls: list[str]
) -> None:
    answer = master.run("join-door", role, SSH_ORIGINAL_COMMAND=f"forget {name}")
    assert (answer.returncode, answer.stdout) == (code, "")
    assert master.calls("docker") == calls


def test_a_demoted_manager_is_removed_once_swarm_agrees(master: SwarmMachine) -> None:
    refusal = '"node rm"*) note; [ -e "$FAKE/tried" ] || { touch "$FAKE/tried"; exit 1; } ;;\n'
    master.fake("docker", DOCKER.replace('case "$*" in\n', f'case "$*" in\n{refusal}'))
    answer = master.run("join-door", "manager", SSH_ORIGINAL_COMMAND="forget demo-master-1")
    assert answer.returncode == 0
    assert master.calls("docker") == ["node demote id-m1", "node rm --force id-m1", "node rm --force id-m1"]


@pytest.mark.parametrize(
    ("state", "code"),
    [("inactive false", 3), ("active false", 5), ("pending false", 5), ("locked false", 5), ("error false", 5)],
)
def test_a_master_without_a_swarm_says_so_and_one_in_trouble_says_something_else(
    tmp_path: Path, state: str, code: int
) -> None:
    master = SwarmMachine.make(tmp_path, "demo-master-0", state=state)
    assert master.run("join-door", "manager", SSH_ORIGINAL_COMMAND="token").returncode == code


def test_a_master_whose_docker_is_down_does_not_say_that_it_has_no_swarm(master: SwarmMachine) -> None:
    master.fake("docker", "exit 1\n")
    assert master.run("join-door", "manager", SSH_ORIGINAL_COMMAND="token").returncode == 5


@pytest.mark.parametrize("arguments", [(), ("root", "token"), ("worker", "token", "x"), ("worker", "rm", "x")])
def test_the_part_that_runs_as_root_checks_for_itself(master: SwarmMachine, arguments: tuple[str, ...]) -> None:
    answer = master.run("join-root", *arguments)
    assert (answer.returncode, answer.stdout) == (2, "")
