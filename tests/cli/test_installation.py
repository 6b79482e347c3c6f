"""Whether the command `bay` is this project's, where another project of that name is installed too."""

import subprocess
import sys
from pathlib import Path

import pytest

from bay.cli.installation import check_command

OWN = Path(sys.executable).with_name("bay")
THEIRS = "#!/usr/bin/python3\nfrom bay.cli import cli\ncli()\n"
OURS = "#!/usr/bin/python3\nfrom bay.cli.main import main\nmain()\n"


def put_script(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "bay").write_text(text)
    (folder / "bay").chmod(0o755)
    return folder / "bay"


def put_distribution(folder: Path, entry: str) -> None:
    about = folder / "bay-2.19.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: bay\nVersion: 2.19.0\n")
    (about / "entry_points.txt").write_text(f"[console_scripts]\nbay = {entry}\n")


def test_the_command_of_this_environment_is_ours() -> None:
    check = check_command(str(OWN.parent))
    assert (check.ok, check.detail) == (True, str(OWN))


@pytest.mark.parametrize("text", [THEIRS, "", "\x7fELF", "#!/bin/sh\nexec docker run bay\n"])
def test_another_command_in_front_is_said_with_the_path_that_mends_it(tmp_path: Path, text: str) -> None:
    script = put_script(tmp_path / "bin", text)
    check = check_command(f"{script.parent}:{OWN.parent}")
    assert not check.ok
    assert check.detail == f"bay is {script}, of another project; this one's command is {OWN.parent}/openstack-bay too"
    assert check_command(check.remedy.removeprefix("PATH=").replace("$PATH", str(script.parent))).ok


def test_a_bay_of_another_environment_is_ours_too(tmp_path: Path) -> None:
    script = put_script(tmp_path / "bin", OURS)
    assert check_command(f"{script.parent}:{OWN.parent}").ok


def test_a_command_that_is_not_on_the_path_is_no_fault(tmp_path: Path) -> None:
    check = check_command(str(tmp_path))
    assert (check.ok, check.remedy) == (True, f"PATH={OWN.parent}:$PATH")


def test_the_other_project_in_the_same_environment_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_distribution(tmp_path / "site", "bay.cli:cli")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    check = check_command(str(OWN.parent))
    assert not check.ok
    assert check.detail.startswith("bay 2.19.0 in this environment is another project")
    assert "pip uninstall --yes bay" in check.remedy


def test_an_earlier_version_of_ours_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_distribution(tmp_path / "site", "bay.cli.main:main")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert check_command(str(OWN.parent)).ok


def test_both_commands_start_the_same() -> None:
    told = {
        name: subprocess.run([OWN.with_name(name), "--version"], capture_output=True, text=True, check=True).stdout
        for name in ("bay", "openstack-bay")
    }
    assert told["bay"] == told["openstack-bay"] == "bay 0.1.0\n"
