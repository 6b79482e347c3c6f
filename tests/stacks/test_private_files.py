"""Files and folders that are their owner's alone under any umask, and what happens to those that are not."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from bay.components.errors import BayError
from bay.components.private_files import make_folder, write_private
from bay.stacks import private_files
from bay.stacks.private_files import faults, is_open, make_private
from bay.stacks.settings import Settings
from bay.stacks.state import lock, passphrase
from bay.stacks.state.disk import require_writable


@pytest.fixture(params=[0o000, 0o002, 0o022, 0o077], ids=oct)
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def below(folder: Path) -> list[Path]:
    return [folder, *folder.rglob("*")]


@pytest.mark.usefixtures("_umask")
def test_all_that_is_made_below_a_users_folder_is_private(tmp_path: Path) -> None:
    data, config = tmp_path / "home" / "share" / "bay", tmp_path / "home" / "config" / "bay"
    settings = Settings(tmp_path / "cache", data, config, f"file://{data}/state")
    passphrase.environment(settings, "physics", new=True)
    require_writable(settings)
    write_private(config / "clients" / "physics" / "key.pem", "key")
    write_private(data / "sandbox" / "a" / "clouds.yaml", "clouds")
    with lock.held(settings.lock_file("physics"), "physics"):
        found = below(tmp_path / "home")
    assert len(found) >= 14
    assert [path for path in found if path.is_dir() and mode(path) != 0o700] == []
    secret = ("key.pem", "physics", "clouds.yaml")
    assert [path for path in found if path.is_file() and path.name in secret and mode(path) != 0o600] == []


def test_folders_that_an_earlier_version_left_open_are_closed_before_a_passphrase_is_used(tmp_path: Path) -> None:
    settings = Settings(tmp_path, tmp_path / "data", tmp_path, "s3://bays")
    file = settings.passphrase_file("physics")
    file.parent.mkdir(parents=True)
    for folder in (tmp_path / "data", tmp_path / "data" / "passphrases", file.parent):
        folder.chmod(0o777)
    tmp_path.chmod(0o755)
    passphrase.environment(settings, "physics", new=True)
    assert {mode(path) for path in below(tmp_path / "data") if path.is_dir()} == {0o700}
    assert mode(tmp_path) == 0o755, "none above bay's own"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "data" / "passphrases"
    make_folder(folder)
    os.chown(folder, 12345, 12345)
    with pytest.raises(BayError, match="passphrases is not yours"):
        make_private(folder / "0123", tmp_path / "data")
    assert list(faults(tmp_path / "data", "passphrases")) == [
        (f"{folder} belongs to another user", f"sudo chown 0 {folder}")
    ]
    monkeypatch.setattr(private_files.os, "geteuid", lambda: 12345)
    make_private(folder / "0123", tmp_path / "data")  # and root's, above it, is as good as one's own


def test_a_link_is_as_good_as_who_made_it(tmp_path: Path) -> None:
    make_folder(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").chmod(0o755)
    (tmp_path / "data").symlink_to(tmp_path / "elsewhere")
    make_private(tmp_path / "data" / "passphrases", tmp_path / "data")
    assert mode(tmp_path / "elsewhere") == 0o700
    if os.geteuid() == 0:
        os.chown(tmp_path / "data", 12345, 12345, follow_symlinks=False)
        with pytest.raises(BayError, match="data is not yours"):
            make_private(tmp_path / "data" / "passphrases", tmp_path / "data")


def test_who_may_look_into_a_folder_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    assert not is_open(folder)
    make_folder(folder)
    assert not is_open(folder)
    folder.chmod(0o710)
    assert is_open(folder)
