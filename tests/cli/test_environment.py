"""The environment of a command: the user's folders and state, which login is meant, and what children do not see."""

import subprocess
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bay.cli import environment as env
from bay.components.openstack.connection import resolve_login
from bay.components.openstack.login import Login
from bay.stacks.login import CHILD, write_login
from tests.fakes.messages import told

Environment = MutableMapping[str, str]

OPENRC = {
    "OS_AUTH_URL": "https://cloud.example:5000/v3",
    "OS_USERNAME": "ada",
    "OS_PASSWORD": "hidden",
    "OS_PROJECT_NAME": "physics",
    "OS_USER_DOMAIN_NAME": "Default",
    "OS_PROJECT_DOMAIN_ID": "default",
    "OS_REGION_NAME": "north",
    "OS_INTERFACE": "public",
    "OS_IDENTITY_API_VERSION": "3",
    "OS_CACERT": "/etc/ca.pem",
}
MINE = "clouds: {mycloud: {auth: {auth_url: https://mine.example, username: ada, password: x, project_name: p}}}"


def login(cloud: str | None = None, region: str | None = None) -> Login:
    return env.login(env.settings(), cloud, region)


def resolved(cloud: str | None = None) -> dict[str, Any]:
    """The login as openstacksdk reads it: its auth."""
    return dict(resolve_login(login(cloud)).config["auth"])


def children(cloud: str | None = None) -> dict[str, str]:
    """OS_* variables of child processes."""
    here = env.settings()
    given = write_login(resolve_login(env.login(here, cloud)), here.data / "clouds").environment()
    return {name: value for name, value in {**here.environment, **given}.items() if name.startswith("OS_")}


# Folders and state


@pytest.mark.parametrize(
    ("variables", "option", "state"),
    [
        ({}, None, "file://HOME/.local/share/bay/state"),
        ({"XDG_DATA_HOME": "/d"}, None, "file:///d/bay/state"),
        ({"BAY_STATE": "s3://bays"}, None, "s3://bays"),
        ({"BAY_STATE": "s3://bays"}, "gs://mine", "gs://mine"),
        ({"BAY_STATE": ""}, None, "file://HOME/.local/share/bay/state"),
        ({"BAY_STATE": "file://./bays"}, None, "file://HOME/bays"),
        ({"BAY_STATE": "s3://bays"}, "file://~/bays/", "file://HOME/bays"),
    ],
)
def test_an_option_names_the_state_else_bay_state_else_a_folder(
    environment: Environment, variables: dict[str, str], option: str | None, state: str
) -> None:
    environment.update(variables)
    assert env.settings(option).state == state.replace("HOME", environment["HOME"])


@pytest.mark.parametrize(
    ("variables", "option", "kept"),
    [
        ({}, None, "file"),
        ({"BAY_SECRETS": ""}, None, "file"),
        ({"BAY_SECRETS": "barbican"}, None, "barbican"),
        ({"BAY_SECRETS": "barbican"}, "file", "file"),
    ],
)
def test_an_option_says_where_passphrases_are_kept_else_bay_secrets_else_a_file(
    environment: Environment, variables: dict[str, str], option: str | None, kept: str
) -> None:
    environment.update(variables)
    assert env.settings(secrets=option).secrets == kept


def test_a_place_for_passphrases_that_there_is_not_is_said(environment: Environment) -> None:
    environment["BAY_SECRETS"] = "barbicann"
    assert told(env.settings)[:2] == ("no passphrase is kept in 'barbicann'", "nearest: barbican")


def test_folders_are_below_home_unless_xdg_says_else(environment: Environment) -> None:
    home = Path(environment["HOME"])
    plain = env.settings()
    assert (plain.cache, plain.data) == (home / ".cache/bay", home / ".local/share/bay")
    assert (plain.config, plain.models) == (home / ".config/bay", home / ".config/bay/models")
    assert plain.sandbox_state == home / ".local/share/bay/sandbox"
    environment.update({"XDG_CACHE_HOME": "/c", "XDG_DATA_HOME": "/d", "XDG_CONFIG_HOME": "/e"})
    moved = env.settings()
    assert (moved.cache, moved.data, moved.config) == (Path("/c/bay"), Path("/d/bay"), Path("/e/bay"))


def test_children_start_with_the_users_environment_and_no_login(environment: Environment) -> None:
    environment.update({**OPENRC, "GOGC": "50"})
    given = {name: value for name, value in env.settings().environment.items() if name != "PYTEST_CURRENT_TEST"}
    assert given == {"HOME": environment["HOME"], "PATH": environment["PATH"], "GOGC": "50"}


# Which login is meant


