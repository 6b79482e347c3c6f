"""Child processes know the cloud by a file and a name in it; no password is in their environment."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from keystoneauth1.discover import EndpointData

from bay.components.errors import BayError
from bay.components.openstack.connection import resolve_login
from bay.components.openstack.login import Login
from bay.stacks.login import CHILD, OPENRC, ResolvedLogin, write_login

CLOUD: dict[str, Any] = {
    "auth": {
        "auth_url": "https://cloud.example:5000/v3",
        "username": "ada",
        "password": "hidden",
        "project_name": "physics",
        "user_domain_name": "Default",
        "project_domain_id": "default",
    },
    "region_name": "north",
    "interface": "public",
    "identity_api_version": "3",
    "volume_api_version": "3",
    "cacert": "/etc/ca.pem",
}
CREDENTIAL: dict[str, Any] = {
    "auth_type": "v3applicationcredential",
    "auth": {
        "auth_url": "https://cloud.example:5000",
        "application_credential_id": "abc",
        "application_credential_secret": "hidden",
    },
    "verify": False,
}


def written(folder: Path, cloud: dict[str, Any] = CLOUD, **login: Any) -> ResolvedLogin:
    """The login of a user whose clouds.yaml has this cloud."""
    file = folder / "clouds.yaml"
    file.write_text(yaml.safe_dump({"clouds": {"mine": cloud}}))
    return write_login(resolve_login(Login("mine", file, **login)), folder / "private" / "clouds")


def entry(login: ResolvedLogin, name: str = "mine") -> dict[str, Any]:
    return dict(yaml.safe_load(login.clouds_file.read_text())["clouds"][name])


def test_children_are_told_a_name_and_a_file_and_no_secret(tmp_path: Path) -> None:
    login = written(tmp_path)
    assert dict(login.environment()) == {
        "OS_CLIENT_CONFIG_FILE": str(login.clouds_file),
        "OS_CLOUD": f"mine{CHILD}",
        "OS_ENDPOINT_TYPE": "public",
        "OS_REGION_NAME": "north",
    }
    assert "hidden" not in str(login.environment())


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    login = written(tmp_path)
    assert login.clouds_file.stat().st_mode & 0o777 == 0o600
    assert login.clouds_file.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["mine", f"mine{CHILD}"])
def test_the_file_holds_the_login_as_every_client_reads_it(tmp_path: Path, name: str) -> None:
    cloud = entry(written(tmp_path), name)
    assert cloud["auth"] == CLOUD["auth"]
    assert {key: cloud[key] for key in CLOUD if key != "auth"} == {key: CLOUD[key] for key in CLOUD if key != "auth"}


@pytest.mark.parametrize("cloud", [CLOUD, CREDENTIAL], ids=["password", "application credential"])
@pytest.mark.parametrize("child", ["", CHILD])
def test_openstacksdk_can_log_in_by_the_private_file(tmp_path: Path, cloud: dict[str, Any], child: str) -> None:
    login = written(tmp_path, cloud)
    resolved = Login(f"{login.cloud}{child}", login.clouds_file).resolve()
    plugin = resolved.get_auth()
    assert plugin.auth_url.startswith("https://cloud.example:5000")
    assert resolved.config["auth"] == cloud["auth"]
    assert resolved.config.get("verify", True) is cloud.get("verify", True)


def test_two_projects_do_not_overwrite_each_other(tmp_path: Path) -> None:
    one = written(tmp_path)
    other = written(tmp_path, {**CLOUD, "auth": {**CLOUD["auth"], "project_name": "chemistry"}})
    assert entry(one)["auth"]["project_name"] == "physics"
    assert entry(other)["auth"]["project_name"] == "chemistry"


def test_a_new_password_replaces_the_old_one(tmp_path: Path) -> None:
    one = written(tmp_path)
    other = written(tmp_path, {**CLOUD, "auth": {**CLOUD["auth"], "password": "newer"}})
    assert other.clouds_file == one.clouds_file
    assert entry(one)["auth"]["password"] == "newer"


def test_another_region_is_another_login(tmp_path: Path) -> None:
    regions = {**CLOUD, "regions": ["north", "south"]}
    del regions["region_name"]
    south = written(tmp_path, regions, region="south")
    assert south.region == "south"
    assert south.environment()["OS_REGION_NAME"] == "south"
    assert written(tmp_path, regions).clouds_file != south.clouds_file


def test_a_file_that_a_login_names_is_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert entry(written(tmp_path, {**CLOUD, "cacert": "ca.pem"}))["cacert"] == str(tmp_path / "ca.pem")


def of_openrc(environment: dict[str, str], auth: dict[str, str]) -> None:
    """Variables that an openrc of this login exports."""
    environment.update({f"OS_{key.upper()}": value for key, value in auth.items()})


def test_what_another_way_to_log_in_would_need_is_left_out(tmp_path: Path, environment: dict[str, str]) -> None:
    """As an openrc that was sourced before this one leaves it behind."""
    of_openrc(environment, CLOUD["auth"])
    of_openrc(environment, {**CREDENTIAL["auth"], "auth_type": CREDENTIAL["auth_type"]})
    environment["OS_PASSWORD"] = "of the other one"
    login = write_login(resolve_login(Login(uses_environment=True)), tmp_path)
    auth = entry(login, login.cloud)["auth"]
    assert set(CREDENTIAL["auth"]) <= set(auth)
    assert "password" not in auth


def test_the_cloud_of_openrc_variables_has_a_name_that_openstacksdk_reads_from_a_file(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    """It calls it ``envvars``, and refuses every file with a cloud of that name."""
    of_openrc(environment, CLOUD["auth"])
    login = write_login(resolve_login(Login(uses_environment=True)), tmp_path)
    assert login.cloud == OPENRC
    for name in (OPENRC, f"{OPENRC}{CHILD}"):
        assert Login(name, login.clouds_file).resolve().config["auth"]["username"] == "ada"


class Session:
    """Of a way to log in that the OpenStack plugin does not know."""

    def get_token(self) -> str:
        return "a token"

    def get_project_id(self) -> str:
        return "77"


def test_children_that_cannot_log_in_so_get_a_token(tmp_path: Path) -> None:
    class Resolved:
        name, region_name = "mine", "north"
        config = {  # noqa: RUF012
            "auth_type": "v3oidcpassword",
            "auth": {"auth_url": "https://cloud.example:5000", "username": "ada", "password": "hidden"},
            "interface": "public",
        }

        def get_endpoint(self, service: str) -> None:
            assert service

        def get_session(self) -> Session:
            return Session()

    resolved: Any = Resolved()
    login = write_login(resolved, tmp_path)
    assert entry(login)["auth"]["password"] == "hidden", "bay itself logs in anew"
    child = entry(login, f"mine{CHILD}")
    assert child["auth_type"] == "v3token"
    assert child["auth"] == {"auth_url": "https://cloud.example:5000", "token": "a token", "project_id": "77"}


def trusted(folder: Path, cloud: dict[str, Any], **environment: str) -> ResolvedLogin:
    """The login in the environment of a user; the cloud names its authority or not."""
    file = folder / "clouds.yaml"
    file.write_text(yaml.safe_dump({"clouds": {"mine": cloud}}))
    return write_login(resolve_login(Login("mine", file)), folder / "private", environment)


PLAIN = {key: value for key, value in CLOUD.items() if key != "cacert"}


@pytest.mark.parametrize(
    ("cloud", "variables", "authority"),
    [
        (PLAIN, {}, None),
        (PLAIN, {"REQUESTS_CA_BUNDLE": "requests.pem", "CURL_CA_BUNDLE": "curl.pem"}, "requests.pem"),
        (PLAIN, {"CURL_CA_BUNDLE": "curl.pem"}, "curl.pem"),
        (PLAIN, {"REQUESTS_CA_BUNDLE": ""}, None),
        ({**PLAIN, "cacert": "own.pem"}, {"REQUESTS_CA_BUNDLE": "requests.pem"}, "own.pem"),
        ({**PLAIN, "verify": False}, {"REQUESTS_CA_BUNDLE": "requests.pem"}, None),
    ],
)
def test_the_plugin_trusts_whom_openstacksdk_trusts(
    environment: dict[str, str], tmp_path: Path, cloud: dict[str, Any], variables: dict[str, str], authority: str | None
) -> None:
    for name in ("requests.pem", "curl.pem", "own.pem"):
        (tmp_path / name).touch()
    child = entry(trusted(tmp_path, cloud, **variables), f"mine{CHILD}")
    assert child.get("cacert") == (str(tmp_path / authority) if authority else None)


def test_a_folder_of_authorities_is_named_to_the_plugin_as_go_reads_it(tmp_path: Path) -> None:
    login = trusted(tmp_path, PLAIN, REQUESTS_CA_BUNDLE=str(tmp_path))
    assert login.environment()["SSL_CERT_DIR"] == str(tmp_path)
    assert "cacert" not in entry(login, f"mine{CHILD}")


def test_an_authority_of_the_shell_counts_where_the_cloud_names_none(tmp_path: Path) -> None:
    assert entry(written(tmp_path, PLAIN, cacert=Path("/shell.pem")))["cacert"] == "/shell.pem"
    assert entry(written(tmp_path, cacert=Path("/shell.pem")))["cacert"] == "/etc/ca.pem"


class Catalog:
    """A session whose catalog has each service on a host of its own; some have none."""

    def get_endpoint_data(self, service_type: str, **wanted: object) -> Any:
        assert wanted == {"interface": "public", "region_name": "north", "discover_versions": False}
        if service_type == "load-balancer":
            return None
        return EndpointData(catalog_url=f"https://{service_type}.example:99/v2/77")


def with_overrides(folder: Path, overrides: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> ResolvedLogin:
    monkeypatch.setattr("openstack.config.cloud_region.CloudRegion.get_session", lambda _self: Catalog())
    monkeypatch.setattr("bay.components.openstack.connection._ask_again_where_busy", lambda _resolved: None)
    return written(folder, {**CLOUD, **overrides})


@pytest.mark.parametrize(
    ("key", "address"),
    [
        ("network_endpoint_override", "https://elsewhere.example:99/v2"),
        ("network_endpoint_override", "http://network.example:99/v2"),
        ("compute_endpoint_override", "https://compute.example/v2"),
        ("block_storage_endpoint_override", "https://cinder.example:99"),
        ("load_balancer_endpoint_override", "https://octavia.example"),
    ],
)
def test_an_endpoint_that_the_plugin_would_not_use_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, address: str
) -> None:
    with pytest.raises(BayError, match=f"^cloud mine: {key} is not where the catalog has this service"):
        with_overrides(tmp_path, {key: address}, monkeypatch)


def test_an_endpoint_override_that_only_says_more_of_the_path_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    overrides = {
        "network_endpoint_override": "https://network.example:99/",
        "image_endpoint_override": "https://image.example:99/v2",
        "identity_endpoint_override": "https://identity.elsewhere.example/v3",  # the plugin logs in at auth_url
        "dns_endpoint_override": "https://dns.elsewhere.example",  # no service of a bay
    }
    login = with_overrides(tmp_path, overrides, monkeypatch)
    assert entry(login)["network_endpoint_override"] == overrides["network_endpoint_override"]
