"""What all operations of one caller share: one connection, Pulumi's environment, and who listens."""

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from bay import toolchain
from bay.components.openstack import connection
from bay.components.openstack.listed import LeanConnection
from bay.components.openstack.login import Login
from bay.components.openstack.shared_answers import SharedAnswers
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


def mine(folder: Path) -> Login:
    """Of a user's clouds.yaml."""
    auth = {"auth_url": "https://cloud.example", "username": "ada", "password": "hidden", "project_name": "physics"}
    cloud = {"auth": {**auth, "user_domain_name": "Default", "project_domain_name": "Default"}, "region_name": "north"}
    (folder / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"mine": cloud}}))
    return Login("mine", folder / "clouds.yaml")


def test_there_is_one_connection_and_one_login_however_many_threads_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Login] = []
    resolve, barrier = connection.resolve_login, threading.Barrier(4)

    def count(login: Login) -> Any:
        read.append(login)
        return resolve(login)

    monkeypatch.setattr(connection, "resolve_login", count)
    context, found = Context(settings(tmp_path), mine(tmp_path)), list[Any]()

    def ask() -> None:
        barrier.wait()
        found.append((context.cloud, context.resolved_login))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read == [mine(tmp_path)]
    assert len({id(cloud) for cloud, _ in found}) == len({id(login) for _, login in found}) == 1
    assert found[0][0].config.auth["username"] == "ada"
    assert found[0][1].clouds_file.parent == tmp_path / "data" / "clouds"


def test_a_login_that_does_not_exist_is_told_when_it_is_needed(tmp_path: Path) -> None:
    context = Context(settings(tmp_path), Login("other", mine(tmp_path).clouds_file))
    assert told(lambda: context.cloud)[0] == told(lambda: context.resolved_login)[0] == "there is no cloud 'other'"


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


def test_pulumi_starts_with_the_callers_environment_and_no_login(tmp_path: Path, pulumi: Toolchain) -> None:
    """That comes once it works on a stack."""
    cancel = Cancellation()
    process = Context(settings(tmp_path, PATH="/bin", GOGC="50"), mine(tmp_path), cancel=cancel).pulumi()
    assert process.command == str(pulumi.root / "bin" / "pulumi")
    assert process.cancel is cancel
    assert process.environment == {
        "GOGC": "50",
        **pulumi.environment(),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_RUN_PROGRAM": "true",
        "PULUMI_BACKEND_URL": "s3://bays",
        "BAY_DYNAMIC_PROVIDERS": "",  # whatever plain `pulumi` may do for the caller's own projects
    }


def test_only_a_pulumi_that_writes_no_whole_state_a_step_collects_garbage_less_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pulumi: Toolchain
) -> None:
    for origin, garbage in (("built", "400"), ("path", None), ("downloaded", None)):
        found = replace(pulumi, origin=origin)
        monkeypatch.setattr(toolchain, "find", lambda _cache, _path, found=found: found)
        assert Context(settings(tmp_path), Login()).pulumi().environment.get("GOGC") == garbage
        assert "GOGC" not in Context(settings(tmp_path), Login()).pulumi_environment(), "a shell is not bay's"
        own = Context(settings(tmp_path, GOGC="50"), Login()).pulumi().environment
        assert own["GOGC"] == "50"


def test_a_context_beside_another_has_its_login_and_an_end_of_its_own(tmp_path: Path, pulumi: Toolchain) -> None:
    context = Context(settings(tmp_path), mine(tmp_path))
    context.share_answers()
    told_here: list[Event] = []
    beside = context.beside(Cancellation(), told_here.append)
    assert (beside.cloud, beside.resolved_login, beside.lists) == (context.cloud, context.resolved_login, context.lists)
    assert beside.lists is not None
    beside.cancel.request()
    beside.notify("demo", "code", "text")
    assert not context.cancel.is_requested
    assert beside.pulumi().cancel is beside.cancel
    assert told_here == [Notice("demo", "code", "text")]
    assert isinstance(context.cloud.session.session.get_adapter("https://cloud"), SharedAnswers)
    assert isinstance(context.cloud, LeanConnection)


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
