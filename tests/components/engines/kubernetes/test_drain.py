"""How a master of Kubernetes lets a node go, that speaks for nobody but itself."""

from pathlib import Path

import pytest

from tests.components.engines.door import HERE, furnish_door, knock
from tests.components.engines.kubernetes.machine import KubernetesMachine

NODES = {"demo-node-0": "10.80.0.99", "demo-node-1": "10.80.0.9 fd00::9"}
KUBECTL = """
case "$*" in
  *"get nodes"*) note; all=$*; name=${all#*metadata.name=}; grep "^${name%% *} " "$FAKE/nodes" || true ;;
  *drain*) note; [ ! -e "$FAKE/budget" ] ;;
  *) note ;;
esac
"""


@pytest.fixture
def master(tmp_path: Path) -> KubernetesMachine:
    machine = KubernetesMachine.make(tmp_path, "demo-master-0", member=True)
    furnish_door(machine)
    machine.fake("kubectl", KUBECTL)
    machine.write("nodes", "".join(f"{name} {addresses}\n" for name, addresses in NODES.items()))
    return machine


def ask(
    master: KubernetesMachine, request: str, name: str = "demo-node-0", caller: str = HERE
) -> tuple[int, list[str]]:
    """Exit code, and what kubectl was told beside who has which address."""
    verb, _, argument = request.partition(" ")
    done = knock(master, "member", verb, name, argument, caller=caller)
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
    [("wake", "uncordon demo-node-0"), ("forget", "delete node demo-node-0 --ignore-not-found")],
)
def test_its_entry_is_that_of_its_name(master: KubernetesMachine, request_: str, call: str) -> None:
    assert ask(master, request_) == (0, [call])


def test_any_of_its_addresses_will_do_and_no_part_of_one(master: KubernetesMachine) -> None:
    assert ask(master, "wake", "demo-node-1", "fd00::9") == (0, ["uncordon demo-node-1"])
    master.write("calls", "")
    for address in ("10.80.0.90", "10.80.0.1", "0.0.0.0", "fd00::"):
        assert ask(master, "drain 20", "demo-node-1", address) == (0, [])


def test_its_word_is_of_no_use_at_another_address(master: KubernetesMachine) -> None:
    """Whoever stole it speaks from a server of its own."""
    for request in ("drain 20", "wake", "forget"):
        assert ask(master, request, caller="10.80.0.9") == (0, [])


def test_an_entry_that_claims_its_address_is_not_its_own(master: KubernetesMachine) -> None:
    """A kubelet says itself which address it has."""
    master.write("nodes", f"demo-node-1 {HERE}\ndemo-node-0 {HERE}\n")
    assert ask(master, "wake") == (0, ["uncordon demo-node-0"])


def test_masters_are_not_among_those_who_may_be_drained(master: KubernetesMachine) -> None:
    ask(master, "drain 20")
    asked = [call for call in master.calls("kubectl") if "get nodes" in call]
    assert all("--selector !node-role.kubernetes.io/control-plane" in call for call in asked)
    assert len(asked) == 1


@pytest.mark.parametrize("request_", ["drain 20", "wake", "forget"])
def test_a_master_whose_api_is_down_says_not_now(master: KubernetesMachine, request_: str) -> None:
    master.fake("kubectl", "exit 1\n")
    assert ask(master, request_)[0] == 5


@pytest.mark.parametrize("request_", ["token", "certificate"])
def test_a_node_that_left_needs_nothing_to_get_in_and_gets_nothing(master: KubernetesMachine, request_: str) -> None:
    assert ask(master, request_) == (2, [])


@pytest.mark.parametrize("verb", ["drain", "wake"])
def test_a_key_that_lets_a_server_in_drains_nobody(master: KubernetesMachine, verb: str) -> None:
    for role, name in (("node", "demo-node-0"), ("master", "demo-master-1")):
        assert knock(master, role, verb, name, "20").returncode == 2
    assert master.calls("kubectl") == []
