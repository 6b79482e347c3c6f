"""What plain openstacksdk accepts, bay and its child processes accept, as the same user; what it refuses is refused."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bay.sandbox import Sandbox
from bay.toolchain import Toolchain
from tests.conftest import CACHE
from tests.integration.bays.harness import COMMAND, connect
from tests.integration.logins import plugin
from tests.integration.logins.forms import Account, Form, accepted, form, names

pytestmark = [pytest.mark.sandbox, pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")]

SAMPLE = ("a secure.yaml at home", "an application credential by names")
"""Forms with which `make test` creates a bay; `make test-all` does so with all of them."""
PROBE = Path(__file__).with_name("probe.py")


@pytest.fixture(scope="module")
def account(sandbox_cloud: Sandbox) -> Iterator[Account]:
    """A member of physics, with an application credential that is gone afterwards."""
    with connect(sandbox_cloud, "sandbox") as cloud:
        user_id, auth = cloud.session.get_user_id(), cloud.config.auth
        credential = cloud.identity.create_application_credential(user_id, "a credential of a test")
        try:
            yield Account(
                auth["auth_url"].removesuffix("/v3"),
                str(cloud.network.get_endpoint()).partition("/v2.0")[0],
                cloud.config.region_name,
                auth["username"],
                user_id,
                auth["password"],
                auth["project_name"],
                cloud.session.get_project_id(),
                credential.id,
                credential.name,
                credential.secret,
                cloud.session.get_token(),
            )
        finally:
            cloud.identity.delete_application_credential(user_id, credential.id)


@pytest.fixture(scope="module")
def engine() -> Iterator[str]:
    with plugin.engine() as address:
        yield address


@pytest.fixture(scope="module")
def program(toolchain: Toolchain) -> Path:
    """The OpenStack plugin."""
    return next(toolchain.root.glob("home/plugins/resource-openstack-v*/pulumi-resource-openstack"))


def run(login: Form, folder: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """A command in the shell of a user with this login."""
    own = {"PATH": os.environ["PATH"], "HOME": str(folder / "home"), "XDG_CACHE_HOME": str(CACHE)}
    data = {"XDG_DATA_HOME": str(folder / "data")}
    environment = {**own, **data, **login.environment}
    return subprocess.run(command, env=environment, cwd=folder / "work", capture_output=True, text=True, check=False)


def marks(name: str) -> list[pytest.MarkDecorator]:
    """Of the form with which a bay is created."""
    return [] if name in SAMPLE else [pytest.mark.long]


def region(login: Form) -> list[str]:
    """The option for the login's region."""
    return ["--os-region-name", login.region] if login.region else []


@pytest.mark.parametrize("name", names())
def test_a_login_is_what_openstacksdk_says(
    name: str, account: Account, program: Path, engine: str, tmp_path: Path
) -> None:
    login = form(name, account, tmp_path)
    login.written(tmp_path)
    said = json.loads(run(login, tmp_path, sys.executable, PROBE, *region(login)[1:]).stdout)
    plain, ours = said["plain"], said["bay"]
    if "refused" in plain:
        assert ours["refused"] == "BayError", said
        assert ours["reason"].startswith(login.refused or "(accepted)"), (plain, ours)
        return
    children = ours.pop("children")
    assert ours == plain
    scope = plugin.scope(program, engine, children)
    assert (scope.get("userId"), scope.get("projectId")) == (plain["user"], plain["project"]), scope


def test_an_endpoint_that_the_plugin_would_not_use_is_refused_before_anything_is_created(
    account: Account, tmp_path: Path
) -> None:
    elsewhere = replace(account, network=account.network.replace("127.0.0.1", "localhost"))
    login = form("an endpoint override like the catalog's", elsewhere, tmp_path)
    login.written(tmp_path)
    done = run(login, tmp_path, COMMAND, "create", "lost", "--model", "swarm", "--no-wait")
    assert done.returncode == 1
    assert done.stderr.startswith("error: cloud mine: network_endpoint_override is not where the catalog has"), done
    listed = run(login, tmp_path, COMMAND, "list", "-f", "json")
    assert json.loads(listed.stdout) == [], listed


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in SAMPLE else pytest.mark.long) for name in accepted()]
)
def test_a_bay_lives_with_a_login(name: str, account: Account, toolchain: Toolchain, tmp_path: Path) -> None:
    login = form(name, account, tmp_path)
    login.written(tmp_path)
    small = ("--model", "swarm", "--nodes", "0", "--no-wait")
    for words in (("create", "lives", *small), ("drift", "lives"), ("delete", "lives", "--yes")):
        done = run(login, tmp_path, COMMAND, *words, *region(login))
        assert done.returncode == 0, done
