"""The engine as a child process, without the engine."""

from pathlib import Path

import pytest
from pulumi.automation.errors import CommandError

from bay.cli import engine
from bay.cli.engine import Engine


def _engine(folder: Path, script: str) -> Engine:
    command = folder / "pulumi"
    command.write_text(f"#!/bin/sh\n{script}")
    command.chmod(0o755)
    return Engine(str(command), "3.0.0", {})


def test_a_state_that_another_run_writes_just_now_is_read_again(tmp_path: Path) -> None:
    """The file of attributes beside a state file is empty for a moment in each write of another run."""
    half_written = (
        "test -e seen && echo '{}' && exit; touch seen; echo 'error: failed to load checkpoint: EOF' >&2; exit 1"
    )
    result = _engine(tmp_path, half_written).run(["stack", "export"], str(tmp_path), {})
    assert result.stdout == "{}"


def test_a_state_that_stays_half_written_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "READS", 2)
    broken = _engine(tmp_path, "echo 'error: failed to load checkpoint: EOF' >&2; exit 255")
    with pytest.raises(CommandError, match="failed to load checkpoint"):
        broken.run(["stack", "export"], str(tmp_path), {})
