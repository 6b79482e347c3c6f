"""How a master of Mesos lets an agent go: calls of the operator API, as the documentation of Mesos 1.11 has them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.components.engines.door import furnish_door, knock
from tests.components.engines.mesos.machine import MesosMachine

CREDENTIALS = {
    "credentials": [
        {"principal": "bay-agent", "secret": "of-agents"},
        {"principal": "bay-operator", "secret": "of-operators"},
    ]
}
# A look at the agents takes a line of $FAKE/agents, the last one stays; what came on standard input is kept.
CURL = """
note
cat >"$FAKE/login"
case "$*" in
  *GET_AGENTS*)
    head -n 1 "$FAKE/agents"
    [ "$(wc -l <"$FAKE/agents")" -le 1 ] || sed -i 1d "$FAKE/agents" ;;
esac
"""


def agents(state: str | None = None, *, deactivated: bool = False, address: str = "10.80.0.99") -> str:
    """What Mesos answers: the agent at the address in that state, and another one."""
    own: dict[str, Any] = {"agent_info": {"id": {"value": "S0"}}, "pid": f"slave(1)@{address}:5051"}
    if state:
        own["drain_info"] = {"state": state}
    if deactivated:
        own["deactivated"] = True
    other = {
        "agent_info": {"id": {"value": "S1"}},
        "pid": "slave(1)@10.80.0.9:5051",
        "drain_info": {"state": "DRAINED"},
    }
    return json.dumps({"type": "GET_AGENTS", "get_agents": {"agents": [other, own]}}) + "\n"


@pytest.fixture
def master(tmp_path: Path) -> MesosMachine:
    machine = MesosMachine.make(tmp_path, "demo-master-0")
    furnish_door(machine)
    machine.fake("curl", CURL)
    machine.write("mesos/credentials.json", json.dumps(CREDENTIALS))
    machine.write("agents", agents())
    return machine


def ask(master: MesosMachine, request: str) -> tuple[int, list[dict[str, Any]]]:
    """Exit code, and the calls that change something."""
    verb, _, argument = request.partition(" ")
    done = knock(master, "member", verb, argument=argument)
    words = [call.partition("--data ")[2].rpartition(" https://")[0] for call in master.calls("curl")]
    calls = [json.loads(text) for text in words]
    return done.returncode, [call for call in calls if call["type"] != "GET_AGENTS"]


def test_its_tasks_end_before_time_is_up_and_that_is_waited_for(master: MesosMachine) -> None:
    master.write("agents", agents() + agents("DRAINING", deactivated=True) + agents("DRAINED", deactivated=True))
    drain = {"agent_id": {"value": "S0"}, "max_grace_period": {"seconds": 30}}
    assert ask(master, "drain 40") == (0, [{"type": "DRAIN_AGENT", "drain_agent": drain}])
    assert len(master.calls("sleep")) == 1


def test_it_says_when_time_is_up(master: MesosMachine) -> None:
    master.write("agents", agents("DRAINING", deactivated=True))
    assert ask(master, "drain 1") == (6, [])


def test_it_is_gone_for_good_once_it_left(master: MesosMachine) -> None:
    gone = {"type": "MARK_AGENT_GONE", "mark_agent_gone": {"agent_id": {"value": "S0"}}}
    assert ask(master, "forget") == (0, [gone])


def test_one_that_did_not_leave_is_offered_again(master: MesosMachine) -> None:
    assert ask(master, "wake") == (0, [])
    master.write("agents", agents("DRAINED", deactivated=True))
    call = {"type": "REACTIVATE_AGENT", "reactivate_agent": {"agent_id": {"value": "S0"}}}
    assert ask(master, "wake") == (0, [call])


@pytest.mark.parametrize("request_", ["drain 20", "wake", "forget"])
def test_an_agent_at_another_address_is_somebody_else(master: MesosMachine, request_: str) -> None:
    master.write("agents", agents(address="10.80.0.9"))
    assert ask(master, request_) == (0, [])


def test_the_operators_password_reaches_the_leading_master_and_no_command_line(master: MesosMachine) -> None:
    ask(master, "drain 1")
    assert master.read("login") == 'user = "bay-operator:of-operators"\n'
    assert "of-operators" not in master.read("calls")
    (call, *_) = master.calls("curl")
    assert "--location-trusted" in call
    assert call.endswith("https://127.0.0.1:5050/api/v1")
    assert f"--cacert {master.folder}/mesos/ca.pem" in call


@pytest.mark.parametrize("request_", ["drain 1", "wake", "forget"])
def test_a_master_that_mesos_does_not_answer_says_not_now(master: MesosMachine, request_: str) -> None:
    master.fake("curl", "exit 22\n")
    assert ask(master, request_) == (5, [])


@pytest.mark.parametrize("verb", ["token", "certificate", "drain", "agents"])
@pytest.mark.parametrize("role", ["node", "master", "member"])
def test_nothing_else_is_done(master: MesosMachine, role: str, verb: str) -> None:
    name = "demo-master-1" if role == "master" else "demo-node-0"
    assert knock(master, role, verb, name).returncode == 2
    assert master.calls("curl") == []


def test_an_agent_that_left_comes_back_as_somebody_else(tmp_path: Path) -> None:
    node = MesosMachine.make(tmp_path, "demo-node-0")
    node.use("ln", "mkdir")
    node.write("work/meta/slaves/S0/slave.info", "")
    (tmp_path / "work/meta/slaves/latest").symlink_to("S0")
    node.fake("systemctl", 'note\n[ "$1" != list-jobs ] || echo "1 poweroff.target start waiting"\n')
    for request in ("drain", "forget"):
        node.write(f"answers/10.80.0.10.{request}", "0 \n")
        node.write(f"answers/10.80.0.11.{request}", "0 \n")
        node.write(f"answers/10.80.0.12.{request}", "0 \n")
    assert node.run("leave", str(tmp_path / "env")).returncode == 0
    assert node.marks() == ["stage=leaving", "stage=left"]
    (tmp_path / "leaving").unlink()
    node.fake(
        "systemctl", 'note\n[ "$1" != start ] || { ls "$BAY_WORK" >"$FAKE/seen"; mkdir -p "$BAY_WORK/latest"; }\n'
    )
    node.run("start", str(tmp_path / "env"), BAY_WORK=str(tmp_path / "work/meta/slaves"))
    assert node.read("seen") == "S0\n", "what it was called is gone before the agent starts"
