"""What a node does before it is powered off, and when it comes back."""

from pathlib import Path

import pytest

from bay.components.node.proof import proof
from tests.components.engines.door import KEY
from tests.components.engines.machine import MASTERS
from tests.components.engines.swarm.machine import TOKEN, SwarmMachine

FIRST, SECOND, THIRD = MASTERS.values()
POWER_OFF = "12 poweroff.target start waiting\n34 bay-leave.service stop running\n"


@pytest.fixture
def node(tmp_path: Path) -> SwarmMachine:
    """A worker whose only master lets it go."""
    machine = SwarmMachine.make(tmp_path, masters={"demo-master-0": FIRST}, state="active false")
    shut_down(machine, POWER_OFF)
    machine.answer(FIRST, "drain", "0 ")
    machine.answer(FIRST, "forget", "0 ")
    return machine


def shut_down(machine: SwarmMachine, jobs: str) -> None:
    machine.write("jobs", jobs)
    machine.fake("systemctl", 'note\n[ "$1" != list-jobs ] || cat "$FAKE/jobs"\n')


def leave(machine: SwarmMachine) -> None:
    done = machine.run("leave", str(machine.folder / "env"))
    assert done.returncode == 0, done.stderr


def test_its_work_moves_before_it_leaves_and_it_leaves_before_it_is_forgotten(node: SwarmMachine) -> None:
    leave(node)
    steps = [line for line in node.read("calls").splitlines() if line.startswith(("ssh ", "docker swarm"))]
    assert steps == [f"ssh {FIRST} drain", "docker swarm leave", f"ssh {FIRST} forget"]
    drain, forget = node.read("said").splitlines()
    who = f"demo-node-0 {proof(KEY, 'demo-node-0')}"
    assert drain in {f"{FIRST} drain {who} {left}" for left in (40, 39, 38)}, "what is left of its time"
    assert forget == f"{FIRST} forget {who}"
    assert node.marks() == ["leaving", "left"]


@pytest.mark.parametrize(
    "jobs",
    ["12 reboot.target start waiting\n", "12 kexec.target start waiting\n", "12 bay-leave.service stop running\n", ""],
)
def test_it_keeps_its_place_when_it_reboots_or_the_unit_is_stopped_by_hand(node: SwarmMachine, jobs: str) -> None:
    shut_down(node, jobs)
    leave(node)
    assert (node.calls("ssh"), node.calls("docker")) == ([], [])


def test_systemd_may_have_more_jobs_than_a_pipe_holds(node: SwarmMachine) -> None:
    shut_down(node, POWER_OFF + "56 some-mount-with-a-long-name.mount stop waiting\n" * 20000)
    leave(node)
    assert node.marks()[-1] == "left"


def test_one_that_is_not_in_has_nothing_to_leave(node: SwarmMachine) -> None:
    node.write("state", "inactive false\n")
    leave(node)
    assert node.calls("ssh") == []


def test_another_master_is_asked_where_one_does_not_answer(tmp_path: Path) -> None:
    machine = SwarmMachine.make(tmp_path, state="active false")
    shut_down(machine, POWER_OFF)
    machine.answer(FIRST, "drain", "5 ")
    machine.answer(SECOND, "drain", "0 ")
    machine.answer(THIRD, "forget", "0 ")
    leave(machine)
    assert machine.marks() == ["leaving", "left"]


def test_without_a_master_it_ends_as_any_server_and_keeps_its_place(node: SwarmMachine) -> None:
    (node.folder / "answers" / f"{FIRST}.drain").unlink()
    leave(node)
    assert node.calls("docker") == []
    assert node.marks() == ["leaving", "leaving reason=no-master-lets-it-go"]


def test_work_that_does_not_move_in_time_keeps_no_node_in_the_bay(node: SwarmMachine) -> None:
    node.answer(FIRST, "drain", "6 ")
    leave(node)
    assert node.marks() == ["leaving", "leaving reason=work-is-left", "left"]
    assert node.calls("ssh")[-1] == f"{FIRST} forget"


def test_it_comes_back_by_the_key_that_stayed_with_it(node: SwarmMachine) -> None:
    leave(node)
    (node.folder / "join_key").unlink()
    node.write("state", "inactive false\n")
    node.write("member_key", "another key")
    node.write("calls", "")
    node.answer(FIRST, "token", f"0 {TOKEN}")
    node.answer(FIRST, "wake", "5 ", "0 ")
    assert node.start().returncode == 0
    assert node.calls("ssh") == [
        *(f"{FIRST} {request}" for request in ("token", "forget", "wake", "wake")),
    ]
    assert node.marks()[-2:] == ["cluster state=waiting reason=no-master-gives-it-work", "ready"]
    assert not (node.folder / "leaving").exists()
    assert (node.folder / "member_key").exists()


def test_a_master_of_an_earlier_version_is_asked_as_that_knows_it(node: SwarmMachine) -> None:
    """It reads no line: what it is asked for stands in the command, and to whom in its records of addresses."""
    for verb in ("drain", "forget"):
        node.answer(FIRST, verb, "2 ", "0 ")
    leave(node)
    assert node.marks() == ["leaving", "left"]
    *_, drain = [call for call in node.calls("ssh") if "drain" in call]
    assert drain in {f"{FIRST} drain {left}" for left in (40, 39, 38)}
    assert node.calls("ssh")[-1] == f"{FIRST} forget demo-node-0"


def test_a_master_that_does_not_believe_it_is_not_asked_for_ever(node: SwarmMachine) -> None:
    node.answer(FIRST, "drain", "2 ")
    leave(node)
    assert node.marks() == ["leaving", "leaving reason=no-master-lets-it-go"]
    assert len(node.calls("ssh")) == 2


def test_without_any_key_it_says_so(tmp_path: Path) -> None:
    machine = SwarmMachine.make(tmp_path)
    (tmp_path / "join_key").unlink()
    assert machine.decide() == "refuse join-key-is-used-up"


def test_only_those_ask_for_work_who_were_about_to_leave(node: SwarmMachine) -> None:
    assert node.start().returncode == 0
    assert node.calls("ssh") == []
