"""What all operations of one caller share: one connection, Pulumi's environment, and who listens."""

import threading
from pathlib import Path
from typing import Any

import pytest

from bay import toolchain
from bay.components.openstack import connection
from bay.components.openstack.login import Login
from bay.stacks.cancellation import Cancellation
from bay.stacks.context import Context
from bay.stacks.events import Event, Notice
from bay.stacks.settings import Settings
from bay.toolchain import Toolchain
from tests.fakes.messages import told


def settings(folder: Path, state: str = "s3://bays", **environment: str) -> Settings:
    return Settings(folder / "cache", folder / "data", folder / "config", state, environment)


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toolchain:
    """A Pulumi that is found."""
    found = Toolchain(tmp_path / "pulumi", tmp_path / "home", "built", "3.259.0", "/bin")
    monkeypatch.setattr(toolchain, "find", lambda _cache, _path: found)
    return found


def test_there_is_one_connection_however_many_threads_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Login | None] = []
    barrier = threading.Barrier(4)

    def connect(login: Login | None) -> Any:
        made.append(login)
        return object()

    monkeypatch.setattr(connection, "connect", connect)
    context, found = Context(settings(tmp_path), Login("mine")), list[Any]()

    def ask() -> None:
        barrier.wait()
        found.append(context.cloud)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [Login("mine")]
    assert len({id(one) for one in found}) == 1


def test_a_notice_is_told_with_the_bay_that_it_is_of(tmp_path: Path) -> None:
    events: list[Event] = []
    Context(settings(tmp_path), Login(), events.append).notify("demo", "kept", "kept: volume pvc-1")
    assert events == [Notice("demo", "kept", "kept: volume pvc-1")]


def test_without_a_pulumi_there_is_a_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain, "find", lambda _cache, _path: None)
    assert told(Context(settings(tmp_path), Login()).pulumi) == (
        "Pulumi is not there",
        "'bay doctor --build' builds it; 'bay doctor' says what is missing",
        1,
    )


def test_pulumi_starts_with_the_callers_environment_and_the_login_by_name(tmp_path: Path, pulumi: Toolchain) -> None:
    login = Login("mine", tmp_path / "clouds.yaml")
    cancel = Cancellation()
    process = Context(settings(tmp_path, PATH="/bin", GOGC="50"), login, cancel=cancel).pulumi()
    assert process.command == str(pulumi.root / "bin" / "pulumi")
    assert process.cancel is cancel
    assert process.environment == {
        "GOGC": "50",
        **pulumi.environment(),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_RUN_PROGRAM": "true",
        "OS_CLOUD": "mine",
        "OS_CLIENT_CONFIG_FILE": str(tmp_path / "clouds.yaml"),
        "PULUMI_BACKEND_URL": "s3://bays",
    }


@pytest.mark.usefixtures("pulumi")
def test_pulumi_can_work_on_another_state(tmp_path: Path) -> None:
    context = Context(settings(tmp_path), Login())
    assert context.pulumi("file:///aside").state == "file:///aside"
    assert context.pulumi().state == "s3://bays"


@pytest.mark.usefixtures("pulumi")
def test_a_state_that_cannot_be_written_is_told_before_pulumi_starts(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    context = Context(settings(tmp_path, f"file://{tmp_path}/file/state"), Login())
    assert told(context.pulumi)[0] == f"state folder {tmp_path}/file/state: Not a directory"


@pytest.mark.usefixtures("pulumi")
def test_a_state_that_was_repaired_is_told(tmp_path: Path) -> None:
    state = tmp_path / ".pulumi/stacks/bay/demo.json"
    state.parent.mkdir(parents=True)
    state.touch()
    state.with_name("demo.json.bak").write_text("{}")
    events: list[Event] = []
    Context(settings(tmp_path, f"file://{tmp_path}"), Login(), events.append).pulumi().repair_state()
    assert events == [
        Notice(
            "demo",
            "state-repaired",
            "the state of bay demo was truncated by a full disk; Pulumi's copy of a step before replaces it",
        )
    ]