@pytest.mark.parametrize(
    ("variables", "option", "cloud"),
    [
        ({}, None, None),
        ({"OS_CLOUD": "a"}, None, "a"),
        ({"OS_CLOUD": "a"}, "b", "b"),
        ({"OS_CLOUD": ""}, None, None),
        ({"OS_CLOUD": f"a{CHILD}"}, None, "a"),
    ],
)
def test_an_option_names_the_cloud_else_os_cloud(
    environment: Environment, variables: dict[str, str], option: str | None, cloud: str | None
) -> None:
    environment.update(variables)
    assert login(option) == Login(cloud, uses_environment=True)


def test_an_option_names_the_region_else_os_region_name(environment: Environment) -> None:
    environment["OS_REGION_NAME"] = "north"
    assert (login().region, login(region="south").region) == ("north", "south")


def test_the_authority_of_the_shell_is_that_of_a_named_cloud(environment: Environment) -> None:
    environment["OS_CACERT"] = "ca.pem"
    assert login("a").cacert == Path(environment["HOME"]) / "ca.pem"
    assert login().cacert is None, "without a name it is one of the variables that are the login"


def test_without_a_cloud_there_is_no_login(environment: Environment) -> None:
    assert told(resolved)[0] == "no cloud is named"


def test_of_an_openrc_is_said_what_is_missing(environment: Environment) -> None:
    environment.update({**OPENRC, "OS_PASSWORD": ""})
    assert told(resolved)[0] == "OS_ variables: password is missing"


