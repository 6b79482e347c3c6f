"""The network agent sees what is committed, also where its files were replaced, and says how far it is."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bay.sandbox.services.sandbox_services.nodes.commands import CommandError
from bay.sandbox.services.sandbox_services.nodes.names import Names
from bay.sandbox.services.sandbox_services.nodes.network import heartbeat
from bay.sandbox.services.sandbox_services.nodes.network.follow import Follower
from bay.sandbox.services.sandbox_services.nodes.network.plan import Plan
from bay.sandbox.services.sandbox_services.nodes.network.tables import digest_of
from tests.sandbox import agent_databases
from tests.sandbox.agent_databases import Service

PORT = "INSERT INTO ports VALUES ('{0}', '{0}', 'mac', 'compute:nova', 1)"
NETWORK = "INSERT INTO networks VALUES ('{0}', 1450)"


class Recorder:
    """In place of the agent that changes the kernel: which networks it was asked for."""

    def __init__(self) -> None:
        self.plans: list[list[str]] = []
        self.fails = ""

    def follow(self, wanted: Plan) -> str:
        self.plans.append([network.namespace.removeprefix("bay00000-net-") for network in wanted.networks])
        if self.fails == "raises":
            raise CommandError("ip: no such thing")
        return self.fails


class Sandbox:
    """A state folder, its services and its agent."""

    def __init__(self, state: Path, stack: ExitStack) -> None:
        self.state = state
        self.databases = state / "db"
        agent_databases.make(self.databases)
        (state / "run").mkdir()
        self._stack = stack
        self.neutron = self.start()
        self.agent = Recorder()
        self.follower = Follower(state, Names("bay00000"), self.agent)

    def start(self) -> Service:
        """Another Neutron."""
        service = Service(self.databases / "neutron.sqlite")
        self._stack.callback(service.end)
        return service

    def add(self, network: str) -> None:
        """A network with a server."""
        self.neutron.execute(NETWORK.format(network))
        self.neutron.execute(PORT.format(network))

    @property
    def beat(self) -> heartbeat.Heartbeat:
        found = heartbeat.read(self.state)
        assert found
        return found


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with ExitStack() as stack:
        yield Sandbox(tmp_path, stack)


def test_each_commit_is_planned_once(sandbox: Sandbox) -> None:
    sandbox.add("one")
    assert [sandbox.follower.poll() for _ in range(3)] == [True] * 3
    sandbox.add("two")
    assert [sandbox.follower.poll() for _ in range(3)] == [True] * 3
    assert sandbox.agent.plans == [["one"], ["one", "two"]]


@pytest.mark.parametrize(
    "gone",
    [["neutron.sqlite-shm"], ["neutron.sqlite-wal", "neutron.sqlite-shm"], ["octavia.sqlite-shm"]],
    ids=" ".join,
)
def test_files_deleted_under_it_are_opened_again(
    sandbox: Sandbox, gone: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """What a service commits by new files is in none of those that the agent has open."""
    sandbox.add("one")
    assert sandbox.follower.poll()
    sandbox.neutron.end()
    for name in gone:
        (sandbox.databases / name).unlink()
    sandbox.neutron = sandbox.start()
    sandbox.add("two")
    assert sandbox.follower.poll()
    assert "two" in sandbox.agent.plans[-1]
    assert f"deleted or replaced while open: {', '.join(sorted(gone))}; reopening" in capsys.readouterr().out
    assert sandbox.beat.applied == digest_of(sandbox.databases)


def test_a_database_that_was_put_in_the_place_of_another_is_opened(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.add("one")
    assert sandbox.follower.poll()
    sandbox.neutron.end()
    agent_databases.make(tmp_path / "other")
    os.replace(tmp_path / "other" / "neutron.sqlite", sandbox.databases / "neutron.sqlite")
    for name in ("neutron.sqlite-wal", "neutron.sqlite-shm"):
        (sandbox.databases / name).unlink()
    sandbox.neutron = sandbox.start()
    sandbox.add("new")
    assert sandbox.follower.poll()
    assert sandbox.agent.plans[-1] == ["new"]


def test_where_no_database_is_left_the_agent_ends_and_says_why(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sandbox.follower.poll()
    shutil.rmtree(sandbox.databases)
    with pytest.raises(SystemExit) as caught:
        sandbox.follower.poll()
    assert caught.value.code == 1
    assert capsys.readouterr().out.splitlines()[-1].endswith(f"{sandbox.databases} no longer exists; exiting")


def test_a_database_that_is_not_there_yet_is_waited_for(sandbox: Sandbox) -> None:
    (sandbox.databases / "octavia.sqlite").rename(sandbox.state / "octavia.sqlite")
    assert not sandbox.follower.poll()
    assert sandbox.beat.error == "OperationalError: unable to open database file"
    (sandbox.state / "octavia.sqlite").rename(sandbox.databases / "octavia.sqlite")
    assert sandbox.follower.poll()
    assert sandbox.beat.error == ""


@pytest.mark.parametrize(
    ("fails", "said"), [("one: no bridge", "one: no bridge"), ("raises", "CommandError: ip: no such thing")]
)
def test_what_fails_is_told_and_tried_again(
    sandbox: Sandbox, fails: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sandbox.follower.poll()
    before = sandbox.beat.applied
    sandbox.add("one")
    sandbox.agent.fails = fails
    assert [sandbox.follower.poll() for _ in range(3)] == [False] * 3
    assert (sandbox.beat.error, sandbox.beat.applied) == (said, before)
    assert capsys.readouterr().out.count(said) == 1
    sandbox.agent.fails = ""
    assert sandbox.follower.poll()
    assert (sandbox.beat.error, sandbox.beat.applied) == ("", digest_of(sandbox.databases))
    assert len(sandbox.agent.plans) == 5


def test_it_is_heard_of_also_where_nothing_changes(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.follower.poll()
    before, now = sandbox.beat, time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 60)
    sandbox.follower.poll()
    assert (sandbox.beat.at, sandbox.beat.applied_at) == (now + 60, before.applied_at)


def test_a_heartbeat_that_cannot_be_written_stops_nothing(sandbox: Sandbox) -> None:
    shutil.rmtree(sandbox.state / "run")
    sandbox.add("one")
    assert sandbox.follower.poll()
    assert sandbox.agent.plans == [["one"]]


def test_the_digest_is_of_the_rows_and_not_of_their_order(tmp_path: Path) -> None:
    digests = []
    for name, ports in (("a", "pq"), ("b", "qp"), ("c", "p")):
        agent_databases.make(tmp_path / name)
        service = Service(tmp_path / name / "neutron.sqlite")
        for port in ports:
            service.execute(PORT.format(port))
        digests.append(digest_of(tmp_path / name))
        service.end()
    assert digests[0] == digests[1] != digests[2]
