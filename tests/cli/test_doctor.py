"""`bay doctor` on a machine that lacks everything, and on one whose passphrases others may read."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from bay.stacks.settings import Settings

CHECKS = ["python", "go", "pulumi", "plugin", "state", "sandbox", "cloud", "passphrase"]


def doctor(home: Path) -> tuple[int, dict[str, dict[str, Any]]]:
    """Exit code, and the checks by name, with an empty PATH and an empty home."""
    bay = Path(sys.executable).with_name("bay")
    done = subprocess.run(
        [str(bay), "doctor", "-f", "json"],
        env={"HOME": str(home), "PATH": str(home / "no-programs")},
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, {row["name"]: row for row in json.loads(done.stdout)}


def test_what_is_missing_has_a_remedy(tmp_path: Path) -> None:
    code, checks = doctor(tmp_path)
    assert code == 1
    assert list(checks) == CHECKS
    assert {name for name, check in checks.items() if not check["ok"]} >= {"pulumi", "plugin", "cloud"}
    assert all(check["remedy"] for check in checks.values() if not check["ok"])
    assert checks["state"]["detail"] == f"file://{tmp_path}/.local/share/bay/state"


def test_a_state_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / ".local").write_text("a file in the place of the folder")
    _, checks = doctor(tmp_path)
    assert not checks["state"]["ok"]
    assert "--state" in checks["state"]["remedy"]


def test_a_passphrase_that_others_may_read_is_said(tmp_path: Path) -> None:
    data = tmp_path / ".local" / "share" / "bay"
    file = Settings(tmp_path, data, tmp_path, f"file://{data}/state").passphrase_file("physics")
    file.parent.mkdir(parents=True)
    file.write_text("secret")
    file.chmod(0o644)
    _, checks = doctor(tmp_path)
    assert (checks["passphrase"]["ok"], "chmod 600" in checks["passphrase"]["remedy"]) == (False, True)
    assert "physics" in checks["passphrase"]["detail"]
