"""Whose login it is, and whether a bay belongs to it."""

from typing import Any

import pytest

from bay.components.errors import BayError
from bay.components.openstack.scope import ProjectScope, may_only_read, normalised, require_same_project, scope_of
from tests.fakes.openstack import FakeCloud

MINE = {"auth_url": "https://cloud:5000/v3", "region": "one", "project_id": "aaa"}


@pytest.mark.parametrize(
    "spelling",
    [
        "https://cloud:5000",
        "https://cloud:5000/",
        "https://cloud:5000/v3",
        "https://cloud:5000/v3/",
        "HTTPS://Cloud:5000/v3",
        " https://cloud:5000/v2.0 ",
    ],
)
def test_spellings_of_one_keystone_are_equal(spelling: str) -> None:
    assert normalised(spelling) == "https://cloud:5000"
    require_same_project("demo", MINE, {**MINE, "auth_url": spelling})


def test_a_path_before_the_version_counts() -> None:
    assert normalised("https://cloud/identity/v3/") == "https://cloud/identity"


@pytest.mark.parametrize(
    ("field", "value"), [("auth_url", "https://other:5000"), ("region", "two"), ("project_id", "bbb")]
)
def test_another_cloud_region_or_project_is_refused(field: str, value: str) -> None:
    with pytest.raises(BayError) as refused:
        require_same_project("demo", MINE, {**MINE, field: value})
    assert refused.value.message.startswith(
        "bay demo belongs to project aaa at https://cloud:5000 (region one), but the login is for project "
    )
    assert value in refused.value.message
    assert refused.value.hint == "use the login that created demo: set OS_CLOUD or --os-cloud"


def test_a_login_is_read_from_the_connections_token() -> None:
    connection: Any = FakeCloud(project_id="aaa")
    connection.config.auth, connection.config.region_name = {"auth_url": "https://Cloud:5000/v3"}, None
    assert scope_of(connection) == ProjectScope("https://cloud:5000", "", "aaa")


@pytest.mark.parametrize(
    ("roles", "reads_only"),
    [
        (["reader"], True),
        (["reader", "load-balancer_observer"], True),
        (["member", "reader"], False),
        (["admin"], False),
        ([], False),
    ],
)
def test_a_login_whose_roles_are_all_for_looking_may_only_read(roles: list[str], reads_only: bool) -> None:
    connection: Any = FakeCloud()
    connection.access.role_names = roles
    assert may_only_read(connection) is reads_only
