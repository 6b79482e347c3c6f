"""Whether the network agent follows, and the reason that is given where it does not."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from bay.sandbox.services.sandbox_services.nodes import deadline
from bay.sandbox.services.sandbox_services.nodes.commands import CommandError
from bay.sandbox.services.sandbox_services.nodes.names import Names
from bay.sandbox.services.sandbox_services.nodes.network import heartbeat, lag
from bay.sandbox.services.sandbox_services.nodes.network.heartbeat import Heartbeat
from bay.sandbox.services.sandbox_services.nodes.network.tables import digest_of
from bay.sandbox.services.sandbox_services.nodes.node import Interface, Node
from bay.sandbox.services.sandbox_services.nodes.processes import start_time
from tests.sandbox import agent_databases
from tests.sandbox.agent_databases import Service


@dataclass
class Sandbox:
    """A state folder and what runs as its agent."""

    state: Path
    agent: subprocess.Popen[bytes]
    neutron: Service

    def tell(self, **fields: object) -> None:
        """As the agent tells of itself: by default that all is applied, just now."""
        now = time.monotonic()
        known = {"at": now, "applied": digest_of(self.state / "db"), "applied_at": now, "error": ""}
        heartbeat.write(self.state, Heartbeat(**known | fields))  # type: ignore[arg-type]

    def change(self) -> None:
        """Something new in the database."""
        self.neutron.execute("INSERT INTO networks VALUES ('new', 1450)")


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    monkeypatch.setattr(deadline, "slowness", lambda: 1.0)
    monkeypatch.setattr(lag, "slowness", lambda: 1.0)
    agent_databases.make(tmp_path / "db")
    (tmp_path / "run").mkdir()
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "network.log").write_text("first\nnft: no such table\n\n")
    with ExitStack() as stack:
        agent = stack.enter_context(subprocess.Popen(["sleep", "60"]))
        stack.callback(agent.kill)
        neutron = Service(tmp_path / "db" / "neutron.sqlite")
        stack.callback(neutron.end)
        record = {"pid": agent.pid, "start_time": start_time(agent.pid)}
        (tmp_path / "run" / "network.json").write_text(json.dumps(record))
        yield Sandbox(tmp_path, agent, neutron)


def why(sandbox: Sandbox) -> str:
    return lag.lag_reason(sandbox.state, grace=0)


def test_what_was_applied_is_what_the_databases_have(sandbox: Sandbox) -> None:
    sandbox.tell()
    assert why(sandbox) == ""
    sandbox.change()
    assert why(sandbox) == "it last applied changes 0 s ago; the databases have changed since"
    sandbox.tell()
    assert why(sandbox) == ""


@pytest.mark.parametrize(
    ("tell", "reason"),
    [
        (lambda one, now: one.tell(applied="old", error="nft: no"), "it fails: nft: no"),
        (lambda one, now: one.tell(applied=""), "it has not applied anything yet"),
        (lambda one, now: one.tell(at=now - 12), "no heartbeat for 12 s"),
        (lambda one, now: None, "no heartbeat yet"),
        (lambda one, now: (one.tell(), (one.state / "db" / "octavia.sqlite").unlink()), "cannot be read: unable to"),
    ],
    ids=["fails", "new", "silent", "starting", "no database"],
)
def test_the_reason_is_named(sandbox: Sandbox, tell: Callable[[Sandbox, float], object], reason: str) -> None:
    tell(sandbox, time.monotonic())
    assert reason in why(sandbox)


def test_an_agent_that_has_ended_leaves_its_last_words(sandbox: Sandbox) -> None:
    sandbox.tell()
    sandbox.agent.kill()
    sandbox.agent.wait()
    assert why(sandbox) == "it has exited; last line of its log: nft: no such table"
    (sandbox.state / "log" / "network.log").unlink()
    (sandbox.state / "run" / "network.json").unlink()
    assert why(sandbox) == "it has exited; last line of its log: (no log)"


def test_one_that_catches_up_meanwhile_follows(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.tell(applied="old")
    monkeypatch.setattr(time, "sleep", lambda _: sandbox.tell())
    assert lag.lag_reason(sandbox.state, grace=30) == ""


def test_one_that_is_never_quite_there_as_changes_go_on_follows(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At no look has it applied what the databases have then, but always what they had at the look before."""
    sandbox.tell(applied="old")

    def go_on(_: float) -> None:
        sandbox.tell()
        sandbox.change()

    monkeypatch.setattr(time, "sleep", go_on)
    assert lag.lag_reason(sandbox.state, grace=30) == ""


def test_a_server_without_a_bridge_is_told_the_reason(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    node = "bay.sandbox.services.sandbox_services.nodes.node"
    for name in ("ensure", "macs", "exists"):
        monkeypatch.setattr(f"{node}.namespaces.{name}", lambda *_: ())
    monkeypatch.setattr(f"{node}.BRIDGE_APPEARS", 0.2)
    monkeypatch.setattr(f"{node}.AGENT_RETURNS", 0.1)
    server = Node(sandbox.state / "nodes", Names("bay00000"), "server")

    def refusal() -> str:
        with pytest.raises(CommandError) as caught:
            server.plug(Interface("port", "lan", "mac", 1450))
        return str(caught.value).removeprefix("the network agent has not created a bridge for the network lan: ")

    sandbox.tell(applied="old", error="ip: no memory")
    assert refusal() == "it fails: ip: no memory"
    sandbox.tell()
    assert refusal() == "it has applied everything that the databases have"
    os.kill(sandbox.agent.pid, signal.SIGKILL)
    sandbox.agent.wait()
    assert refusal() == "it has exited; last line of its log: nft: no such table"
