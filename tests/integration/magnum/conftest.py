"""The session's sandbox with Magnum, and what users of it ask."""

import json
from collections.abc import Iterator
from pathlib import Path

import openstack
import pytest
from openstack.connection import Connection

from bay.sandbox import Sandbox
from bay.toolchain import Toolchain
from tests.integration.bays.harness import connect
from tests.integration.magnum.clusters import Clusters

OWN_WARNINGS = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning", "ignore::DeprecationWarning:openstack.*")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder uses openstacksdk, though warnings are errors."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(OWN_WARNINGS)


@pytest.fixture(scope="module")
def magnum(sandbox_cloud: Sandbox, toolchain: Toolchain) -> Iterator[Sandbox]:
    """The sandbox, whose Magnum stops afterwards."""
    sandbox_cloud.start(print, extras=["magnum"])
    yield sandbox_cloud
    sandbox_cloud.start(print, extras=[])


@pytest.fixture
def clusters(magnum: Sandbox) -> Iterator[Clusters]:
    """Of alice in physics; what a test makes is deleted after it."""
    with connect(magnum, "sandbox") as cloud:
        made = Clusters(magnum, cloud)
        yield made
        made.delete_all()


@pytest.fixture
def service(magnum: Sandbox) -> Iterator[Connection]:
    """Magnum's own user, whose certificates are in Barbican."""
    with connect(magnum, "sandbox-admin") as admin:
        auth = {**admin.config.auth, "username": "magnum", "project_name": "service"}
        auth["password"] = json.loads((magnum.state / "passwords.json").read_text())["magnum"]
        options = {"region_name": "RegionOne", "load_yaml_config": False, "load_envvars": False}
        with openstack.connect(auth=auth, **options) as cloud:
            yield cloud
