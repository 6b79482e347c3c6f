"""The masters' door: whoever asks speaks for itself alone, whatever its engine."""

import threading
import time
from pathlib import Path

import pytest

from bay.components.node.proof import proof
from tests.components.engines.door import HERE, KEY, furnish_door, knock
from tests.components.engines.swarm.machine import DOCKER, TOKEN, SwarmMachine
from tests.waiting import eventually

OTHER_KEY = "fedcba9876543210" * 4


@pytest.fixture
def master(tmp_path: Path) -> SwarmMachine:
    """The first of three, in a swarm."""
    machine = SwarmMachine.make(tmp_path, "demo-master-0", state="active true")
    furnish_door(machine, {1: KEY, 2: OTHER_KEY})
    return machine


def test_who_proves_its_name_is_let_in(master: SwarmMachine) -> None:
    answer = knock(master, "node", "token")
    assert (answer.returncode, answer.stdout) == (0, f"{TOKEN}\n")


@pytest.mark.parametrize(
    "word",
    [
        proof(KEY, "demo-node-1"),
        proof(OTHER_KEY, "demo-node-0"),
        proof(KEY, "demo-node-0")[:-1],
        proof(KEY, "demo-node-0").upper(),
        proof(KEY, "demo-node-0") + "0",
        "0" * 32,
        "none",
        "",
    ],
)
@pytest.mark.parametrize("verb", ["token", "forget"])
def test_another_servers_word_opens_nothing(master: SwarmMachine, verb: str, word: str) -> None:
    answer = knock(master, "node", verb, word=word)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert master.calls("docker") == []


@pytest.mark.parametrize("verb", ["token", "drain", "wake", "forget"])
def test_a_member_speaks_for_nobody_else(master: SwarmMachine, verb: str) -> None:
    assert knock(master, "member", verb, "demo-node-1", word=proof(KEY, "demo-node-0")).returncode == 2
    assert master.calls("docker") == []


@pytest.mark.parametrize(
    ("role", "name", "code"),
    [
        ("node", "demo-node-7", 0),
        ("node", "demo-master-extra-0", 0),
        ("node", "other-master-0", 0),
        ("node", "demo-master-0", 2),
        ("node", "demo-master-9", 2),
        ("node", "demo-master-10000", 2),
        ("member", "demo-master-1", 2),
        ("master", "demo-master-9", 0),
        ("master", "demo-node-0", 2),
    ],
)
def test_names_of_masters_are_the_masters(master: SwarmMachine, role: str, name: str, code: int) -> None:
    """Even with the right word, which no node can have."""
    assert knock(master, role, "token", name).returncode == code


def test_several_generations_of_keys_are_valid_at_a_time_and_each_can_be_revoked(master: SwarmMachine) -> None:
    newer = proof(OTHER_KEY, "demo-node-0")
    assert knock(master, "node", "token").returncode == 0
    assert knock(master, "node", "token", word=newer, generation="2").returncode == 0
    assert knock(master, "node", "token", word=newer, generation="1").returncode == 2, "each with its own"
    assert knock(master, "node", "token", word=newer, generation="3").returncode == 2
    furnish_door(master, {2: OTHER_KEY})
    assert knock(master, "node", "token").returncode == 2
    assert knock(master, "node", "token", word=newer, generation="2").returncode == 0


@pytest.mark.parametrize(
    "line",
    [
        "",
        "demo-node-0",
        f"demo-node-0 {proof(KEY, 'demo-node-0')} 1 2",
        f"demo-node-0;id {proof(KEY, 'demo-node-0')}",
        f"$(id) {proof(KEY, '$(id)')}",
        f"--help {proof(KEY, '--help')}",
        f"demo_node_0 {proof(KEY, 'demo_node_0')}",
        f"DEMO-NODE-0 {proof(KEY, 'DEMO-NODE-0')}",
        f"nöde {proof(KEY, 'nöde')}",
        f"{'n' * 64} {proof(KEY, 'n' * 64)}",
        "n" * 100_000,
        f"\ndemo-node-0 {proof(KEY, 'demo-node-0')}",
    ],
)
def test_a_line_of_another_form_reaches_nobody(master: SwarmMachine, line: str) -> None:
    connection = f"{HERE} 50000 10.80.0.10 22"
    answer = master.run(
        "join-door", "node", "1", said=f"{line}\n", SSH_ORIGINAL_COMMAND="token", SSH_CONNECTION=connection
    )
    assert (answer.returncode, answer.stdout) == (2, "")
    assert master.calls("docker") == []


