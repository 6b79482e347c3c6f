"""The disk of a state: what a change needs of it, and that Pulumi is stopped where it fills up."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bay.stacks.automation.process import PulumiProcess
from bay.stacks.settings import Settings
from bay.stacks.state import disk
from bay.stacks.state.disk import FULL, LOW, WRITES, DiskFull, disk_guard, require_space, require_writable
from tests.fakes.messages import told
from tests.waiting import eventually


def settings(state: str) -> Settings:
    return Settings(Path("/c"), Path("/d"), Path("/e"), state)


def test_a_local_state_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    require_writable(settings(f"file://{tmp_path / 'state'}"))
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert list((tmp_path / "state").iterdir()) == [], "the trial file is gone"


def test_a_state_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    message, hint, _ = told(lambda: require_writable(settings(f"file://{tmp_path}/file/state")))
    assert message == f"state folder {tmp_path}/file/state: Not a directory"
    assert hint == "make it writable, or name another with --state or BAY_STATE"


def test_a_state_elsewhere_is_pulumis_business(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    require_writable(settings("s3://bucket"))
    require_space(settings("s3://bucket"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("free", "message"), [(2**20, "1 MiB are free"), (2**16, "0 MiB are free"), (2**27, "")])
def test_a_change_needs_space_for_the_state(
    free: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: SimpleNamespace(free=free))
    require_space(settings("s3://bucket"))
    if message:
        shown, hint, _ = told(lambda: require_space(settings(f"file://{tmp_path}")))
        assert shown == f"state folder {tmp_path}: {message}, and a change of a bay may need 64"
        assert hint == "free some space, or name another with --state or BAY_STATE"
    else:
        require_space(settings(f"file://{tmp_path}"))


class Told(PulumiProcess):
    """A Pulumi that only notes what it is told."""

    def __init__(self, url: str) -> None:
        super().__init__("pulumi", "3.0.0", {"PULUMI_BACKEND_URL": url})
        self.told: list[str] = []

    def interrupt(self) -> None:
        self.told.append("interrupt")

    def kill(self) -> None:
        self.told.append("kill")


def run(monkeypatch: pytest.MonkeyPatch, url: str, *free: int) -> list[str]:
    """What Pulumi is told while the disk has so many bytes free, one look after the other."""
    pulumi, looks = Told(url), iter(free)
    monkeypatch.setattr(disk, "PAUSE", 0.01)
    seen: list[int] = []

    def usage(_folder: Path) -> Any:
        seen.append(next(looks, free[-1]))
        return SimpleNamespace(free=seen[-1])

    monkeypatch.setattr(disk.shutil, "disk_usage", usage)
    try:
        with disk_guard(pulumi):
            eventually(lambda: len(seen) > len(free) or "kill" in pulumi.told)
    except DiskFull as full:
        pulumi.told.append(full.message)
    return pulumi.told


def test_with_room_nothing_happens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert run(monkeypatch, f"file://{tmp_path}", LOW) == []


def test_with_little_room_the_pulumi_stops_in_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = run(monkeypatch, f"file://{tmp_path}", LOW, LOW - 1, LOW - 1)
    assert told == [
        "interrupt",
        f"state folder {tmp_path}: the disk is full, so the run was stopped; the state is whole",
    ]


def test_without_room_the_pulumi_ends_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert run(monkeypatch, f"file://{tmp_path}", LOW - 1, FULL - 1)[:2] == ["interrupt", "kill"]


def test_a_large_state_asks_for_more_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    state = tmp_path / ".pulumi/stacks/bay/wide.json"
    state.parent.mkdir(parents=True)
    state.write_bytes(bytes(2**20))
    low = LOW + WRITES * 2**20
    assert run(monkeypatch, f"file://{tmp_path}", low) == []
    assert run(monkeypatch, f"file://{tmp_path}", low - 1, FULL + 2**20)[:-1] == ["interrupt"]
    assert run(monkeypatch, f"file://{tmp_path}", low - 1, FULL + 2**20 - 1)[:2] == ["interrupt", "kill"]


def test_a_state_that_was_cut_short_is_whole_again_before_it_is_said_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    state = tmp_path / ".pulumi/stacks/bay/demo.json"
    state.parent.mkdir(parents=True)
    state.touch()
    state.with_name("demo.json.bak").write_text("{}")
    assert run(monkeypatch, f"file://{tmp_path}", 0)[-1].endswith("the state is whole")
    assert state.read_text() == "{}"


def test_other_states_have_no_disk_here(monkeypatch: pytest.MonkeyPatch) -> None:
    pulumi = Told("s3://bays")
    with disk_guard(pulumi):
        pass
    assert pulumi.told == []


def test_another_error_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="other"), disk_guard(Told(f"file://{tmp_path}")):
        raise ValueError("other")
