"""Each bay's secrets have a passphrase of their own, for their owner's eyes only."""

import os
from pathlib import Path

import pytest

from bay.stacks.settings import Settings
from bay.stacks.state.passphrase import (
    create,
    create_next,
    environment,
    finish,
    forget,
    is_rotating,
    require_not_rotating,
    that_opens,
)
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


@pytest.mark.parametrize("word", ["", " ", "\n"])
def test_a_passphrase_of_nothing_counts_as_none(tmp_path: Path, word: str) -> None:
    settings = settings_of(tmp_path, PULUMI_CONFIG_PASSPHRASE=word)
    assert environment(settings, "physics", new=True) == {VARIABLE: str(settings.passphrase_file("physics"))}


@pytest.mark.parametrize("content", ["", " \n"])
def test_no_new_bay_is_encrypted_with_an_empty_file(tmp_path: Path, content: str) -> None:
    file = tmp_path / "word"
    file.write_text(content)
    own = settings_of(tmp_path, PULUMI_CONFIG_PASSPHRASE_FILE=str(file))
    assert told(lambda: environment(own, "physics", new=True)) == (
        f"the passphrase file {file} is empty, so that the keys of a bay would lie open in its state",
        f"write a passphrase into it, or unset {VARIABLE}: each bay then gets one of its own",
        2,
    )
    assert environment(own, "physics", new=False) == {}, "a bay that was made so can still be reached"


def test_the_null_device_is_an_empty_file_too(tmp_path: Path) -> None:
    own = settings_of(tmp_path, PULUMI_CONFIG_PASSPHRASE_FILE=os.devnull)
    assert "is empty" in told(lambda: environment(own, "physics", new=True))[0]


def test_a_passphrase_of_a_pipe_is_left_to_pulumi(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    own = settings_of(tmp_path, PULUMI_CONFIG_PASSPHRASE_FILE=str(tmp_path / "pipe"))
    assert environment(own, "physics", new=True) == {}


def test_a_file_of_the_users_own_that_is_not_there_is_named(tmp_path: Path) -> None:
    own = settings_of(tmp_path, PULUMI_CONFIG_PASSPHRASE_FILE=str(tmp_path / "word"))
    assert told(lambda: environment(own, "physics", new=False))[0] == (
        f"the passphrase file {tmp_path / 'word'} is not there"
    )


def test_beside_a_word_the_file_does_not_count(tmp_path: Path) -> None:
    own = settings_of(tmp_path, PULUMI_CONFIG_PASSPHRASE="word", PULUMI_CONFIG_PASSPHRASE_FILE="/nowhere")
    assert environment(own, "physics", new=True) == {}


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


def test_while_a_rotation_is_unfinished_that_one_is_found_which_opens(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bay.stacks.state.salt.opens", lambda salt, word: salt == word)
    create(settings.passphrase_file("physics"))
    old = settings.passphrase_file("physics").read_text()
    assert not is_rotating(settings, "physics")
    new = create_next(settings, "physics").read_text()
    assert create_next(settings, "physics").read_text() == new, "that of an interrupted rotation stays"
    assert settings.next_passphrase_file("physics").stat().st_mode & 0o777 == 0o600
    assert old != new
    assert that_opens(settings, "physics", old) == {VARIABLE: str(settings.passphrase_file("physics"))}
    assert that_opens(settings, "physics", new) == {VARIABLE: str(settings.next_passphrase_file("physics"))}
    assert that_opens(settings, "physics", "third") == {}
    assert told(lambda: require_not_rotating(settings, "physics"))[:2] == (
        "the rotation of the passphrase of bay physics is not finished",
        "bay rotate passphrase physics",
    )
    finish(settings, "physics")
    assert settings.passphrase_file("physics").read_text() == new
    assert not is_rotating(settings, "physics")


def test_both_passphrases_of_a_bay_that_is_no_more_are_forgotten(settings: Settings) -> None:
    create(settings.passphrase_file("physics"))
    create_next(settings, "physics")
    forget(settings, "physics")
    assert list(settings.passphrase_file("physics").parent.iterdir()) == []
