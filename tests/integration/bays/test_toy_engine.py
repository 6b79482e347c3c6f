"""A fourth engine is one file beside bay: nothing of bay itself knows of it."""

from pathlib import Path

import pytest
from openstack.connection import Connection

from tests.integration.bays.conftest import NewBay
from tests.integration.bays.harness import Bay

pytestmark = pytest.mark.sandbox

TOY = Path(__file__).parent / "toy"


@pytest.fixture
def site(new_bay: NewBay) -> Bay:
    """A user whose site has installed an engine and its model."""
    return new_bay(PYTHONPATH=str(TOY))


def test_a_sites_own_engine_makes_a_bay(site: Bay, clouds: list[Connection]) -> None:
    words = ("--models", str(TOY / "models"), "--set", "access.api=[192.0.2.0/24]")
    made = site.run("create", "box", "--model", "toy", *words)
    assert made.code == 0, made
    shown = site.run("show", "box", "-f", "json").json
    assert (shown["coe"], shown["spec"]["options"]) == ("toy", {"colour": "red"})
    assert shown["api_address"].endswith(":8000")

    opened = {rule.port_range_min for rule in clouds[0].network.security_group_rules(direction="ingress")}
    assert 8000 in opened
    folder = site.home / "client"
    told = site.run("config", "box", "--dir", str(folder))
    assert f"export TOY={shown['api_address']}" in told.out.splitlines()
    assert len((folder / "word").read_text()) == 43

    assert site.run("preview", "box", "--models", str(TOY / "models"), "-f", "json").json["changes"] == []


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("options.color=blue", "options.color: no such field; nearest: colour"),
        ("nodes.taints=[a=b:NoSchedule]", "nodes.taints: a toy has none"),
        ("coe=toyy", "there is no engine 'toyy'; nearest: toy"),
    ],
)
def test_its_own_checks_are_heard(assignment: str, message: str, site: Bay) -> None:
    words = ("--models", str(TOY / "models"), "--set", assignment)
    refused = site.run("create", "box", "--model", "toy", *words)
    assert refused.code == 2
    assert message in refused.error[0]
