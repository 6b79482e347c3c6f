"""Each bay's secrets have a passphrase of their own, for their owner's eyes only."""

import os
from pathlib import Path

import pytest

from bay.stacks.settings import Settings
from bay.stacks.state.passphrase import create, environment, forget
from tests.fakes.messages import told

VARIABLE = "PULUMI_CONFIG_PASSPHRASE_FILE"


def settings_of(folder: Path, **environment: str) -> Settings:
    return Settings(folder / "cache", folder / "data", folder / "config", f"file://{folder / 'state'}", environment)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_of(tmp_path)


def test_a_new_bay_gets_a_random_passphrase_that_only_its_owner_reads(settings: Settings) -> None:
    file = Path(environment(settings, "physics", new=True)[VARIABLE])
    other = Path(environment(settings, "chemistry", new=True)[VARIABLE])
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert len(file.read_text()) >= 43, "256 bits"
    assert file.read_text() != other.read_text()


def test_a_passphrase_that_is_there_stays(settings: Settings) -> None:
    file = Path(environment(settings, "physics", new=True)[VARIABLE])
    word = file.read_text()
    assert environment(settings, "physics", new=True) == {VARIABLE: str(file)}
    assert environment(settings, "physics", new=False) == {VARIABLE: str(file)}
    assert file.read_text() == word


def test_the_users_own_passphrase_is_left_alone(tmp_path: Path) -> None:
    own = settings_of(tmp_path, PULUMI_CONFIG_PASSPHRASE="word")
    assert environment(own, "physics", new=True) == {}
    assert not own.passphrase_file("physics").exists()


def test_a_bay_that_plain_pulumi_made_has_the_shared_passphrase(settings: Settings) -> None:
    create(settings.shared_passphrase_file)
    shared = {VARIABLE: str(settings.shared_passphrase_file)}
    assert environment(settings, "demo2", new=False) == shared
    assert environment(settings, "physics", new=True) != shared


def test_without_any_passphrase_pulumi_is_told_of_none(settings: Settings) -> None:
    assert environment(settings, "physics", new=False) == {VARIABLE: ""}


def test_the_passphrase_of_a_bay_that_is_no_more_is_forgotten(settings: Settings) -> None:
    file = Path(environment(settings, "physics", new=True)[VARIABLE])
    forget(settings, "physics")
    forget(settings, "physics")
    assert not file.exists()


def test_a_file_that_cannot_be_read_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    create(settings.passphrase_file("physics"))
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)  # root reads everything
    file = settings.passphrase_file("physics")
    assert told(lambda: environment(settings, "physics", new=False)) == (
        f"the passphrase file {file} cannot be read",
        f"chmod 600 {file}, as its owner",
        1,
    )
