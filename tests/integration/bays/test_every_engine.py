"""What keeps a bay safe, with a bay of each engine: plans, guards, protection, drift and repair."""

import pytest
from openstack.connection import Connection

from tests.integration.bays import damage
from tests.integration.bays.campaign import agreed
from tests.integration.bays.harness import Bay
from tests.integration.bays.test_drift import told

pytestmark = [pytest.mark.sandbox, pytest.mark.long]


@pytest.mark.parametrize("model", ["swarm", "kubernetes", "mesos"])
def test_a_bay_is_planned_guarded_and_mended(bay: Bay, clouds: list[Connection], model: str) -> None:
    bay.make("safe", "--model", model, "--nodes", "2", "--no-wait")
    is_changed_as_planned_and_only_once(bay)
    loses_nothing_that_is_not_allowed(bay, clouds[0])
    is_mended(bay, clouds[0])
    agreed(bay, "safe", clouds[0])


def is_changed_as_planned_and_only_once(bay: Bay) -> None:
    plan = str(bay.home / "three.plan")
    assert bay.run("preview", "safe", "--nodes", "3", "--save", plan).code == 2
    done = bay.run("update", "safe", "--plan", plan, "--yes", "--no-wait")
    assert done.code == 0, done
    again = bay.run("update", "safe", "--plan", plan, "--yes", "--no-wait")
    assert again.code == 1
    assert "Instance safe-node-2 is new in the state" in again.error[0]


def loses_nothing_that_is_not_allowed(bay: Bay, cloud: Connection) -> None:
    before = servers(cloud)
    assert len(before) == len(bay.run("node", "list", "safe", "-f", "json").json)
    for words, refusal in (
        (("scale", "safe", "0"), "3 of 3 servers of group node at once"),
        (
            ("update", "safe", "--set", "network.cidr=10.99.0.0/24"),
            "Subnet safe replaced; Neutron refuses that while servers are in it",
        ),
    ):
        refused = bay.run(*words, "--yes", "--no-wait")
        assert refused.code == 1, refused
        assert refusal in refused.error[0]
    assert bay.run("update", "safe", "--set", "protected=true", "--yes", "--no-wait").code == 0
    assert "is protected" in bay.run("delete", "safe", "--yes").error[0]
    assert servers(cloud) == before
    assert bay.run("update", "safe", "--set", "protected=false", "--yes", "--no-wait").code == 0


def is_mended(bay: Bay, cloud: Connection) -> None:
    before = servers(cloud)
    damage.lose_server(cloud, "safe-node-1")
    (group,) = cloud.network.security_groups(name="safe-node")
    cloud.network.delete_security_group_rule(
        next(cloud.network.security_group_rules(security_group_id=group.id, direction="ingress"))
    )
    assert {difference for difference, *_ in told(bay, "safe")} == {"missing"}
    mended = bay.run("repair", "safe", "--yes", "--no-wait")
    assert mended.code == 0, mended
    assert told(bay, "safe") == set()
    after = servers(cloud)
    assert {name for name in before if after[name] != before[name]} == {"safe-node-1"}


def servers(cloud: Connection) -> dict[str, str]:
    return {server.name: server.id for server in cloud.compute.servers(name="^safe-")}
