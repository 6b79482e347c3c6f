"""Every engine on each kind of network, endpoint and disk, pairwise: from create to delete, and nothing is left."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from openstack.connection import Connection

from bay.components.spec.merge import merge
from tests.integration.bays import report
from tests.integration.bays.combinations import ROUTED, Combination, Impossible, chosen, refused
from tests.integration.bays.conftest import NewBay
from tests.integration.bays.harness import Bay, Inventory

pytestmark = pytest.mark.sandbox

WORKERS = 4
"""Bays at the same time: enough for two processors."""
DISKS_OF_A_SERVER = {"no volumes": (0, 0), "engine volumes": (2, 1), "boot from volume": (1, 1)}
"""Volumes of a master and of a node."""

Seconds = dict[str, float]


@pytest.fixture(scope="module")
def routed_network(clouds: list[Connection], holdings: Callable[[], Inventory]) -> Iterator[str]:
    """A network with a router that the user made before any bay."""
    before = holdings()
    network = clouds[0].network
    made = network.create_network(name=ROUTED)
    subnet = network.create_subnet(network_id=made.id, name=ROUTED, ip_version=4, cidr="10.50.0.0/22")
    outside = network.find_network("public", ignore_missing=False)
    router = network.create_router(name=ROUTED, external_gateway_info={"network_id": outside.id})
    network.add_interface_to_router(router, subnet_id=subnet.id)
    yield ROUTED
    network.remove_interface_from_router(router, subnet_id=subnet.id)
    network.delete_router(router)
    network.delete_network(made)
    assert holdings() == before


@pytest.fixture(scope="module")
def matrix(
    request: pytest.FixtureRequest, routed_network: str, new_shared_bay: NewBay, clouds: list[Connection]
) -> Iterator[dict[Combination, Future[Seconds]]]:
    """The life of each combination that this run tests, WORKERS at a time."""
    user = new_shared_bay()
    asked = {item.callspec.params["combination"] for item in request.session.items if _is_life(item)}
    with ThreadPoolExecutor(WORKERS) as pool:
        lives = {
            cell: pool.submit(life, user, f"matrix-{number}", cell, clouds[0])
            for number, cell in enumerate(chosen())
            if cell in asked
        }
        yield lives
        pool.shutdown(cancel_futures=True)
    if os.environ.get("UPDATE_GOLDEN") and len(lives) == len(chosen()):
        report.FILE.write_text(report.text({cell: done.result() for cell, done in lives.items()}))


def _is_life(item: Any) -> bool:
    return getattr(item, "originalname", "") == test_a_bay_lives_and_leaves_nothing.__name__


def life(user: Bay, name: str, cell: Combination, cloud: Connection) -> Seconds:
    """Create to delete; how long each step took."""
    took: Seconds = {}

    def step(title: str, *words: str) -> None:
        start = time.monotonic()
        result = user.run(*words)
        took[title] = time.monotonic() - start
        assert result.code == 0, f"{cell}: {title}: {result}"

    step("create", "create", name, "--file", str(spec_file(user.home / name, cell)))
    assert seen(user, name, cloud) == expected(cell, nodes=1), cell
    step("preview", "preview", name)
    step("scale to 2", "scale", name, "2")
    assert seen(user, name, cloud) == expected(cell, nodes=2), cell
    step("scale to 1", "scale", name, "1", "--yes")
    assert seen(user, name, cloud) == expected(cell, nodes=1), cell
    step("delete", "delete", name, "--yes")
    return took


def spec_file(stem: Path, cell: Combination) -> Path:
    """The combination as a file for ``--file``."""
    values: dict[str, Any] = {}
    for layer in cell.layers:
        values = merge(values, layer)
    file = stem.with_suffix(".yaml")
    file.write_text(yaml.safe_dump(values))
    return file


def seen(user: Bay, name: str, cloud: Connection) -> dict[str, Any]:
    """What of a bay's servers, disks, network and endpoint the cloud has."""
    shown = user.run("show", name, "-f", "json").json
    servers = list(cloud.compute.servers(name=f"^{name}-"))
    ports = list(cloud.network.ports(tags=f"bay:name={name}"))
    host = shown["api_address"].rpartition(":")[0]
    return {
        "ACTIVE": sum(server.status == "ACTIVE" for server in servers),
        "volumes": sum(len(server.attached_volumes) for server in servers),
        "network": shown["network"].replace(name, "own"),
        "load balancers": sum(1 for _ in cloud.load_balancer.load_balancers(name=f"{name}-api")),
        "masters that answer for another address": sum(bool(port.allowed_address_pairs) for port in ports),
        "API on a floating IP": any(ip.floating_ip_address == host for ip in cloud.network.ips()),
    }


def expected(cell: Combination, nodes: int) -> dict[str, Any]:
    """What `seen` has to say of a combination."""
    masters = int(cell.masters)
    of_master, of_node = DISKS_OF_A_SERVER[cell.disks]
    by_endpoint = {"floating IP": True, "masters": False}
    return {
        "ACTIVE": masters + nodes,
        "volumes": masters * of_master + nodes * of_node,
        "network": {"own": "own", "existing": ROUTED, "flat": "provider"}[cell.network],
        "load balancers": int(cell.endpoint == "load balancer"),
        "masters that answer for another address": masters if cell.endpoint == "virtual IP" else 0,
        "API on a floating IP": by_endpoint.get(cell.endpoint, cell.network == "own"),
    }


@pytest.mark.parametrize("combination", chosen(), ids=str)
def test_a_bay_lives_and_leaves_nothing(combination: Combination, matrix: dict[Combination, Future[Seconds]]) -> None:
    assert matrix[combination].result().keys() == set(report.STEPS)
    # When the last one has ended, the fixture compares what both projects hold with what they held before.


@pytest.mark.parametrize(("combination", "rule"), refused(), ids=str)
def test_what_no_cloud_can_do_is_refused_before_anything_is_made(
    combination: Combination, rule: Impossible, bay: Bay
) -> None:
    file = spec_file(bay.home / "refused", combination)
    made = bay.run("create", "refused", "--file", str(file))
    assert made.code == 1, made
    wrong, hint = made.error
    assert wrong.startswith(rule.error)
    assert hint.startswith("use --set ")
    assert bay.names() == []
