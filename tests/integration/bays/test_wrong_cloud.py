"""A bay under another login than its own, or from a program that does not own it: refused, and nothing is lost."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.integration.bays.conftest import NewBay
from tests.integration.bays.harness import CHECKOUT, Bay

pytestmark = pytest.mark.sandbox

STRANGER = {"OS_CLOUD": "sandbox-other"}
"""The member of the other project, with the same state."""

PLAIN = (
    "preview",
    "up --yes --skip-preview",
    "up --yes --refresh --skip-preview",
    "refresh --yes --skip-preview",
    "destroy --yes",
    "destroy --yes --skip-preview --exclude-protected",
)
"""Of plain `pulumi`; without the preview, since the run itself has to refuse too."""


@pytest.fixture(scope="module")
def owner(new_shared_bay: NewBay, checkout: Path) -> Iterator[Bay]:
    """A member of physics with the bay `ours`, which the checkout has a file for that does not own it."""
    user = new_shared_bay()
    user.make("ours", "--nodes", "1")
    script = "export PULUMI_STACK=ours; pulumi config set bay:model swarm; pulumi config set --path bay:nodes.count 3"
    configured = user.shell(script, cwd=checkout, bay="ours")
    assert configured.code == 0, configured
    before = state(user)
    yield user
    assert state(user) == before, "the state keeps every resource and the spec"
    assert user.run("preview", "ours").code == 0


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout as far as Pulumi sees one."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(CHECKOUT / "stacks", folder / "stacks", ignore=shutil.ignore_patterns("Pulumi.*.yaml"))
    shutil.copy(CHECKOUT / "Pulumi.yaml", folder)
    return folder


def state(user: Bay) -> dict[str, object]:
    """URN -> id of everything that the state holds, and what it holds of the bay itself."""
    file = user.state / ".pulumi" / "stacks" / "bay" / "ours.json"
    resources = json.loads(file.read_text())["checkpoint"]["latest"]["resources"]
    return {r["urn"]: r["inputs"] if r["type"] == "bay:index:Bay" else r.get("id") for r in resources}


@pytest.mark.parametrize(
    "words",
    [
        ("preview", "ours", "--nodes", "3"),
        ("scale", "ours", "3"),
        ("update", "ours", "--set", "access.api=[192.0.2.0/24]"),
        ("delete", "ours", "--yes"),
    ],
    ids=lambda words: words[0],
)
def test_bay_refuses_the_login_of_another_project(owner: Bay, words: tuple[str, ...]) -> None:
    result = owner.run(*words, **STRANGER)
    assert result.code == 1
    message, hint = result.error
    assert message.startswith("bay ours belongs to project ")
    assert ", but the login is for project " in message
    assert hint == "use the login that created ours: set OS_CLOUD or --os-cloud"


def test_another_address_is_another_cloud(owner: Bay, tmp_path: Path) -> None:
    clouds = yaml.safe_load(owner.sandbox.clouds_file.read_text())
    auth = clouds["clouds"]["sandbox"]["auth"]
    auth["auth_url"] = auth["auth_url"].replace("127.0.0.1", "localhost")
    file = tmp_path / "clouds.yaml"
    file.write_text(yaml.safe_dump(clouds))
    result = owner.run("scale", "ours", "3", OS_CLIENT_CONFIG_FILE=str(file))
    assert result.code == 1
    assert result.error[0].startswith("bay ours belongs to project ")
    assert "at http://localhost:" in result.error[0]


def test_what_the_state_knows_is_shown_to_any_login(owner: Bay) -> None:
    shown = owner.run("show", "ours", "-f", "json", **STRANGER)
    assert shown.json["status"] == "CREATE_COMPLETE"
    nodes = owner.run("node", "list", "ours", "--long", "-f", "json", **STRANGER)
    assert {node["name"]: node["status"] for node in nodes.json} == {
        "ours-master-0": "UNKNOWN",
        "ours-node-0": "UNKNOWN",
    }
    assert nodes.err.startswith("the status of the servers is not known: bay ours belongs to project ")
    assert "which servers are outdated is not known: bay ours belongs to project " in nodes.err


@pytest.mark.parametrize("command", PLAIN)
def test_pulumi_refuses_the_login_of_another_project(owner: Bay, checkout: Path, command: str) -> None:
    result = owner.shell(f"pulumi {command} --stack ours", cwd=checkout, bay="ours", **STRANGER)
    assert result.code != 0
    assert "bay ours belongs to project" in result.out
    assert "use the login that created ours: set OS_CLOUD or --os-cloud" in result.out
    assert "Traceback" not in result.out + result.err


@pytest.mark.parametrize("command", ["preview", "up --yes --skip-preview", "destroy --yes --skip-preview"])
def test_a_file_changes_no_bay_that_the_command_owns(owner: Bay, checkout: Path, command: str) -> None:
    result = owner.shell(f"pulumi {command} --stack ours", cwd=checkout, bay="ours")
    assert result.code != 0
    assert "bay ours is managed by the bay command; 'bay export ours' gives it to this checkout" in result.out
    assert owner.run("show", "ours", "-f", "json").json["spec"]["nodes"]["count"] == 1
