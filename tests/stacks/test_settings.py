"""Where things are: from XDG folders, BAY_STATE and options, and from nowhere else."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from bay.stacks import settings
from bay.stacks.settings import Settings, ensure_local_state, ensure_room, read, write_private
from tests.fakes.messages import told

HOME = {"HOME": "/home/ada"}


def test_folders_are_below_home_unless_xdg_says_else() -> None:
    plain = read(HOME)
    assert plain.cache == Path("/home/ada/.cache/bay")
    assert plain.data == Path("/home/ada/.local/share/bay")
    assert plain.config == Path("/home/ada/.config/bay")
    assert plain.models == Path("/home/ada/.config/bay/models")
    assert plain.sandbox_state == Path("/home/ada/.local/share/bay/sandbox")
    moved = read({**HOME, "XDG_CACHE_HOME": "/c", "XDG_DATA_HOME": "/d", "XDG_CONFIG_HOME": "/e"})
    assert (moved.cache, moved.data, moved.config) == (Path("/c/bay"), Path("/d/bay"), Path("/e/bay"))


@pytest.mark.parametrize(
    ("environ", "option", "state"),
    [
        ({}, None, "file:///home/ada/.local/share/bay/state"),
        ({"XDG_DATA_HOME": "/d"}, None, "file:///d/bay/state"),
        ({"BAY_STATE": "s3://bays"}, None, "s3://bays"),
        ({"BAY_STATE": "s3://bays"}, "gs://mine", "gs://mine"),
        ({"BAY_STATE": ""}, None, "file:///home/ada/.local/share/bay/state"),
    ],
)
def test_an_option_names_the_state_else_bay_state_else_a_folder(
    environ: dict[str, str], option: str | None, state: str
) -> None:
    assert read({**HOME, **environ}, state=option).state == state


@pytest.mark.parametrize(
    ("environ", "option", "cloud"),
    [({}, None, None), ({"OS_CLOUD": "a"}, None, "a"), ({"OS_CLOUD": "a"}, "b", "b"), ({"OS_CLOUD": ""}, None, None)],
)
def test_an_option_names_the_cloud_else_os_cloud(
    environ: dict[str, str], option: str | None, cloud: str | None
) -> None:
    assert read({**HOME, **environ}, cloud=option).cloud == cloud


@pytest.mark.parametrize(
    ("environ", "given"),
    [
        ({}, False),
        ({"PULUMI_CONFIG_PASSPHRASE": "word"}, True),
        ({"PULUMI_CONFIG_PASSPHRASE": ""}, False),
        ({"PULUMI_CONFIG_PASSPHRASE_FILE": "/elsewhere/word"}, True),
        ({"PULUMI_CONFIG_PASSPHRASE_FILE": "/home/ada/.local/share/bay/passphrases/x/demo"}, False),
        ({"PULUMI_CONFIG_PASSPHRASE_FILE": ""}, False),
    ],
)
def test_a_passphrase_is_the_users_own_unless_bay_env_exported_it(environ: dict[str, str], given: bool) -> None:
    assert read({**HOME, **environ}).passphrase_given is given


def test_bays_of_two_states_share_neither_passphrase_nor_lock() -> None:
    one, other = read(HOME, state="s3://one"), read(HOME, state="s3://other")
    assert one.passphrase_file("demo") != other.passphrase_file("demo")
    assert one.lock_file("demo") != other.lock_file("demo")
    assert one.lock_file("demo") == read(HOME, state="s3://one").lock_file("demo")


def test_no_bay_can_be_called_as_the_shared_passphrase_is() -> None:
    from bay.components.spec import check_name

    shared = read(HOME).shared_passphrase_file.name
    assert "cannot be part of a host name" in told(lambda: check_name(shared))[0]


def in_folder(folder: Path) -> Settings:
    return read(HOME, state=f"file://{folder}")


def test_a_local_state_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    ensure_local_state(in_folder(tmp_path / "state"))
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert list((tmp_path / "state").iterdir()) == [], "the trial file is gone"


def test_a_state_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    message, hint, _ = told(lambda: ensure_local_state(in_folder(tmp_path / "file" / "state")))
    assert message == f"state folder {tmp_path}/file/state: Not a directory"
    assert hint == "make it writable, or name another with --state or BAY_STATE"


def test_a_state_elsewhere_is_the_engines_business(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ensure_local_state(read(HOME, state="s3://bucket"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("free", "message"), [(2**20, "1 MiB are free"), (2**16, "0 MiB are free"), (2**27, "")])
def test_a_change_needs_room_for_the_state(
    free: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: SimpleNamespace(free=free))
    ensure_room(read(HOME, state="s3://bucket"))
    if message:
        told_message, hint, _ = told(lambda: ensure_room(in_folder(tmp_path)))
        assert told_message == f"state folder {tmp_path}: {message}, and a change of a bay may need 64"
        assert hint == "make room, or name another with --state or BAY_STATE"
    else:
        ensure_room(in_folder(tmp_path))


def test_a_private_file_is_for_its_owner_alone_and_there_is_no_half_of_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    write_private(path, "one")
    write_private(path, "two")
    assert path.read_text() == "two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(path.parent) == ["file"]


def test_settings_of_this_process_come_from_its_environment(environment: dict[str, str]) -> None:
    environment["BAY_STATE"] = "s3://bays"
    assert settings.here().state == "s3://bays"
    assert settings.here("b", "gs://x").cloud == "b"
