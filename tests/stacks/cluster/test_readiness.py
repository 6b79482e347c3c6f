"""Waiting for the engine on servers of which only the console log is seen."""

from types import SimpleNamespace

import pytest
from openstack import exceptions

from bay.stacks.cluster import readiness
from bay.stacks.cluster.readiness import wait_for_engine
from tests.fakes.messages import told

READY = "bay: stage=ready node=x\n"
DOCKER = "bay: stage=docker node=x\n"
FAILED = "bay: stage=failed node=x reason=image-lacks-dockerd\n"
ERROR = "an error of the cloud"


class FakeCloud:
    """Servers whose console log is another one at each look, or ERROR; the last stays.

    lists: what happens at each list of the servers; "" is an answer.
    """

    def __init__(self, logs: dict[str, list[str]], status: str = "ACTIVE", lists: list[str] | None = None) -> None:
        self.logs, self.status, self.lists = logs, status, lists or [""]
        self.compute = SimpleNamespace(servers=self._servers, get_server_console_output=self._log)

    def _servers(self, name: str) -> list[SimpleNamespace]:
        assert name == "^demo-"
        answer(self.lists)
        return [
            SimpleNamespace(id=f"id-{name}", name=name, status=self.status, metadata={"bay:group": name.split("-")[1]})
            for name in self.logs
        ]

    def _log(self, server_id: str) -> dict[str, str]:
        return {"output": answer(self.logs[server_id.removeprefix("id-")])}


def answer(answers: list[str]) -> str:
    """The next one; the last stays."""
    now = answers.pop(0) if len(answers) > 1 else answers[0]
    if now == ERROR:
        raise exceptions.HttpException("503: no server is available")
    return now


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "PAUSE", 0.0)


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
    monkeypatch.setattr(readiness, "HOPELESS", 5.0)
    wait(FakeCloud({"demo-node-0": [FAILED, FAILED, READY]}))


def test_a_server_that_stays_failed_is_named_with_the_end_of_its_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(readiness, "HOPELESS", 0.0)
    cloud = FakeCloud({"demo-node-0": [READY], "demo-node-1": ["E: no package\n" + FAILED]})
    message, hint, _ = told(lambda: wait(cloud))
    assert message == "server demo-node-1 says failed: image lacks dockerd"
    assert "'bay wait demo' waits on" in hint
    shown = capsys.readouterr().err.splitlines()
    assert shown[-3:-1] == ["the console log of demo-node-1 ends:", "  | E: no package"]


def retries(*marks: str) -> list[str]:
    """The console log after each of the marks."""
    return ["".join(marks[:end]) for end in range(1, len(marks) + 1)]


def test_a_failure_that_every_retry_ends_with_is_a_lasting_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A retry says first what it always says, and may take longer than the time between two looks."""
    monkeypatch.setattr(readiness, "HOPELESS", 0.02)
    monkeypatch.setattr(readiness, "PAUSE", 0.005)
    cloud = FakeCloud({"demo-master-0": [DOCKER], "demo-node-0": retries(*[DOCKER, FAILED] * 20)})
    message, _, _ = told(lambda: wait(cloud))
    assert message == "server demo-node-0 says failed: image lacks dockerd"
    assert len(cloud.logs["demo-node-0"]) > 1, "long before the last retry"


def test_a_retry_that_goes_on_is_not_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "HOPELESS", 0.0)
    wait(FakeCloud({"demo-node-0": [DOCKER, DOCKER + FAILED + DOCKER, DOCKER + FAILED + DOCKER, READY]}))


def test_a_retry_that_gets_further_has_all_its_time_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "HOPELESS", 0.1)
    monkeypatch.setattr(readiness, "PAUSE", 0.02)
    clock = SimpleNamespace(seconds=0.0)

    def sleep(seconds: float) -> None:
        clock.seconds += seconds

    monkeypatch.setattr(readiness, "time", SimpleNamespace(monotonic=lambda: clock.seconds, sleep=sleep))
    cluster = "bay: stage=cluster node=x\n"
    wait(FakeCloud({"demo-node-0": [*retries(DOCKER, FAILED, DOCKER, *[cluster] * 6, FAILED), READY]}))


def test_at_the_end_of_the_time_one_that_failed_is_named_first() -> None:
    cloud = FakeCloud({"demo-master-0": [DOCKER], "demo-node-0": [DOCKER + FAILED + DOCKER]})
    message, _, _ = told(lambda: wait(cloud, minutes=0))
    assert message == "server demo-node-0 is not ready after 0 minutes; it says failed: image lacks dockerd"


@pytest.mark.parametrize(
    ("log", "lists"), [([ERROR, ERROR, READY], [""]), (["", ERROR, READY], [""]), (["", "", READY], ["", ERROR, ""])]
)
def test_an_error_of_the_cloud_does_not_end_the_wait(log: list[str], lists: list[str]) -> None:
    wait(FakeCloud({"demo-master-0": log, "demo-node-0": ["", READY]}, lists=lists))


@pytest.mark.parametrize(
    ("log", "lists", "doing"),
    [
        (["", ERROR], [""], "reading the console log of demo-node-0"),
        ([""], ["", ERROR], "asking for the servers"),
    ],
)
def test_errors_that_last_end_it(monkeypatch: pytest.MonkeyPatch, log: list[str], lists: list[str], doing: str) -> None:
    monkeypatch.setattr(readiness, "BLIND", 0.01)
    message, _, _ = told(lambda: wait(FakeCloud({"demo-node-0": log}, lists=lists)))
    assert message == f"{doing}: 503: no server is available"


def test_errors_with_answers_between_them_do_not_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "BLIND", 0.1)
    monkeypatch.setattr(readiness, "PAUSE", 0.02)
    wait(FakeCloud({"demo-node-0": [*["", ERROR] * 8, READY]}))


def test_a_server_that_the_cloud_does_not_know_is_an_error() -> None:
    cloud = FakeCloud({"demo-node-0": [READY]})
    ids = ["id-demo-node-0", "id-demo-node-1"]
    message, hint, _ = told(lambda: wait_for_engine("demo", cloud, ids, 1))  # type: ignore[arg-type]
    assert message == "servers of bay demo are DELETED: id-demo-node-1"
    assert "'bay repair demo'" in hint
    assert cloud.logs["demo-node-0"] == [READY]


def test_a_server_that_says_nothing_is_waited_for_only_so_long() -> None:
    message, _, _ = told(lambda: wait(FakeCloud({"demo-node-0": [""]}), minutes=0))
    assert message == "server demo-node-0 is not ready after 0 minutes; it says booting"


def test_a_server_that_died_is_not_waited_for() -> None:
    message, _, _ = told(lambda: wait(FakeCloud({"demo-node-0": [""]}, status="ERROR")))
    assert message == "server demo-node-0 is ERROR"


def test_where_servers_do_not_boot_nothing_is_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    wait(FakeCloud({"demo-master-0": ["bay: stage=unbooted node=demo-master-0\n"], "demo-node-0": [""]}))
    assert capsys.readouterr().err == "the servers of this cloud do not boot, so there is no engine to wait for\n"
