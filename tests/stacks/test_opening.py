"""How the stack of a bay is opened: to be looked at, to be changed, or as a copy that nobody else sees."""

from pathlib import Path

import pytest

from bay.stacks.errors import NotFound
from bay.stacks.events import Notice
from bay.stacks.opening import opened, opened_aside, opened_for_change
from bay.stacks.state import lock
from tests.fakes.messages import told
from tests.fakes.processes import living_pulumi
from tests.fakes.stack import FakeContext, write_lock, write_state
from tests.fakes.states import complete, cut_off

SECRETS = "PULUMI_CONFIG_PASSPHRASE_FILE"


@pytest.fixture
def context(tmp_path: Path) -> FakeContext:
    """With a bay called demo."""
    write_state(tmp_path / "state", complete())
    return FakeContext(folder=tmp_path)


def test_a_bay_is_opened_with_its_state_and_its_passphrase_in_a_folder_of_its_own(
    context: FakeContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    file = context.settings.passphrase_file("demo")
    file.parent.mkdir(parents=True)
    file.write_text("word")
    with opened(context, "demo") as bay:
        assert bay.state.is_complete
        assert bay.pulumi.environment[SECRETS] == str(file)
        assert len(list((tmp_path / "temporary").iterdir())) == 1
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_bay_that_is_not_there_is_not_opened(context: FakeContext) -> None:
    with pytest.raises(NotFound) as refused, opened(context, "other"):
        pass
    assert (refused.value.message, refused.value.hint) == (
        "there is no bay 'other' in this state",
        "there is: demo; 'bay list' shows the bays",
    )
    with opened(context, "other", new=True) as bay:
        assert not bay.exists


def _open(context: FakeContext, name: str) -> None:
    with opened(context, name):
        pass


def test_what_cannot_be_the_name_of_a_bay_is_refused_before_anything_is_read(context: FakeContext) -> None:
    assert "cannot be part of a host name" in told(lambda: _open(context, "../demo"))[0]
    assert context.processes == []


def test_a_change_holds_the_bays_lock(context: FakeContext) -> None:
    file = context.settings.lock_file("demo")
    with opened_for_change(context, "demo"):
        assert lock.is_held(file)
    assert not lock.is_held(file)
    with opened(context, "demo"):
        assert not lock.is_held(file)


def _change(context: FakeContext, name: str) -> None:
    with opened_for_change(context, name):
        pass


def test_two_changes_of_one_bay_are_kept_apart(context: FakeContext) -> None:
    with opened_for_change(context, "demo"):
        assert told(lambda: _change(context, "demo"))[0].startswith(
            "bay demo is being changed by another run (process "
        )


def test_a_change_reads_the_state_only_once_nobody_else_writes_it(
    context: FakeContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of another user, whom bay's own lock does not keep apart: what their run has begun is no interrupted run's."""
    write_state(tmp_path / "state", cut_off())
    with living_pulumi(tmp_path) as pid:
        held = write_lock(tmp_path / "state", pid)

        def sleep(_seconds: float) -> None:
            write_state(tmp_path / "state", complete())
            held.unlink()

        monkeypatch.setattr(context.cancel, "sleep", sleep)
        with opened_for_change(context, "demo") as bay:
            assert bay.state.interrupted_operations == ()
    assert context.notices[0].endswith(f"process {pid}); waiting for its end")
    write_lock(tmp_path / "state", 4711, host="elsewhere")
    assert "(ada@elsewhere, process 4711)" in told(lambda: _change(context, "demo"))[0]
    _open(context, "demo")


def test_a_change_needs_space_for_the_state(context: FakeContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bay.stacks.state.disk.NEEDED", 2**62)
    assert "MiB are free" in told(lambda: _change(context, "demo"))[0]
    _open(context, "demo")


def test_who_only_opens_a_bay_that_is_not_there_leaves_no_passphrase(context: FakeContext) -> None:
    """Its creation may still be refused, and plain `pulumi` create a stack of that name with another one."""
    with opened_for_change(context, "demo") as bay:
        assert bay.pulumi.environment[SECRETS] == ""
    file = context.settings.passphrase_file("other")
    with opened_for_change(context, "other", new=True) as bay:
        assert not file.exists()
        bay.use_passphrase(new=True)
        assert bay.pulumi.environment[SECRETS] == str(file)
    assert len(file.read_text()) >= 43


def test_a_bay_that_holds_something_keeps_the_passphrase_that_it_has(context: FakeContext) -> None:
    """Another one could not read its secrets."""
    with opened_for_change(context, "demo", new=True) as bay:
        assert bay.pulumi.environment[SECRETS] == ""
    assert not context.settings.passphrase_file("demo").exists()


def test_a_copy_holds_what_it_is_given_and_leaves_no_trace(context: FakeContext, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with opened(context, "demo") as bay, opened_aside(bay, bay.unprotected_copy()) as copied:
        assert copied.state.bay_id == bay.state.bay_id
        assert copied.pulumi.state != bay.pulumi.state
        folder = copied.pulumi.state_folder
        assert folder is not None
        copied.remove()
        assert bay.exists
    assert not folder.exists()
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_new_copy_has_a_passphrase_of_no_worth(context: FakeContext) -> None:
    with opened(context, "other", new=True) as bay, opened_aside(bay) as copied:
        assert copied.exists
        assert copied.pulumi.environment["PULUMI_CONFIG_PASSPHRASE"] == "a preview keeps no secret"
        assert not bay.exists
    assert not context.settings.passphrase_file("other").exists()


@pytest.mark.parametrize(("mode", "codes"), [(0o700, []), (0o750, ["state-open"]), (0o755, ["state-open"])])
def test_of_a_new_bay_a_state_folder_that_others_may_look_into_is_told(
    context: FakeContext, tmp_path: Path, mode: int, codes: list[str]
) -> None:
    (tmp_path / "state").chmod(mode)
    with opened_for_change(context, "demo"):
        pass
    assert context.events == [], "who changes one has been told"
    with opened_for_change(context, "new", new=True):
        pass
    assert [event.code for event in context.events if isinstance(event, Notice)] == codes
