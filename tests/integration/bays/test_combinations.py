"""The choice of combinations, and the page about it: without a cloud."""

from types import SimpleNamespace
from typing import Any

from openstack.network.v2.network import Network
from openstack.network.v2.port import Port
from openstack.network.v2.subnet import Subnet

from bay.components.errors import BayError
from bay.components.openstack.resolve_network import find_networks
from bay.components.spec.merge import build_spec
from tests.integration.bays import report
from tests.integration.bays.combinations import ROUTED, SHARED, Combination, chosen, every, pairs, why_not

PROJECT, OTHER = "physics", "service"


def cloud() -> Any:
    """The networks of the sandbox and one that the user made, with a router on it."""
    networks = [
        Network(id="public", name="public", is_router_external=True, port_security_enabled=True, project_id=OTHER),
        Network(id=SHARED, name=SHARED, is_router_external=False, port_security_enabled=True, project_id=OTHER),
        Network(id=ROUTED, name=ROUTED, is_router_external=False, port_security_enabled=True, project_id=PROJECT),
    ]
    interface = Port(id="interface", name="", device_owner="network:router_interface")
    return SimpleNamespace(
        network=SimpleNamespace(
            networks=lambda name="": [one for one in networks if name in ("", one.name)],
            subnets=lambda network_id: [Subnet(id=network_id, name=network_id, ip_version=4, cidr="10.0.0.0/24")],
            find_extension=lambda _name: True,
            ports=lambda network_id, project_id: [interface] if network_id == ROUTED else [],
        )
    )


def refusal(combination: Combination) -> str:
    """The error for a combination, empty where there is none."""
    try:
        find_networks(cloud(), build_spec(combination.layers), PROJECT)
    except BayError as error:
        return error.message
    return ""


def test_exactly_what_the_table_says_is_refused() -> None:
    told = {cell: refusal(cell) for cell in every()}
    foretold = {cell: rule.error if (rule := why_not(cell)) else "" for cell in every()}
    assert told.keys() == foretold.keys()
    wrong = [cell for cell in told if bool(told[cell]) != bool(foretold[cell]) or foretold[cell] not in told[cell]]
    assert wrong == []


def test_every_pair_of_values_that_can_be_together_is_tried() -> None:
    possible = set().union(*(pairs(cell) for cell in every() if why_not(cell) is None))
    assert set().union(*map(pairs, chosen())) == possible
    assert all(why_not(cell) is None for cell in chosen())


def test_every_engine_is_tried_with_one_master_and_with_three() -> None:
    engines = {cell.engine for cell in every()}
    assert engines >= {"kubernetes", "mesos", "swarm"}
    assert {(cell.engine, cell.masters) for cell in chosen()} == {(e, m) for e in engines for m in ("1", "3")}


def test_the_page_is_of_these_combinations() -> None:
    now = report.text({cell: dict.fromkeys(report.STEPS, 0.0) for cell in chosen()})
    page = report.FILE.read_text()
    assert report.without_seconds(page) == report.without_seconds(now), "UPDATE_GOLDEN=1 pytest test_matrix.py"
