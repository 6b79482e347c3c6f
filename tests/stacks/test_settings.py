"""Where things are: plain values from whoever starts an operation, and nothing else."""

import os
import pwd
from pathlib import Path

import pytest

from bay.components.private_files import write_private
from bay.stacks.settings import SHARED, Settings, short_hash
from tests.fakes.messages import told


def settings(state: str = "file:///d/bay/state", **environment: str) -> Settings:
    return Settings(Path("/c/bay"), Path("/d/bay"), Path("/e/bay"), state, environment)


def test_folders_are_below_those_that_are_given() -> None:
    assert settings().models == Path("/e/bay/models")
    assert settings().sandbox_state == Path("/d/bay/sandbox")
    assert settings().lock_file("demo").is_relative_to("/d/bay/locks")
    assert settings().passphrase_file("demo").is_relative_to("/d/bay/passphrases")


def test_one_state_has_one_name_however_it_is_spelt(environment: dict[str, str]) -> None:
    home = environment["HOME"]
    spellings = ("file://~/bays", f"file://{home}/bays/", "file://bays", f"file:{home}/bays")
    assert {settings(state).state for state in spellings} == {f"file://{home}/bays"}
    keys = {settings(state).state_key for state in (*spellings, "file://bays?no_tmp_dir=true")}
    assert keys == {short_hash(f"file://{home}/bays")}
    assert settings("s3://bays?region=a").state_key != settings("s3://bays?region=b").state_key


def test_relative_folders_are_those_of_this_process(environment: dict[str, str]) -> None:
    home = Path(environment["HOME"])
    plain = Settings(Path("c"), Path("d"), Path("e"), "s3://bays")
    assert (plain.cache, plain.data, plain.config) == (home / "c", home / "d", home / "e")


def test_by_default_folders_and_state_are_the_users_own(environment: dict[str, str]) -> None:
    home = Path(environment["HOME"])
    plain = Settings.default()
    assert (plain.cache, plain.data, plain.config) == (
        *(home / ".cache/bay", home / ".local/share/bay", home / ".config/bay"),
    )
    assert plain.state == f"file://{home}/.local/share/bay/state"
    assert set(plain.environment) == {"PATH", "HOME"}, "children see nothing else of this process"
    environment |= {"XDG_CACHE_HOME": "/c", "XDG_DATA_HOME": "/d", "XDG_CONFIG_HOME": "/e"}
    moved = Settings.default("s3://bays", {"PATH": "/bin"})
    assert (moved.cache, moved.data, moved.config) == (Path("/c/bay"), Path("/d/bay"), Path("/e/bay"))
    assert (moved.state, moved.path, dict(moved.environment)) == ("s3://bays", "/bin", {"PATH": "/bin"})


def test_a_user_without_a_home_folder_is_told_so(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_uid: int) -> None:
        raise KeyError

    del environment["HOME"]
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert told(Settings.default)[0] == "this user has no home folder"
    environment |= {"XDG_CACHE_HOME": "/c", "XDG_DATA_HOME": "/d", "XDG_CONFIG_HOME": "/e"}
    assert Settings.default(environment={"PATH": "/bin"}).data == Path("/d/bay")


def test_a_home_folder_may_have_any_name(environment: dict[str, str]) -> None:
    environment["HOME"] = "/home/100% #1"
    assert Settings.default().state_folder == Path("/home/100% #1/.local/share/bay/state")


def test_programs_are_where_the_system_has_them_unless_that_is_said() -> None:
    assert settings().path == os.defpath
    assert settings(PATH="/opt/bin").path == "/opt/bin"


@pytest.mark.parametrize(
    ("environment", "is_own"),
    [
        ({}, False),
        ({"PULUMI_CONFIG_PASSPHRASE": "word"}, True),
        ({"PULUMI_CONFIG_PASSPHRASE": ""}, False),
        ({"PULUMI_CONFIG_PASSPHRASE_FILE": "/elsewhere/word"}, True),
        ({"PULUMI_CONFIG_PASSPHRASE_FILE": "/d/bay/passphrases/x/demo"}, False),
        ({"PULUMI_CONFIG_PASSPHRASE_FILE": ""}, False),
        ({"PULUMI_CONFIG_PASSPHRASE": " "}, False),
        ({"PULUMI_CONFIG_PASSPHRASE": "", "PULUMI_CONFIG_PASSPHRASE_FILE": "word"}, True),
    ],
)
def test_a_passphrase_is_the_users_own_unless_bay_env_exported_it(environment: dict[str, str], is_own: bool) -> None:
    assert settings(**environment).has_own_passphrase is is_own


def test_bays_of_two_states_share_neither_passphrase_nor_lock() -> None:
    one, other = settings("s3://one"), settings("s3://other")
    assert one.passphrase_file("demo") != other.passphrase_file("demo")
    assert one.lock_file("demo") != other.lock_file("demo")
    assert one.lock_file("demo") == settings("s3://one").lock_file("demo")


def test_no_bay_can_be_called_as_the_shared_passphrase_is() -> None:
    from bay.components.spec import check_name

    shared = settings().shared_passphrase_file.name
    assert shared == SHARED
    assert "cannot be part of a host name" in told(lambda: check_name(shared))[0]


def test_what_children_start_with_is_not_printed() -> None:
    assert "hidden" not in repr(settings(OS_PASSWORD="hidden"))


def test_a_private_file_is_for_its_owner_alone_and_there_is_no_half_of_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    write_private(path, "one")
    write_private(path, "two")
    assert path.read_text() == "two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert os.listdir(path.parent) == ["file"]


def test_a_short_name_of_a_text_is_always_the_same_and_of_another_another() -> None:
    assert short_hash("s3://one") == short_hash("s3://one") != short_hash("s3://other")
    assert len(short_hash("")) == 12
