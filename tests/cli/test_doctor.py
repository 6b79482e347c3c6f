"""`bay doctor` on a machine that lacks everything, and on one whose passphrases others may read."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from bay.cli.app import run
from bay.cli.doctor import clients
from bay.components.node.client_login import LoginRequest, client_login
from bay.components.private_files import write_private
from bay.stacks.settings import Settings
from bay.toolchain import Check
from tests.fakes.keys import KEYS

NOW = datetime(2027, 1, 1, tzinfo=UTC)

CHECKS = [
    "command",
    "python",
    "go",
    "pulumi",
    "plugin",
    "state",
    "sandbox",
    "cloud",
    "passphrase",
    "folders",
    "clients",
]


Rows = dict[str, dict[str, Any]]
Doctor = Callable[..., tuple[int, Rows]]


@pytest.fixture
def doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Exit code, and the checks by name, with an empty PATH and an empty home."""

    def asked(**variables: str) -> tuple[int, Rows]:
        monkeypatch.chdir(tmp_path)
        with patch.dict(os.environ, {**surroundings(tmp_path), **variables}, clear=True):
            code = run(["doctor", "-f", "json"])
        out, err = capsys.readouterr()
        assert err == ""
        return code, {row["name"]: row for row in json.loads(out)}

    return asked


def surroundings(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "PATH": str(home / "no-programs")}


def test_what_is_missing_has_a_remedy(tmp_path: Path) -> None:
    """Of the command itself; the other tests ask what it calls."""
    command = [str(Path(sys.executable).with_name("bay")), "doctor", "-f", "json"]
    done = subprocess.run(
        command, env=surroundings(tmp_path), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    code, checks = done.returncode, {row["name"]: row for row in json.loads(done.stdout)}
    assert code == 1
    assert list(checks) == CHECKS
    assert {name for name, check in checks.items() if not check["ok"]} >= {"pulumi", "plugin", "cloud"}
    assert all(check["remedy"] for check in checks.values() if not check["ok"])
    assert checks["state"]["detail"] == f"file://{tmp_path}/.local/share/bay/state"


def test_a_state_folder_that_cannot_be_made_is_said(tmp_path: Path, doctor: Doctor) -> None:
    (tmp_path / ".local").write_text("a file in the place of the folder")
    _, checks = doctor()
    assert not checks["state"]["ok"]
    assert "--state" in checks["state"]["remedy"]


def test_a_passphrase_that_others_may_read_is_said(tmp_path: Path, doctor: Doctor) -> None:
    data = tmp_path / ".local" / "share" / "bay"
    file = Settings(tmp_path, data, tmp_path, f"file://{data}/state").passphrase_file("physics")
    file.parent.mkdir(parents=True)
    file.write_text("secret")
    file.chmod(0o644)
    _, checks = doctor()
    assert (checks["passphrase"]["ok"], "chmod 600" in checks["passphrase"]["remedy"]) == (False, True)
    assert "physics" in checks["passphrase"]["detail"]


def test_folders_that_others_may_enter_are_said_with_what_closes_them(tmp_path: Path, doctor: Doctor) -> None:
    data = tmp_path / ".local" / "share" / "bay"
    (data / "passphrases" / "0123").mkdir(parents=True, mode=0o700)
    (data / "passphrases").chmod(0o700)
    (data / "passphrases" / "0123").chmod(0o700)
    data.chmod(0o700)
    _, checks = doctor()
    assert checks["folders"]["ok"]
    (data / "passphrases").chmod(0o777)
    (data / "passphrases" / "0123").chmod(0o750)
    key = tmp_path / ".config" / "bay" / "clients" / "a b" / "key.pem"
    key.parent.mkdir(parents=True)
    for folder in (key.parent, key.parent.parent):
        folder.chmod(0o700)
    key.write_text("key")
    key.chmod(0o644)
    code, checks = doctor()
    assert (code, checks["folders"]["ok"]) == (1, False)
    remedy = f"chmod go= {data}/passphrases; chmod go= {data}/passphrases/0123; chmod go= '{key}'"
    assert checks["folders"]["remedy"] == remedy
    subprocess.run(["sh", "-c", remedy], check=True)
    assert doctor()[1]["folders"]["ok"]


def test_a_state_folder_of_ones_own_choosing_is_said_to_be_open(tmp_path: Path, doctor: Doctor) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    state = doctor(BAY_STATE=f"file://{shared}")[1]["state"]
    assert state["ok"]
    assert state["detail"].startswith(f"others may look into {shared}, which has the specs of all bays")
    assert state["remedy"] == f"chmod go= {shared}"


def test_client_files_that_end_are_named_with_what_renews_them(tmp_path: Path) -> None:
    settings = Settings(tmp_path, tmp_path, tmp_path / "config", f"file://{tmp_path}/state")
    assert clients(settings, NOW) == Check("clients", True, f"0 in {tmp_path}/config/clients", "")
    for name, days in (("physics", 90), ("biology", 30), ("ended", 1)):
        login = client_login(name, KEYS, LoginRequest(timedelta(days=days)), NOW - timedelta(days=1))
        write_private(tmp_path / "config" / "clients" / name / "cert.pem", login.certificate)
    write_private(tmp_path / "config" / "clients" / "damaged" / "cert.pem", "x")
    found = clients(settings, NOW)
    assert (found.ok, found.remedy) == (True, "bay config biology; bay config ended")
    assert found.detail == "biology ends at 2027-01-30T00:00:00Z; ended ended at 2027-01-01T00:00:00Z"
