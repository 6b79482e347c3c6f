"""What shells complete."""

from pathlib import Path

import pytest

from bay.cli import completion


def test_projects_beside_bays_own_are_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAY_STATE", f"file://{tmp_path}/state")
    assert completion.projects() == []
    for name in ("bay", "annex", "physics"):
        (tmp_path / "state" / ".pulumi" / "stacks" / name).mkdir(parents=True)
    assert completion.projects() == ["annex", "physics"]


def test_a_state_that_is_no_folder_offers_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAY_STATE", "s3://bays")
    assert completion.projects() == []
