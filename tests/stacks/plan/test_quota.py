"""What a bay still needs beside what its project uses, and how it is told where that is too much."""

from dataclasses import replace
from typing import Any

import pytest

from bay.cli.errors import exit_code
from bay.components.engines import ENGINES
from bay.components.openstack.resolve import resolve
from bay.components.openstack.resolved import Flavor, ResolvedSpec
from bay.components.quota_demand import per_resource
from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec
from bay.stacks.errors import QuotaExceeded
from bay.stacks.plan import quota
from bay.stacks.plan.types import QuotaUsage
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.openstack import FakeCloud, ordinary_cloud
from tests.fakes.states import BAY_ID


def spec_of(**values: Any) -> BaySpec:
    return build_spec([{"model": "swarm"}, values])


@pytest.fixture
def cloud() -> FakeCloud:
    """With plenty of everything; 10 of each are used."""
    cloud = ordinary_cloud()
    used = {"instances_used": 10, "total_cores_used": 10, "total_ram_used": 2048, "server_groups_used": 10}
    cloud.compute_limits |= used
    for name in ("ssd", "bulk"):
        cloud.add("type", f"id-{name}", name=name)
    cloud.default_type = "bulk"
    return cloud


def resolved(cloud: FakeCloud, spec: BaySpec) -> ResolvedSpec:
    return resolve(spec, cloud)  # type: ignore[arg-type]


def compared(cloud: FakeCloud, spec: BaySpec, state: StateSnapshot | None = None) -> dict[str, QuotaUsage]:
    place = resolved(cloud, spec)
    cloud.journal.clear()

    def notify(_code: str, text: str) -> None:
        raise AssertionError(text)

    state = state or StateSnapshot("demo")
    found = quota.compare(cloud, "demo", spec, place, state, notify)  # type: ignore[arg-type]
    return {row.resource: row for row in found}


def bay_of(cloud: FakeCloud, spec: BaySpec) -> StateSnapshot:
    """The state of a bay that is as its spec says."""
    created = per_resource("demo", spec, resolved(cloud, spec), ENGINES["swarm"])
    return StateSnapshot("demo", bay_id=BAY_ID, spec=spec, created=frozenset(created))


def test_a_new_bay_needs_all_of_it(cloud: FakeCloud) -> None:
    found = compared(cloud, spec_of(nodes=3))
    assert found["instances"] == QuotaUsage("instances", 4, 10, 1000)
    assert found["RAM (MiB)"] == QuotaUsage("RAM (MiB)", 4 * 2048, 2048, 400_000)
    assert found["members of server group demo-node"] == QuotaUsage("members of server group demo-node", 3, 0, 10)
    assert list(found)[:4] == ["instances", "cores", "RAM (MiB)", "server groups"], "in the order of the table"


def test_a_bay_that_is_there_needs_only_what_is_new(cloud: FakeCloud) -> None:
    made = bay_of(cloud, spec_of(nodes=2))
    assert compared(cloud, spec_of(nodes=2), made) == {}
    assert compared(cloud, spec_of(nodes=1), made) == {}
    grown = compared(cloud, spec_of(nodes=4), made)
    assert {resource: row.needed for resource, row in grown.items()} == {
        "instances": 2,
        "cores": 2,
        "RAM (MiB)": 4096,
        "members of server group demo-node": 2,
        "ports": 2,
    }
    assert grown["members of server group demo-node"].used == 2


def test_a_larger_flavor_counts_by_how_much_it_is_larger(cloud: FakeCloud) -> None:
    made = bay_of(cloud, spec_of())
    larger = compared(cloud, spec_of(nodes={"count": 2, "flavor": "m1.large"}), made)
    assert {r: row.needed for r, row in larger.items()} == {"cores": 6, "RAM (MiB)": 2 * 6144}
    assert "flavors" not in cloud.journal
    both = compared(cloud, spec_of(nodes={"count": 2, "flavor": "m1.large"}, masters={"flavor": "m1.large"}), made)
    assert {r: row.needed for r, row in both.items()} == {"cores": 9, "RAM (MiB)": 3 * 6144}
    assert "flavors" in cloud.journal, "only where the new spec does not name the old flavor"


