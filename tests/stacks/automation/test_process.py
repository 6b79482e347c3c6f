"""The engine as a child process, without the engine."""

from pathlib import Path

import pytest
from pulumi.automation.errors import CommandError

from bay.stacks.automation import process
from bay.stacks.automation.process import PulumiProcess, planning


def _engine(folder: Path, script: str) -> PulumiProcess:
    command = folder / "pulumi"
    command.write_text(f"#!/bin/sh\n{script}")
    command.chmod(0o755)
    return PulumiProcess(str(command), "3.0.0", {})


def test_a_state_that_another_run_writes_just_now_is_read_again(tmp_path: Path) -> None:
    """The file of attributes beside a state file is empty for a moment in each write of another run."""
    half_written = (
        "test -e seen && echo '{}' && exit; touch seen; echo 'error: failed to load checkpoint: EOF' >&2; exit 1"
    )
    result = _engine(tmp_path, half_written).run(["stack", "export"], str(tmp_path), {})
    assert result.stdout == "{}"


def test_a_state_that_stays_half_written_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "READS", 2)
    broken = _engine(tmp_path, "echo 'error: failed to load checkpoint: EOF' >&2; exit 255")
    with pytest.raises(CommandError, match="failed to load checkpoint"):
        broken.run(["stack", "export"], str(tmp_path), {})


def test_a_write_of_attributes_that_was_killed_does_not_lose_the_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "READS", 2)
    (tmp_path / "demo.json").write_text("{}")
    attributes = tmp_path / "demo.json.attrs"
    attributes.touch()
    refusing = f"test -e {attributes} && echo 'error: failed to load checkpoint: EOF' >&2 && exit 255; echo '{{}}'"
    pulumi = _engine(tmp_path, refusing)
    pulumi.environment["PULUMI_BACKEND_URL"] = f"file://{tmp_path}"
    assert pulumi.run(["stack", "export"], str(tmp_path), {}).stdout == "{}"
    assert (tmp_path / "demo.json").exists()


def test_what_the_user_sets_for_the_engine_counts_for_plans_too(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOGC", "PULUMI_PARALLEL_DIFF"):
        monkeypatch.delenv(name, raising=False)
    assert planning() == {"PULUMI_PARALLEL_DIFF": "true", "GOGC": "400"}
    monkeypatch.setenv("GOGC", "50")
    assert planning()["GOGC"] == "50"
