"""What a join key opens on a master of Kubernetes, and what it does not."""

import json
from pathlib import Path

import pytest

from tests.components.engines.kubernetes.machine import TOKEN, KubernetesMachine

CONTROL_PLANE = '{"node-role.kubernetes.io/control-plane":""}'
MEMBERS = {
    "header": {"member_id": "1"},
    "members": [
        {"ID": "10276657743932975437", "name": "demo-master-0", "peerURLs": ["https://10.80.0.10:2380"]},
        {"ID": "20276657743932975437", "peerURLs": ["https://10.80.0.11:2380"], "isLearner": True},
    ],
}


@pytest.fixture
def master(tmp_path: Path) -> KubernetesMachine:
    machine = KubernetesMachine.make(tmp_path, "demo-master-0", member=True)
    machine.write("members", json.dumps(MEMBERS, separators=(",", ":")))
    return machine


@pytest.mark.parametrize("role", ["node", "master"])
def test_a_key_gets_a_token_that_lasts_a_quarter_of_an_hour(master: KubernetesMachine, role: str) -> None:
    answer = master.run("join-root", role, "token")
    assert (answer.returncode, answer.stdout) == (0, f"{TOKEN}\n")
    (call,) = master.calls("kubeadm")
    assert call.endswith("--ttl 15m --usages authentication")


@pytest.mark.parametrize(
    ("role", "name", "node", "code", "calls"),
    [
        ("node", "demo-node-1", "Unknown {}", 0, ["delete node demo-node-1"]),
        ("node", "demo-node-1", "False {}", 0, ["delete node demo-node-1"]),
        ("node", "demo-node-0", "True {}", 4, []),
        ("node", "demo-node-7", "", 0, ["delete node demo-node-7"]),
        ("node", "demo-master-1", f"Unknown {CONTROL_PLANE}", 2, []),
        ("master", "demo-master-1", f"Unknown {CONTROL_PLANE}", 0, ["delete node demo-master-1"]),
        ("master", "demo-master-1", f"True {CONTROL_PLANE}", 4, []),
    ],
)
def test_only_entries_that_are_down_are_removed_and_masters_only_for_masters(
    master: KubernetesMachine, role: str, name: str, node: str, code: int, calls: list[str]
) -> None:
    master.write("node", node)
    answer = master.run("join-root", role, "forget", name)
    assert (answer.returncode, answer.stdout) == (code, ""), answer.stderr
    words = [call.partition("--request-timeout 20s ")[2] for call in master.calls("kubectl")]
    assert words == [f"{call} --ignore-not-found" for call in calls]


def test_a_master_built_anew_loses_its_place_in_etcd_even_if_it_never_had_a_name(master: KubernetesMachine) -> None:
    master.write("node", f"Unknown {CONTROL_PLANE}")
    assert master.run("join-root", "master", "forget", "demo-master-1").returncode == 0
    (call,) = master.calls("curl")
    assert '--data {"ID":"20276657743932975437"} https://127.0.0.1:2379/v3/cluster/member/remove' in call


def test_a_master_without_a_place_in_etcd_has_none_to_lose(master: KubernetesMachine) -> None:
    assert master.run("join-root", "master", "forget", "demo-master-2").returncode == 0
    assert master.calls("curl") == []


def test_a_node_moves_nobody_out_of_etcd(master: KubernetesMachine) -> None:
    assert master.run("join-root", "node", "forget", "demo-node-1").returncode == 0
    assert master.calls("curl") == []


@pytest.mark.parametrize(("left", "code"), [("", 3), ("etc/bay/attempt", 5), ("var/lib/etcd/member/wal", 5)])
def test_a_master_without_a_cluster_says_so_and_one_in_trouble_says_something_else(
    tmp_path: Path, left: str, code: int
) -> None:
    master = KubernetesMachine.make(tmp_path, "demo-master-0")
    if left:
        master.write(left, "")
    assert master.run("join-root", "master", "token").returncode == code


def test_a_master_whose_api_is_down_does_not_say_that_it_has_no_cluster(master: KubernetesMachine) -> None:
    (master.folder / "token").unlink()
    assert master.run("join-root", "node", "token").returncode == 5


def test_a_master_whose_etcd_is_down_removes_nothing_and_says_so(master: KubernetesMachine) -> None:
    (master.folder / "members").unlink()
    assert master.run("join-root", "master", "forget", "demo-master-1").returncode == 5
    assert [call for call in master.calls("kubectl") if "delete" in call] == []


@pytest.mark.parametrize("arguments", [(), ("root", "token"), ("node", "token", "x"), ("node", "rm", "x")])
def test_the_part_that_runs_as_root_checks_for_itself(master: KubernetesMachine, arguments: tuple[str, ...]) -> None:
    answer = master.run("join-root", *arguments)
    assert (answer.returncode, answer.stdout) == (2, "")


def test_a_master_that_cannot_ask_for_the_entry_removes_nothing(master: KubernetesMachine) -> None:
    master.fake("kubectl", 'note\ncase "$*" in *"get node"*) exit 1 ;; esac\n')
    assert master.run("join-root", "node", "forget", "demo-node-1").returncode == 5
    assert [call for call in master.calls("kubectl") if "delete" in call] == []
