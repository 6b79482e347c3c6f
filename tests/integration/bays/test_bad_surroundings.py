"""A cloud or a state that cannot be used: what is wrong with it, without a password, and nothing half made."""

import copy
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.integration.bays.conftest import NewBay
from tests.integration.bays.harness import Bay

pytestmark = pytest.mark.sandbox

LOGIN = "a login has auth_url, username, password and project_name: below 'auth:' in clouds.yaml, or as OS_ variables"
LOOKING = "looking up image, flavors and networks"


@pytest.fixture(scope="module")
def user(new_shared_bay: NewBay) -> Iterator[Bay]:
    """A user whose state stays empty."""
    user = new_shared_bay()
    yield user
    assert user.names() == [], "a mistake makes no bay, not even half of one"


def sandbox_login(user: Bay) -> dict[str, object]:
    """The entry `sandbox` of the sandbox's clouds.yaml."""
    return copy.deepcopy(yaml.safe_load(user.sandbox.clouds_file.read_text())["clouds"]["sandbox"])  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("auth", "rest", "message", "hint"),
    [
        (
            {"password": "guessed-wrong"},
            {},
            "checking the login: the cloud refuses user, password or project",
            "check username, password and project_name of this cloud in clouds.yaml",
        ),
        (
            {"auth_url": "http://127.0.0.1:9/v3"},
            {},
            "checking the login: the cloud cannot be reached at http://127.0.0.1:9: Connection refused",
            "check auth_url in clouds.yaml, network and proxy; 'bay sandbox start' starts the local one",
        ),
        (
            {},
            {"region_name": "Elsewhere"},
            f"{LOOKING}: the cloud's catalog has no public endpoint for network service in Elsewhere region",
            "check region_name and interface of this cloud in clouds.yaml",
        ),
        ({"password": None}, {}, "cloud work: password is missing", LOGIN),
        ({"auth_url": None}, {}, "cloud work: auth_url is missing", LOGIN),
        (
            {"project_name": None, "project_domain_name": None},
            {},
            f"{LOOKING}: the login is for no project",
            "name project_name of this cloud in clouds.yaml",
        ),
    ],
    ids=["wrong password", "unreachable", "no endpoint", "no password", "no address", "no project"],
)
def test_a_login_has_to_work(
    user: Bay, tmp_path: Path, auth: dict[str, str | None], rest: dict[str, str], message: str, hint: str
) -> None:
    login = sandbox_login(user) | rest
    login["auth"] = {key: value for key, value in {**login["auth"], **auth}.items() if value}  # type: ignore[dict-item]
    file = tmp_path / "clouds.yaml"
    file.write_text(yaml.safe_dump({"clouds": {"work": login}}))
    result = user.run("create", "wrong", "--model", "swarm", OS_CLIENT_CONFIG_FILE=str(file), OS_CLOUD="work")
    assert result.code == 1
    assert result.err == f"error: {message}\n       {hint}\n"
    assert login["auth"].get("password", "guessed-wrong") not in result.err  # type: ignore[attr-defined]


def test_an_unknown_cloud_names_the_nearest(user: Bay) -> None:
    result = user.run("create", "wrong", "--model", "swarm", "--os-cloud", "sandbax")
    assert result.code == 1
    assert result.error[0] == "there is no cloud 'sandbax'"
    assert result.error[1].startswith("nearest: sandbox")


def test_without_any_cloud_there_is_a_way_to_get_one(user: Bay) -> None:
    result = user.run("create", "wrong", "--model", "swarm", OS_CLOUD=None, OS_CLIENT_CONFIG_FILE=None)
    assert result.error == (
        "no cloud is named",
        "name one with --os-cloud or OS_CLOUD; 'bay sandbox start' starts one to try",
    )
    unknown = user.run("create", "wrong", "--model", "swarm", OS_CLOUD="work", OS_CLIENT_CONFIG_FILE=None)
    assert unknown.error == (
        "there is no cloud 'work'",
        "no clouds.yaml can be read; 'bay sandbox start' starts one to try",
    )


@pytest.mark.parametrize("text", ["clouds: 3", "clouds: {work: 3}", 'clouds: {work: {auth: {password: "hidden}}}', ""])
def test_a_clouds_file_that_is_none_is_no_traceback(user: Bay, tmp_path: Path, text: str) -> None:
    file = tmp_path / "clouds.yaml"
    file.write_text(text)
    result = user.run("create", "wrong", "--model", "swarm", OS_CLIENT_CONFIG_FILE=str(file), OS_CLOUD="work")
    assert result.code == 1
    assert result.error[0].startswith(("clouds.yaml: holds something else than clouds", "there is no cloud 'work'"))
    assert "hidden" not in result.err


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ("file://{file}/state", "state folder {file}/state: Not a directory"),
        ("somewhere", "the state asks for an access token of Pulumi's own protocol"),
        (
            "postgres://me:hidden@127.0.0.1:9/bays",
            'the state cannot be reached: unable to open state database "postgres',
        ),
    ],
)
def test_a_state_that_cannot_be_used_is_said_without_its_password(user: Bay, state: str, message: str) -> None:
    file = user.home / "file"
    file.touch()
    for words in (("create", "wrong", "--model", "swarm"), ("list",)):
        result = user.run(*words, "--state", state.format(file=file))
        assert result.code == 1
        assert result.error[0].startswith(message.format(file=file))
        assert "hidden" not in result.err


@pytest.mark.parametrize("variable", ["XDG_DATA_HOME"])
def test_a_folder_that_cannot_be_written_is_named(user: Bay, variable: str) -> None:
    file = user.home / "file"
    file.touch()
    result = user.run("create", "wrong", "--model", "swarm", **{variable: f"{file}/folder"})
    assert result.code == 1
    assert result.error[0] == f"{file}/folder: Not a directory"
