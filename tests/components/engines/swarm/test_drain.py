"""How a manager lets a node go, that speaks for nobody but itself."""

from pathlib import Path

import pytest

from tests.components.engines.door import HERE, furnish_door, knock
from tests.components.engines.swarm.machine import DOCKER, TOKEN, SwarmMachine

# What changes while somebody waits is a file with a line for each look, "|" between its own lines; the last one stays.
FAKE = """
look() {
  head -n 1 "$FAKE/$1" | tr '|' '\\n'
  [ "$(wc -l <"$FAKE/$1")" -le 1 ] || sed -i 1d "$FAKE/$1"
}
"""
ANSWERS = """
  "node ls --filter role=worker"*) look workers ;;
  "node inspect"*) look addresses ;;
  "node ps"*--quiet) look tasks ;;
  "node ps"*) look states ;;
  "inspect --type task"*) look services ;;
  "service ls"*) look replicas ;;
  "service ps"*) look errors ;;
"""


@pytest.fixture
def master(tmp_path: Path) -> SwarmMachine:
    """A manager with two workers; a service of two replicas runs on the one that asks."""
    machine = SwarmMachine.make(tmp_path, "demo-master-0", state="active true")
    furnish_door(machine)
    machine.fake("docker", FAKE + DOCKER.replace('case "$*" in\n', f'case "$*" in{ANSWERS}'))
    for name, lines in {
        "workers": "n0|n1",
        "addresses": "10.80.0.99 n0|10.80.0.9 n1",
        "tasks": "t1",
        "states": "Running 2 minutes ago\nShutdown 1 second ago",
        "services": "web",
        "replicas": "replicated 2/2\nreplicated 1/2\nreplicated 2/2",
        "errors": "",
    }.items():
        machine.write(name, f"{lines}\n")
    return machine


def ask(master: SwarmMachine, request: str, caller: str = HERE) -> int:
    verb, _, argument = request.partition(" ")
    return knock(master, "member", verb, argument=argument, caller=caller).returncode


def test_it_waits_until_nothing_runs_there_and_as_much_runs_elsewhere(master: SwarmMachine) -> None:
    assert ask(master, "drain 20") == 0
    assert master.calls("docker") == ["node update --availability drain n0"]
    assert len(master.calls("sleep")) == 2, "once for the task that still ran, once for the replica that was not up"


def test_it_says_when_time_is_up(master: SwarmMachine) -> None:
    master.write("states", "Running 2 minutes ago\n")
    assert ask(master, "drain 1") == 6


def test_a_replica_with_no_place_to_go_is_not_waited_for(master: SwarmMachine) -> None:
    master.write("replicas", "replicated 2/2\nreplicated 1/2\n")
    master.write("errors", '"no suitable node (scheduling constraints not satisfied on 1 node)"\n')
    assert ask(master, "drain 20") == 0


@pytest.mark.parametrize("mode", ["global 1/2", "replicated job 0/1 (3/5 completed)", ""])
def test_what_has_as_many_replicas_as_nodes_or_ends_by_itself_is_not_waited_for(
    master: SwarmMachine, mode: str
) -> None:
    master.write("replicas", f"{mode}\n")
    assert ask(master, "drain 20") == 0


@pytest.mark.parametrize("request_", ["drain 20", "wake", "forget"])
def test_a_manager_that_cannot_tell_its_nodes_does_not_say_that_all_is_done(
    master: SwarmMachine, request_: str
) -> None:
    """As one without a leader: the node then asks another."""
    script = FAKE + DOCKER.replace('case "$*" in\n', f'case "$*" in{ANSWERS}')
    master.fake("docker", script.replace("look workers", "exit 1"))
    assert ask(master, request_) == 5


def test_a_node_that_docker_cannot_be_asked_about_is_not_empty(master: SwarmMachine) -> None:
    master.fake(
        "docker", FAKE + DOCKER.replace('case "$*" in\n', f'case "$*" in\n"node ps"*State*) exit 1 ;;{ANSWERS}')
    )
    assert ask(master, "drain 1") == 6


@pytest.mark.parametrize(
    ("request_", "call"),
    [("wake", "node update --availability active n0"), ("forget", "node rm --force n0")],
)
def test_its_entry_is_the_one_at_its_address(master: SwarmMachine, request_: str, call: str) -> None:
    assert ask(master, request_) == 0
    assert master.calls("docker") == [call]


@pytest.mark.parametrize("request_", ["drain 20", "wake", "forget"])
def test_an_address_that_only_begins_alike_is_nobodys(master: SwarmMachine, request_: str) -> None:
    for address in ("10.80.0.90", "10.80.0.1", "10.80.0.999", "10x80.0.99"):
        master.write("addresses", f"{address} n0|10.80.0.9 n1\n")
        assert ask(master, request_) == 0
    assert master.calls("docker") == []


def test_no_manager_is_drained(master: SwarmMachine) -> None:
    master.write("workers", "")
    assert ask(master, "drain 20") == 0
    assert master.calls("docker") == []


def test_a_node_that_left_gets_the_token_of_a_worker(master: SwarmMachine) -> None:
    answer = knock(master, "member", "token")
    assert (answer.returncode, answer.stdout) == (0, f"{TOKEN}\n")
    assert master.calls("docker") == ["swarm join-token --quiet worker"]


@pytest.mark.parametrize(
    ("request_", "caller"),
    [
        ("drain", HERE),
        ("drain -1", HERE),
        ("drain 1 10.80.0.9", HERE),
        ("drain 1;id", HERE),
        ("drain 20", ""),
        ("drain 20", "-x"),
        ("wake", "$(id)"),
        ("sh", HERE),
    ],
)
def test_any_other_request_moves_nothing(master: SwarmMachine, request_: str, caller: str) -> None:
    assert ask(master, request_, caller) == 2
    assert master.calls("docker") == []


@pytest.mark.parametrize("verb", ["drain", "wake"])
def test_a_key_that_lets_a_server_in_drains_nobody(master: SwarmMachine, verb: str) -> None:
    for role, name in (("node", "demo-node-0"), ("master", "demo-master-1")):
        assert knock(master, role, verb, name, "20").returncode == 2
    assert master.calls("sudo") == []