@pytest.mark.parametrize(
    "verb", ["", "sh", "token x", "token\nid", " token", "init", "drain", "wake", "token;id", "-t"]
)
def test_any_other_request_reaches_nobody(master: SwarmMachine, verb: str) -> None:
    assert knock(master, "node", verb).returncode == 2
    assert master.calls("sudo") == []


@pytest.mark.parametrize("caller", ["", "-x", "$(id)", "10.80.0.9;id", "../x", "10.80.0.9/../x", "fe80::1%eth0"])
def test_who_has_no_address_is_nobody(master: SwarmMachine, caller: str) -> None:
    assert knock(master, "node", "token", caller=caller).returncode == 2
    assert master.calls("docker") == []


def test_the_word_is_on_no_command_line(master: SwarmMachine) -> None:
    knock(master, "node", "token")
    assert master.calls("sudo") == [f"-n {master.folder}/lib/join-root node 1 {HERE}"]


@pytest.mark.parametrize("seconds", ["", "0", "61", "99", "100", "99999999999999", "-1", "1.5", "08x", "1e9"])
def test_nobody_is_waited_for_longer_than_a_minute(master: SwarmMachine, seconds: str) -> None:
    assert knock(master, "member", "drain", argument=seconds).returncode == 2
    assert master.calls("docker") == []


@pytest.mark.parametrize("seconds", ["1", "08", "60"])
def test_a_minute_is_granted(master: SwarmMachine, seconds: str) -> None:
    master.fake("docker", DOCKER.replace('case "$*" in\n', 'case "$*" in\n"node ls --filter"*) ;;\n'))
    assert knock(master, "member", "drain", argument=seconds).returncode == 0


def test_a_server_has_one_request_at_a_time(master: SwarmMachine) -> None:
    asked, go = master.folder / "asked", master.folder / "go"
    waits = f'"swarm join-token"*) : > {asked}; until [ -e {go} ]; do /bin/sleep 0.1; done; echo x ;;\n'
    master.fake("docker", DOCKER.replace('case "$*" in\n', f'case "$*" in\n{waits}'))
    first = threading.Thread(target=knock, args=(master, "node", "token"))
    first.start()
    try:
        eventually(asked.exists)
        assert knock(master, "node", "token").returncode == 5
    finally:
        go.touch()
        first.join()
    assert knock(master, "node", "token", caller="10.80.0.98").returncode == 0, "another server"


def test_no_request_keeps_root_busy_for_ever(master: SwarmMachine) -> None:
    script = master.read("lib/door.sh").replace("REQUEST_WITHIN=90", "REQUEST_WITHIN=1")
    master.write("lib/door.sh", script)
    master.fake("docker", "exec /bin/sleep 30\n")
    start = time.monotonic()
    assert knock(master, "node", "token").returncode == 124
    assert time.monotonic() - start < 15


@pytest.mark.parametrize(
    "arguments",
    [(), ("node",), ("node", "1"), ("root", "1", HERE), ("node", "x", HERE), ("node", "1", "a b"), ("", "", "")],
)
def test_the_part_that_runs_as_root_checks_for_itself(master: SwarmMachine, arguments: tuple[str, ...]) -> None:
    answer = master.run("join-root", *arguments, said=f"token demo-node-0 {proof(KEY, 'demo-node-0')}\n")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert master.calls("docker") == []