def test_a_file_that_openstacksdk_skips_is_named_with_its_reason(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("clouds: {mycloud: [\n")
    environment.update({"OS_CLIENT_CONFIG_FILE": "mine.yaml", "OS_CLOUD": "mycloud"})
    message, hint, _ = told(resolved)
    assert message.startswith("there is no cloud 'mycloud': Skipping config file mine.yaml: ")
    assert hint == "correct that file"


def test_a_named_cloud_is_all_that_children_are_told(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(MINE)
    environment.update({**OPENRC, "OS_CLIENT_CONFIG_FILE": "mine.yaml"})
    told_to_children = children("mycloud")
    assert told_to_children["OS_CLOUD"] == f"mycloud{CHILD}"
    assert resolved("mycloud")["auth_url"] == "https://mine.example"
    assert set(told_to_children) <= {"OS_CLOUD", "OS_CLIENT_CONFIG_FILE", "OS_ENDPOINT_TYPE", "OS_REGION_NAME"}


def test_a_login_of_openrc_variables_moves_to_a_private_file(environment: Environment) -> None:
    environment.update(OPENRC)
    given = children()
    file = Path(given["OS_CLIENT_CONFIG_FILE"])
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert set(given) == {"OS_CLOUD", "OS_CLIENT_CONFIG_FILE", "OS_ENDPOINT_TYPE", "OS_REGION_NAME"}
    assert "hidden" not in str(given)
    cloud = yaml.safe_load(file.read_text())["clouds"][given["OS_CLOUD"]]
    assert cloud["auth"] == {
        "auth_url": "https://cloud.example:5000/v3",
        "username": "ada",
        "password": "hidden",
        "project_name": "physics",
        "user_domain_name": "Default",
        "project_domain_id": "default",
    }
    assert (cloud["region_name"], cloud["interface"], cloud["cacert"]) == ("north", "public", "/etc/ca.pem")
    assert dict(environment) | OPENRC == dict(environment), "the environment of this process is as it was"


def test_an_application_credential_of_openrc_variables_is_a_login(environment: Environment) -> None:
    environment.update(
        {
            "OS_AUTH_TYPE": "v3applicationcredential",
            "OS_AUTH_URL": "https://cloud.example:5000",
            "OS_APPLICATION_CREDENTIAL_ID": "abc",
            "OS_APPLICATION_CREDENTIAL_SECRET": "hidden",
        }
    )
    given = children()
    child = Login(given["OS_CLOUD"], Path(given["OS_CLIENT_CONFIG_FILE"])).resolve()
    assert child.get_auth().auth_url.startswith("https://cloud.example:5000")
    assert "hidden" not in str(given)


def test_two_shells_with_two_projects_do_not_overwrite_each_other(environment: Environment) -> None:
    environment.update(OPENRC)
    one = children()["OS_CLIENT_CONFIG_FILE"]
    environment["OS_PROJECT_NAME"] = "chemistry"
    other = children()["OS_CLIENT_CONFIG_FILE"]
    assert "physics" in Path(one).read_text()
    assert "chemistry" in Path(other).read_text()


def test_a_new_password_replaces_the_old_one(environment: Environment) -> None:
    environment.update(OPENRC)
    one = children()["OS_CLIENT_CONFIG_FILE"]
    environment["OS_PASSWORD"] = "newer"
    assert children()["OS_CLIENT_CONFIG_FILE"] == one
    assert "newer" in Path(one).read_text()
    assert "hidden" not in Path(one).read_text()


@pytest.fixture
def sandbox(environment: Environment) -> Path:
    """The clouds.yaml of a sandbox with two clouds."""
    file = env.settings().sandbox_state / "clouds.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("clouds: {sandbox: {}, sandbox-other: {}}")
    return file


@pytest.mark.parametrize("cloud", ["sandbox", "sandbox-other"])
def test_the_sandbox_is_always_the_local_one(
    cloud: str, environment: Environment, sandbox: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine.yaml").write_text(MINE)
    environment["OS_CLIENT_CONFIG_FILE"] = str(tmp_path / "mine.yaml")
    assert login(cloud) == Login(cloud, sandbox)
    environment["OS_CLOUD"] = cloud
    assert login() == Login(cloud, sandbox)


def test_a_sandbox_that_was_never_started_is_the_local_one_too(environment: Environment) -> None:
    assert login("sandbox") == Login("sandbox", env.settings().sandbox_state / "clouds.yaml")


@pytest.mark.usefixtures("sandbox", "environment")
def test_a_cloud_of_the_users_own_is_no_other_name_of_the_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "clouds.yaml").write_text(MINE.replace("mycloud", "sandbox-other"))
    monkeypatch.setattr("openstack.config.loader.CONFIG_FILES", [str(tmp_path / "clouds.yaml")])
    assert login("sandbox-other") == Login("sandbox-other", uses_environment=True)


def test_a_sandbox_elsewhere_is_named_by_its_file(environment: Environment, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.yaml"
    elsewhere.write_text("clouds: {sandbox: {}}")
    environment["OS_CLIENT_CONFIG_FILE"] = str(elsewhere)
    assert login("sandbox") == Login("sandbox", uses_environment=True)


@pytest.mark.parametrize("content", ["", "clouds: 3", "a: [", "- x"])
def test_a_file_of_no_clouds_hides_no_sandbox(content: str, environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text(content)
    environment["OS_CLIENT_CONFIG_FILE"] = str(tmp_path / "broken.yaml")
    assert login("sandbox").clouds_file == env.settings().sandbox_state / "clouds.yaml"


def test_a_file_that_the_user_named_is_found_by_children_in_any_folder(
    environment: Environment, tmp_path: Path
) -> None:
    (tmp_path / "mine.yaml").write_text(MINE.replace("password: x, ", ""))
    (tmp_path / "secure.yaml").write_text("clouds: {mycloud: {auth: {password: hidden}}}")
    environment["OS_CLIENT_CONFIG_FILE"] = "mine.yaml"
    environment["OS_CLIENT_SECURE_FILE"] = str(tmp_path / "secure.yaml")
    given = children("mycloud")
    file = Path(given["OS_CLIENT_CONFIG_FILE"])
    assert file.is_absolute()
    child = yaml.safe_load(file.read_text())["clouds"][given["OS_CLOUD"]]
    assert child["auth"]["password"] == "hidden", "children need no second file"


IN_THIS_FOLDER = """
from bay.cli import environment as env
from bay.components.openstack.connection import resolve_login
from bay.stacks.login import write_login
here = env.settings()
print(write_login(resolve_login(env.login(here, "mycloud")), here.data).clouds_file)
"""


def test_clouds_yaml_in_this_folder_is_found_by_children_in_theirs(environment: Environment, tmp_path: Path) -> None:
    """By a process of its own: openstacksdk notes its folder when it is imported."""
    (tmp_path / "clouds.yaml").write_text(MINE)
    done = subprocess.run([sys.executable, "-c", IN_THIS_FOLDER], capture_output=True, text=True, check=True)
    cloud = yaml.safe_load(Path(done.stdout.strip()).read_text())["clouds"][f"mycloud{CHILD}"]
    assert cloud["auth"]["auth_url"] == "https://mine.example"


def test_the_shell_is_told_which_variables_to_forget(environment: Environment) -> None:
    environment.update(OPENRC)
    assert env.withheld_variables() == sorted(OPENRC)


@pytest.mark.parametrize(("word", "withheld"), [("", True), ("  ", True), ("word", False), (None, False)])
def test_the_shell_is_told_to_forget_a_passphrase_of_nothing(
    environment: Environment, word: str | None, withheld: bool
) -> None:
    if word is not None:
        environment["PULUMI_CONFIG_PASSPHRASE"] = word
    assert ("PULUMI_CONFIG_PASSPHRASE" in env.withheld_variables()) is withheld


def test_nothing_in_this_process_asks_a_proxy_for_this_machine(environment: Environment) -> None:
    environment["https_proxy"] = "http://proxy.example:3128"
    given = env.settings().environment
    assert environment["no_proxy"] == given["no_proxy"] == "localhost,127.0.0.1,::1"


def test_a_state_that_names_no_folder_is_refused(environment: Environment) -> None:
    assert told(lambda: env.settings("file://"))[0] == "state file://: it names no folder"
