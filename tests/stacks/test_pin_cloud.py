"""Child processes know the cloud by a file and a name in it; no password is in their environment."""

from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bay.stacks import settings
from bay.stacks.context import Session
from bay.stacks.settings import leftover_variables, pin_cloud

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
    "OS_ENDPOINT_TYPE": "publicURL",
    "OS_IDENTITY_API_VERSION": "3",
    "OS_VOLUME_API_VERSION": "3",
    "OS_CACERT": "/etc/ca.pem",
}


def pin(cloud: str | None = None) -> dict[str, str]:
    return pin_cloud(settings.here(cloud))


def login_of(file: str) -> dict[str, Any]:
    document = yaml.safe_load(Path(file).read_text())
    return dict(document["clouds"]["openrc"])


def test_without_a_cloud_nothing_is_pinned(environment: Environment) -> None:
    assert pin() == {}


def test_a_named_cloud_is_all_that_children_are_told(environment: Environment) -> None:
    environment.update(OPENRC)
    assert pin("mycloud") == {"OS_CLOUD": "mycloud"}
    assert {name for name in environment if name.startswith("OS_")} == {"OS_CLOUD"}
    assert environment["OS_CLOUD"] == "mycloud"


def test_a_login_of_openrc_variables_moves_to_a_private_file(environment: Environment) -> None:
    environment.update(OPENRC)
    pinned = pin()
    file = Path(pinned["OS_CLIENT_CONFIG_FILE"])
    assert pinned["OS_CLOUD"] == "openrc"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert {name for name in environment if name.startswith("OS_")} == {"OS_CLOUD", "OS_CLIENT_CONFIG_FILE"}
    assert "hidden" not in str(dict(environment))


def test_the_private_file_holds_the_login_as_every_client_reads_it(environment: Environment) -> None:
    environment.update(OPENRC)
    cloud = login_of(pin()["OS_CLIENT_CONFIG_FILE"])
    assert cloud.pop("auth") == {
        "auth_url": "https://cloud.example:5000/v3",
        "username": "ada",
        "password": "hidden",
        "project_name": "physics",
        "user_domain_name": "Default",
        "project_domain_id": "default",
    }
    assert cloud == {
        "region_name": "north",
        "interface": "public",
        "endpoint_type": "publicURL",
        "identity_api_version": "3",
        "volume_api_version": "3",
        "cacert": "/etc/ca.pem",
    }


@pytest.mark.parametrize(
    "variables",
    [
        OPENRC,
        {
            "OS_AUTH_TYPE": "v3applicationcredential",
            "OS_AUTH_URL": "https://cloud.example:5000",
            "OS_APPLICATION_CREDENTIAL_ID": "abc",
            "OS_APPLICATION_CREDENTIAL_SECRET": "hidden",
            "OS_INSECURE": "true",
        },
    ],
)
def test_openstacksdk_can_log_in_by_the_private_file(variables: dict[str, str], environment: Environment) -> None:
    from openstack.config import OpenStackConfig

    environment.update(variables)
    pinned = pin()
    files = [pinned["OS_CLIENT_CONFIG_FILE"]]
    plugin = OpenStackConfig(config_files=files, load_envvars=False).get_one(pinned["OS_CLOUD"]).get_auth()
    assert plugin.auth_url.startswith("https://cloud.example:5000")


def test_two_shells_with_two_projects_do_not_overwrite_each_other(environment: Environment) -> None:
    environment.update(OPENRC)
    one = pin()["OS_CLIENT_CONFIG_FILE"]
    for name in ("OS_CLOUD", "OS_CLIENT_CONFIG_FILE"):
        del environment[name]
    environment.update({**OPENRC, "OS_PROJECT_NAME": "chemistry"})
    other = pin()["OS_CLIENT_CONFIG_FILE"]
    assert login_of(one)["auth"]["project_name"] == "physics"
    assert login_of(other)["auth"]["project_name"] == "chemistry"


def test_a_new_password_replaces_the_old_one(environment: Environment) -> None:
    environment.update(OPENRC)
    one = pin()["OS_CLIENT_CONFIG_FILE"]
    for name in ("OS_CLOUD", "OS_CLIENT_CONFIG_FILE"):
        del environment[name]
    environment.update({**OPENRC, "OS_PASSWORD": "newer"})
    assert pin()["OS_CLIENT_CONFIG_FILE"] == one
    assert login_of(one)["auth"]["password"] == "newer"


@pytest.mark.parametrize("cloud", ["sandbox", "sandbox-other"])
def test_the_sandbox_is_always_the_local_one(cloud: str, environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_text("clouds: {mycloud: {}}")
    environment["OS_CLIENT_CONFIG_FILE"] = str(tmp_path / "clouds.yaml")
    assert pin(cloud) == {
        "OS_CLOUD": cloud,
        "OS_CLIENT_CONFIG_FILE": str(tmp_path / ".local/share/bay/sandbox/clouds.yaml"),
    }


def test_a_sandbox_elsewhere_is_named_by_its_file(environment: Environment, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.yaml"
    elsewhere.write_text("clouds: {sandbox: {}}")
    environment["OS_CLIENT_CONFIG_FILE"] = str(elsewhere)
    assert pin("sandbox")["OS_CLIENT_CONFIG_FILE"] == str(elsewhere)


@pytest.mark.parametrize("content", ["", "clouds: 3", "a: [", "- x"])
def test_a_file_of_no_clouds_hides_no_sandbox(content: str, environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text(content)
    environment["OS_CLIENT_CONFIG_FILE"] = str(tmp_path / "broken.yaml")
    assert pin("sandbox")["OS_CLIENT_CONFIG_FILE"].endswith("bay/sandbox/clouds.yaml")


def test_a_file_that_the_user_named_is_kept_and_found_from_any_folder(environment: Environment, tmp_path: Path) -> None:
    environment["OS_CLIENT_CONFIG_FILE"] = "mine.yaml"
    environment["OS_CLIENT_SECURE_FILE"] = "/home/ada/secure.yaml"
    assert pin("mycloud")["OS_CLIENT_CONFIG_FILE"] == str(tmp_path / "mine.yaml")
    assert environment["OS_CLIENT_SECURE_FILE"] == "/home/ada/secure.yaml"


def test_clouds_yaml_in_this_folder_is_found_by_children_in_theirs(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_text("clouds: {mycloud: {}}")
    assert pin("mycloud")["OS_CLIENT_CONFIG_FILE"] == str(tmp_path / "clouds.yaml")


def test_the_shell_is_told_which_variables_to_forget(environment: Environment) -> None:
    environment.update(OPENRC)
    session = Session()
    assert session.unset == sorted(OPENRC)
    assert leftover_variables() == []
    assert session.settings.cloud is None
