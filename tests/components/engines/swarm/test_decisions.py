"""When a server makes the swarm, joins it, waits or refuses: the real script against pretended masters."""

from pathlib import Path

import pytest

from tests.components.engines.machine import MASTERS
from tests.components.engines.swarm.machine import TOKEN, SwarmMachine

FIRST, SECOND, THIRD = MASTERS.values()
DAY = 86400
NO_SWARM = "3 "
JOINS = f"0 {TOKEN}"


@pytest.mark.parametrize(
    ("name", "state", "answers", "age", "attempt", "decision"),
    [
        # A bay that is being made.
        ("demo-master-0", "inactive", {SECOND: NO_SWARM, THIRD: NO_SWARM}, 60, 1, "init"),
        ("demo-master-0", "inactive", {SECOND: NO_SWARM}, 60, 1, "wait another-master-is-silent"),
        ("demo-master-0", "inactive", {}, 60, 2, "wait another-master-is-silent"),
        ("demo-master-0", "inactive", {SECOND: NO_SWARM}, 60, 3, "init"),
        ("demo-master-0", "inactive", {}, 60, 99, "wait another-master-is-silent"),
        ("demo-master-0", "inactive", {SECOND: "5 ", THIRD: NO_SWARM}, 60, 99, "wait another-master-is-busy"),
        ("demo-master-0", "inactive", {SECOND: "255 ", THIRD: NO_SWARM}, 60, 99, "wait another-master-is-busy"),
        ("demo-master-1", "inactive", {FIRST: NO_SWARM, THIRD: NO_SWARM}, 60, 9, "wait first-master-has-no-swarm"),
        ("demo-master-1", "inactive", {}, 60, 9, "wait first-master-has-no-swarm"),
        ("demo-master-1", "inactive", {FIRST: JOINS}, 60, 1, f"join {FIRST} {TOKEN}"),
        ("demo-node-0", "inactive", {FIRST: NO_SWARM}, 60, 9, "wait no-master-lets-it-in"),
        ("demo-node-0", "inactive", {}, 60, 9, "wait no-master-lets-it-in"),
        ("demo-node-0", "inactive", {SECOND: JOINS}, 60, 1, f"join {SECOND} {TOKEN}"),
        ("demo-node-0", "inactive", {SECOND: "0 something-else"}, 60, 1, "wait no-master-lets-it-in"),
        # A bay that exists: a master built anew joins, however old the bay is, and makes no second swarm.
        ("demo-master-0", "inactive", {THIRD: JOINS}, 60, 9, f"join {THIRD} {TOKEN}"),
        ("demo-master-0", "inactive", {THIRD: JOINS}, 400 * DAY, 9, f"join {THIRD} {TOKEN}"),
        ("demo-master-0", "inactive", {}, DAY, 9, "refuse bay-is-not-new"),
        ("demo-master-0", "inactive", {SECOND: NO_SWARM, THIRD: NO_SWARM}, DAY, 9, "refuse bay-is-not-new"),
        ("demo-node-5", "inactive", {THIRD: JOINS}, 400 * DAY, 1, f"join {THIRD} {TOKEN}"),
        # A clock that is behind by more than an hour proves nothing.
        ("demo-master-0", "inactive", {}, -7200, 9, "refuse bay-is-not-new"),
        # A server that restarts asks nobody.
        ("demo-master-0", "active", {}, 400 * DAY, 1, "ready"),
        ("demo-node-0", "active", {}, 400 * DAY, 1, "ready"),
        ("demo-node-0", "pending", {FIRST: JOINS}, 60, 1, "wait docker-is-pending"),
        ("demo-master-1", "locked", {FIRST: JOINS}, 60, 1, "refuse swarm-is-locked"),
        ("demo-master-1", "error", {FIRST: JOINS}, 60, 1, "refuse swarm-is-error"),
    ],
)
def test_decision(
    tmp_path: Path, name: str, state: str, answers: dict[str, str], age: int, attempt: int, decision: str
) -> None:
    machine = SwarmMachine.make(tmp_path, name, age=age, state=f"{state} false")
    for address, answer in answers.items():
        machine.answer(address, "token", answer)
    assert machine.decide(attempt) == decision


def test_the_only_master_of_a_new_bay_makes_the_swarm_at_once(tmp_path: Path) -> None:
    machine = SwarmMachine.make(tmp_path, "demo-master-0", masters={"demo-master-0": FIRST})
    assert machine.decide() == "init"
    assert machine.calls("ssh") == []


def test_a_master_never_asks_itself(tmp_path: Path) -> None:
    machine = SwarmMachine.make(tmp_path, "demo-master-1")
    machine.decide()
    assert sorted(call.split()[0] for call in machine.calls("ssh")) == [FIRST, THIRD]


def test_a_master_with_the_state_of_a_swarm_on_its_disk_makes_no_other(tmp_path: Path) -> None:
    machine = SwarmMachine.make(tmp_path, "demo-master-0", masters={"demo-master-0": FIRST})
    machine.write("docker/swarm/docker-state.json", "{}")
    assert machine.decide() == "refuse state-of-a-swarm-is-on-disk"


def test_a_server_that_used_up_its_key_does_not_make_a_swarm_either(tmp_path: Path) -> None:
    machine = SwarmMachine.make(tmp_path, "demo-master-0", masters={"demo-master-0": FIRST})
    (tmp_path / "join_key").unlink()
    assert machine.decide() == "refuse join-key-is-used-up"
