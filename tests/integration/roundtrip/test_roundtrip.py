"""Every resource type of the built plugin goes round on the sandbox cloud, as an ordinary member."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from openstack.config import OpenStackConfig
from openstack.connection import Connection

from bay.sandbox import Sandbox
from bay.toolchain import ensure, parts
from tests.components.graph.conftest import EXAMPLES, example_graph
from tests.integration.roundtrip import resources, services  # noqa: F401 (they register the trips)
from tests.integration.roundtrip.journey import Journey, take
from tests.integration.roundtrip.lookups import LOOKUPS
from tests.integration.roundtrip.trips import PREFIX, TRIPS

TABLE = [line.split()[1] for line in (parts.SOURCES / "openstack" / "table.txt").read_text().splitlines()]


def test_every_type_of_the_plugin_goes_round() -> None:
    changed = {trip.token for trip in TRIPS.values() if trip.change != "same"}
    assert changed | set(LOOKUPS) == set(TABLE)


def test_the_plugin_has_every_type_of_the_recorded_graphs() -> None:
    types = {key.split("::")[0] for name in EXAMPLES for key in example_graph(name).resources}
    assert "openstack:compute/instance:Instance" in types, "the graphs are read wrongly"
    assert {token for token in types if token.startswith("openstack:")} <= set(TABLE)


@pytest.fixture(scope="module")
def journey(sandbox_cloud: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    """All resources, taken round once, for the tests of each."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bay"
    toolchain = ensure(cache, os.environ["PATH"], print)
    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith("OS_")]:
            environment.delenv(name)  # it would lead the plugin to another cloud
        yield take(toolchain, sandbox_cloud, tmp_path_factory.mktemp("roundtrip"))


@pytest.mark.sandbox
@pytest.mark.parametrize("name", TRIPS)
def test_a_resource_is_created_stays_as_it_is_changes_and_goes(journey: Journey, name: str) -> None:
    assert journey.of(name) == {
        "create": "create",
        "look": "same",
        "change": TRIPS[name].change,
        "look again": "same",
        "destroy": "delete",
    }, journey.complaints


@pytest.mark.sandbox
@pytest.mark.parametrize("token", LOOKUPS)
def test_a_data_source_answers(journey: Journey, token: str) -> None:
    assert journey.answers.get(token) == LOOKUPS[token].expected, journey.complaints


@pytest.mark.sandbox
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # openstacksdk warns of what it does itself
def test_nothing_is_left_in_the_project(journey: Journey, sandbox_cloud: Sandbox) -> None:
    assert not journey.complaints
    config = OpenStackConfig(config_files=[str(sandbox_cloud.clouds_file)], load_envvars=False)
    with Connection(config=config.get_one("sandbox")) as cloud:
        assert leftovers(cloud) == []


def leftovers(cloud: Connection) -> list[str]:
    """Names of what the project holds of this test."""
    listings = [
        cloud.network.networks(is_router_external=False),
        cloud.network.subnets(),
        cloud.network.routers(),
        cloud.network.ports(),
        cloud.network.security_groups(),
        cloud.compute.servers(),
        cloud.compute.keypairs(),
        cloud.compute.server_groups(),
        cloud.block_storage.volumes(),
        cloud.load_balancer.load_balancers(),
        cloud.load_balancer.pools(),
        cloud.key_manager.secrets(),
        cloud.identity.application_credentials(cloud.current_user_id),
    ]
    names = [str(thing.name) for listing in listings for thing in listing]
    descriptions = [str(address.description) for address in cloud.network.ips()]
    return [name for name in names + descriptions if name.startswith(PREFIX)]
