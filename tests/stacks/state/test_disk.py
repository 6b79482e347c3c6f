"""A disk that fills up stops the engine: in order while there is room for the state, at once where there is none."""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bay.stacks.automation.process import PulumiProcess
from bay.stacks.state import disk as room
from bay.stacks.state.disk import FULL, LOW, WRITES, DiskFull, disk_guard


class Told(PulumiProcess):
    """An engine that only notes what it is told."""

    def __init__(self, url: str) -> None:
        super().__init__("pulumi", "3.0.0", {"PULUMI_BACKEND_URL": url})
        self.told: list[str] = []

    def interrupt(self) -> None:
        self.told.append("interrupt")

    def kill(self) -> None:
        self.told.append("kill")


def run(monkeypatch: pytest.MonkeyPatch, url: str, *free: int) -> list[str]:
    """What the engine is told while the disk has so many bytes free, one look after the other."""
    engine, looks = Told(url), iter(free)
    monkeypatch.setattr(room, "PAUSE", 0.01)
    seen: list[int] = []

    def usage(_folder: Path) -> Any:
        seen.append(next(looks, free[-1]))
        return SimpleNamespace(free=seen[-1])

    monkeypatch.setattr(room.shutil, "disk_usage", usage)
    try:
        with disk_guard(engine):
            for _ in range(500):
                if len(seen) > len(free) or "kill" in engine.told:
                    break
                time.sleep(0.01)
    except DiskFull as full:
        engine.told.append(full.message)
    return engine.told


def test_with_room_nothing_happens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert run(monkeypatch, f"file://{tmp_path}", LOW) == []


def test_with_little_room_the_engine_stops_in_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = run(monkeypatch, f"file://{tmp_path}", LOW, LOW - 1, LOW - 1)
    assert told == [
        "interrupt",
        f"state folder {tmp_path}: the disk is full, so the run was stopped; the state is whole",
    ]


def test_without_room_the_engine_ends_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
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
    engine = Told("s3://bays")
    with disk_guard(engine):
        pass
    assert engine.told == []


def test_another_error_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="other"), disk_guard(Told(f"file://{tmp_path}")):
        raise ValueError("other")
