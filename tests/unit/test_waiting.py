"""Waiting for the engine on servers of which only the console log is seen."""

from types import SimpleNamespace

import pytest

from bay.cli import waiting
from bay.cli.waiting import wait_for_engine

from .told import told

READY = "bay: stage=ready node=x\n"
FAILED = "bay: stage=failed node=x reason=image-lacks-dockerd\n"


class FakeCloud:
    """Servers whose console log is another one at each look; the last stays."""

    def __init__(self, logs: dict[str, list[str]], status: str = "ACTIVE") -> None:
        self.logs, self.status = logs, status
        self.compute = SimpleNamespace(servers=self._servers, get_server_console_output=self._log)

    def _servers(self, name: str) -> list[SimpleNamespace]:
        assert name == "^demo-"
        return [
            SimpleNamespace(id=f"id-{name}", name=name, status=self.status, metadata={"bay:group": name.split("-")[1]})
            for name in self.logs
        ]

    def _log(self, server_id: str) -> dict[str, str]:
        logs = self.logs[server_id.removeprefix("id-")]
        return {"output": logs.pop(0) if len(logs) > 1 else logs[0]}


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PAUSE", 0.0)


def wait(cloud: FakeCloud, minutes: float = 1) -> None:
    wait_for_engine("demo", cloud, [f"id-{name}" for name in cloud.logs], minutes)  # type: ignore[arg-type]


def test_it_ends_when_every_server_is_ready(capsys: pytest.CaptureFixture[str]) -> None:
    wait(FakeCloud({"demo-master-0": ["", READY], "demo-node-0": ["", "bay: stage=docker node=x", "", READY]}))
    shown = capsys.readouterr().err
    assert "engine on masters        1 of 1 ready" in shown
    assert "engine on nodes          1 of 1 ready" in shown


def test_servers_that_it_was_not_asked_for_do_not_count() -> None:
    cloud = FakeCloud({"demo-node-0": [READY], "demo-node-1": [""]})
    wait_for_engine("demo", cloud, ["id-demo-node-0"], 1)  # type: ignore[arg-type]


def test_a_failure_that_mends_itself_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "HOPELESS", 5.0)
    wait(FakeCloud({"demo-node-0": [FAILED, FAILED, READY]}))


def test_a_server_that_stays_failed_is_named_with_the_end_of_its_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(waiting, "HOPELESS", 0.0)
    cloud = FakeCloud({"demo-node-0": [READY], "demo-node-1": ["E: no package\n" + FAILED]})
    message, hint, _ = told(lambda: wait(cloud))
    assert message == "server demo-node-1 says failed: image lacks dockerd"
    assert "'bay wait demo' waits on" in hint
    shown = capsys.readouterr().err.splitlines()
    assert shown[-3:-1] == ["the console log of demo-node-1 ends:", "  | E: no package"]


def test_a_server_that_says_nothing_is_waited_for_only_so_long() -> None:
    message, _, _ = told(lambda: wait(FakeCloud({"demo-node-0": [""]}), minutes=0))
    assert message == "server demo-node-0 is not ready after 0 minutes; it says booting"


def test_a_server_that_died_is_not_waited_for() -> None:
    message, _, _ = told(lambda: wait(FakeCloud({"demo-node-0": [""]}, status="ERROR")))
    assert message == "server demo-node-0 is ERROR"


def test_where_servers_do_not_boot_nothing_is_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    wait(FakeCloud({"demo-master-0": ["bay: stage=unbooted node=demo-master-0\n"], "demo-node-0": [""]}))
    assert capsys.readouterr().err == "the servers of this cloud do not boot, so there is no engine to wait for\n"
