"""How a master of Kubernetes lets a node go, that speaks for nobody but itself."""

from pathlib import Path

import pytest

from tests.components.engines.kubernetes.machine import KubernetesMachine

HERE = "10.80.0.99 50000 10.80.0.10 22"
NODES = "demo-node-0 10.80.0.99\ndemo-node-1 10.80.0.9 fd00::9\n"
KUBECTL = """
case "$*" in
  *"get nodes"*) note; cat "$FAKE/nodes" ;;
  *drain*) note; [ ! -e "$FAKE/budget" ] ;;
  *) note ;;
esac
"""


@pytest.fixture
def master(tmp_path: Path) -> KubernetesMachine:
    machine = KubernetesMachine.make(tmp_path, "demo-master-0", member=True)
    machine.fake("kubectl", KUBECTL)
    machine.write("nodes", NODES)
    return machine


def ask(master: KubernetesMachine, request: str, connection: str = HERE) -> tuple[int, list[str]]:
    """Exit code, and what kubectl was told beside who has which address."""
    done = master.run("join-door", "member", SSH_ORIGINAL_COMMAND=request, SSH_CONNECTION=connection)
    calls = [call.partition("--request-timeout 20s ")[2] for call in master.calls("kubectl")]
    return done.returncode, [call for call in calls if not call.startswith("get nodes")]


DRAIN = "drain demo-node-0 --ignore-daemonsets --delete-emptydir-data --force --timeout 20s"


def test_pods_are_evicted_after_no_new_ones_come(master: KubernetesMachine) -> None:
    assert ask(master, "drain 20") == (0, ["cordon demo-node-0", DRAIN])


def test_it_says_when_a_disruption_budget_left_no_time(master: KubernetesMachine) -> None:
    master.write("budget", "")
    assert ask(master, "drain 20") == (6, ["cordon demo-node-0", DRAIN])


@pytest.mark.parametrize(
    ("request_", "call"),
    [("wake", "uncordon demo-node-0"), ("forget demo-node-1", "delete node demo-node-0 --ignore-not-found")],
)
def test_whatever_name_it_gives_the_address_says_who_it_is(master: KubernetesMachine, request_: str, call: str) -> None:
    assert ask(master, request_) == (0, [call])


def test_any_of_its_addresses_will_do_and_no_part_of_one(master: KubernetesMachine) -> None:
    assert ask(master, "wake", "fd00::9 50000 fd00::1 22") == (0, ["uncordon demo-node-1"])
    master.write("calls", "")
    for address in ("10.80.0.90", "10.80.0.1", "0.0.0.0", "fd00::"):
        assert ask(master, "drain 20", f"{address} 50000 10.80.0.10 22") == (0, [])


def test_masters_are_not_among_those_who_may_be_drained(master: KubernetesMachine) -> None:
    ask(master, "drain 20")
    asked = [call for call in master.calls("kubectl") if "get nodes" in call]
    assert all("--selector !node-role.kubernetes.io/control-plane" in call for call in asked)
    assert len(asked) == 1


@pytest.mark.parametrize("request_", ["drain 20", "wake", "forget demo-node-0"])
def test_a_master_whose_api_is_down_says_not_now(master: KubernetesMachine, request_: str) -> None:
    master.fake("kubectl", "exit 1\n")
    assert ask(master, request_)[0] == 5


def test_a_node_that_left_needs_no_token_and_gets_none(master: KubernetesMachine) -> None:
    assert ask(master, "token") == (2, [])
    assert master.calls("kubeadm") == []


@pytest.mark.parametrize("request_", ["drain 20", "wake"])
def test_a_key_that_lets_a_server_in_drains_nobody(master: KubernetesMachine, request_: str) -> None:
    for role in ("node", "master"):
        answer = master.run("join-door", role, SSH_ORIGINAL_COMMAND=request_, SSH_CONNECTION=HERE)
        assert answer.returncode == 2
    assert master.run("join-root", "node", "drain", "10.80.0.99", "20").returncode == 2
    assert master.calls("kubectl") == []
