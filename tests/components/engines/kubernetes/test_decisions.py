"""When a server makes the cluster, joins it, waits or refuses: the real script against pretended masters."""

from pathlib import Path

import pytest

from tests.components.engines.kubernetes.machine import CERTIFICATE, KubernetesMachine
from tests.components.engines.machine import MASTERS

FIRST, SECOND, THIRD = MASTERS.values()
DAY = 86400
NONE = "3 "
JOINS = f"0 {CERTIFICATE}"
ALONE = {"demo-master-0": FIRST}


@pytest.mark.parametrize(
    ("name", "answers", "age", "attempt", "decision"),
    [
        # A bay that is being made.
        ("demo-master-0", {SECOND: NONE, THIRD: NONE}, 60, 1, "init"),
        ("demo-master-0", {SECOND: NONE}, 60, 1, "wait another-master-is-silent"),
        ("demo-master-0", {SECOND: NONE}, 60, 3, "init"),
        ("demo-master-0", {}, 60, 99, "wait another-master-is-silent"),
        ("demo-master-0", {SECOND: "5 ", THIRD: NONE}, 60, 99, "wait another-master-is-busy"),
        ("demo-master-1", {FIRST: NONE, THIRD: NONE}, 60, 9, "wait first-master-has-no-cluster"),
        ("demo-master-1", {FIRST: JOINS}, 60, 1, f"join {FIRST} {CERTIFICATE}"),
        ("demo-master-1", {FIRST: "4 ", THIRD: "5 "}, 60, 9, "wait name-is-taken-for-now"),
        ("demo-node-0", {FIRST: NONE}, 60, 9, "wait no-master-lets-it-in"),
        ("demo-node-0", {SECOND: JOINS}, 60, 1, f"join {SECOND} {CERTIFICATE}"),
        ("demo-node-0", {SECOND: "0 something-else"}, 60, 1, "wait no-master-lets-it-in"),
        ("demo-node-0", {SECOND: f"0 {CERTIFICATE}; id"}, 60, 1, "wait no-master-lets-it-in"),
        # A bay that exists: a master built anew joins, however old the bay is, and makes no second cluster.
        ("demo-master-0", {THIRD: JOINS}, 400 * DAY, 9, f"join {THIRD} {CERTIFICATE}"),
        ("demo-master-0", {}, DAY, 9, "refuse bay-is-not-new"),
        ("demo-master-0", {SECOND: NONE, THIRD: NONE}, DAY, 9, "refuse bay-is-not-new"),
    ],
)
def test_decision(tmp_path: Path, name: str, answers: dict[str, str], age: int, attempt: int, decision: str) -> None:
    machine = KubernetesMachine.make(tmp_path, name, age=age)
    for address, answer in answers.items():
        machine.answer(address, "certificate", answer)
    assert machine.decide(attempt) == decision


def test_a_member_asks_nobody(tmp_path: Path) -> None:
    machine = KubernetesMachine.make(tmp_path, "demo-master-0", age=400 * DAY, member=True)
    machine.answer(SECOND, "certificate", JOINS)
    assert machine.decide() == "ready"
    assert machine.calls("ssh") == []


@pytest.mark.parametrize(
    ("version", "decision"),
    [
        ("v1.34.0", "init"),
        ("v1.35.1", "init"),
        ("v1.33.9", "refuse kubeadm-is-v1.33.9"),
        ("v1.36.0", "refuse kubeadm-is-v1.36.0"),
    ],
)
def test_a_kubeadm_that_does_not_fit_the_cluster_says_so(tmp_path: Path, version: str, decision: str) -> None:
    machine = KubernetesMachine.make(tmp_path, "demo-master-0", masters=ALONE)
    machine.write("version", f"{version}\n")
    assert machine.decide() == decision


def test_a_master_of_several_with_the_state_of_a_cluster_on_its_disk_makes_no_other(tmp_path: Path) -> None:
    machine = KubernetesMachine.make(tmp_path, "demo-master-0")
    machine.write("var/lib/etcd/member/wal", "")
    assert machine.decide(9) == "refuse state-of-a-cluster-is-on-disk"


@pytest.mark.parametrize("attempt", ["", "resume"])
def test_the_only_master_goes_on_with_the_state_of_the_one_before_it_however_old(tmp_path: Path, attempt: str) -> None:
    machine = KubernetesMachine.make(tmp_path, "demo-master-0", masters=ALONE, age=400 * DAY)
    machine.write("var/lib/etcd/member/wal", "")
    if attempt:
        machine.write("etc/bay/attempt", f"{attempt}\n")
    assert machine.decide() == "resume"


def test_the_only_master_of_an_old_bay_makes_no_cluster_without_the_state_of_the_one_before(tmp_path: Path) -> None:
    machine = KubernetesMachine.make(tmp_path, "demo-master-0", masters=ALONE, age=400 * DAY)
    machine.write("var/lib/etcd/lost+found", "")
    assert machine.decide() == "refuse bay-is-not-new"


def test_a_master_that_was_cut_off_while_making_the_cluster_makes_it_again(tmp_path: Path) -> None:
    machine = KubernetesMachine.make(tmp_path, "demo-master-0", masters=ALONE)
    machine.write("var/lib/etcd/member/wal", "")
    machine.write("etc/bay/attempt", "init\n")
    assert machine.decide() == "init"


def test_a_master_that_once_tried_to_join_knows_that_there_is_a_cluster(tmp_path: Path) -> None:
    machine = KubernetesMachine.make(tmp_path, "demo-master-0")
    machine.write("etc/bay/attempt", "join\n")
    assert machine.decide(9) == "refuse state-of-a-cluster-is-on-disk"