def test_servers_that_get_other_flavors_need_the_difference(cloud: FakeCloud) -> None:
    small, large = (Flavor(f"id-m1.{n}", f"m1.{n}", c, r) for n, c, r in (("small", 1, 2048), ("large", 4, 8192)))

    def needed(*wanted: tuple[str, Flavor]) -> dict[str, int]:
        rows = quota.compare_flavors(cloud, "p", wanted, lambda *_told: None)  # type: ignore[arg-type]
        return {row.resource: row.needed for row in rows}

    assert needed((small.id, small), (large.id, large)) == {}
    assert cloud.journal == [], "nobody is asked"
    assert needed((small.id, large), (small.id, large)) == {"cores": 6, "RAM (MiB)": 2 * 6144}
    assert needed((small.id, large), (large.id, small)) == {}
    assert needed(("deleted", small)) == {"cores": 1, "RAM (MiB)": 2048}, "nothing is known to be used"


def test_after_an_interrupted_run_what_it_left_is_not_needed_twice(cloud: FakeCloud) -> None:
    cloud.add("server", "s", name="demo-node-1", metadata={"bay:id": BAY_ID})
    cloud.add("security_group_rule", "r", description=f"bay:id={BAY_ID}")
    whole = bay_of(cloud, spec_of(nodes=2))
    half = replace(whole, created=whole.created - {("Instance", "demo-node-1")})
    assert compared(cloud, spec_of(nodes=2), half)["instances"].needed == 1
    interrupted = replace(half, interrupted_operations=("creating Instance demo-node-1",))
    assert compared(cloud, spec_of(nodes=2), interrupted) == {}


def test_volumes_without_a_type_count_to_the_clouds_default_type(cloud: FakeCloud) -> None:
    cloud.volume_quota |= {"volumes_bulk": 3, "gigabytes_ssd": 50}
    cloud.volume_quota["usage"] |= {"volumes_bulk": 1, "gigabytes_ssd": 0}
    found = compared(
        cloud,
        spec_of(masters={"state_volume": 10}, nodes={"count": 2, "engine_volume": {"size": 9, "type": "ssd"}}),
    )
    assert found["volumes"].needed == 3
    assert found["gigabytes"].needed == 28
    assert found["volumes of type bulk"] == QuotaUsage("volumes of type bulk", 1, 1, 3)
    assert found["gigabytes of type ssd"] == QuotaUsage("gigabytes of type ssd", 18, 0, 50)
    assert "volumes of type ssd" not in found, "the cloud has no such quota"
    names = list(found)
    assert names.index("gigabytes of type ssd") == names.index("gigabytes") + 1


def test_without_a_limit_there_is_no_row(cloud: FakeCloud) -> None:
    cloud.compute_limits["total_cores"] = -1
    cloud.network_quota["ports"] = None
    found = compared(cloud, spec_of())
    assert {"cores", "ports"}.isdisjoint(found)
    assert "instances" in found


def test_what_fits_exactly_is_not_refused(cloud: FakeCloud) -> None:
    cloud.compute_limits |= {"instances": 10, "instances_used": 6}
    rows = compared(cloud, spec_of(nodes=3))
    assert rows["instances"] == QuotaUsage("instances", 4, 6, 10)
    quota.require("demo", list(rows.values()))


def test_what_does_not_fit_is_refused_with_its_rows_and_by_how_much(cloud: FakeCloud) -> None:
    cloud.compute_limits |= {"instances": 10, "instances_used": 7}
    cloud.network_quota["routers"] = {"used": 10, "limit": 5}
    with pytest.raises(QuotaExceeded) as caught:
        quota.require("demo", list(compared(cloud, spec_of(nodes=3)).values()))
    error = caught.value
    assert exit_code(error) == 3
    assert error.message == "bay demo does not fit the project's quotas: instances (by 1), routers (by 6)"
    assert error.hint == (
        "ask for less, free some, or have the quotas raised to instances 11, routers 11; 'openstack quota show' has "
        "all of them"
    )
    assert error.rows == (QuotaUsage("instances", 4, 7, 10), QuotaUsage("routers", 1, 10, 5))
