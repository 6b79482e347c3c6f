"""What a bay still needs beside what its project uses, and how it is told where that is too much."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from bay.cli.console.output import Format
from bay.components.engines import ENGINES
from bay.components.openstack.resolved import Flavor, GlanceImage, Named, ResolvedSpec
from bay.components.openstack.scope import ProjectScope
from bay.components.quota_demand import Resource, per_resource
from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec
from bay.stacks.cloud import cleanup, quotas
from bay.stacks.cloud.cleanup import CloudObject
from bay.stacks.cloud.quotas import Limit
from bay.stacks.errors import QuotaExceeded
from bay.stacks.plan import quota
from bay.stacks.plan.types import QuotaUsage
from bay.stacks.state import snapshot
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.states import complete, cut_off

LOGIN = ProjectScope("https://cloud.example:5000", "north", "p" * 32)
SMALL, LARGE = Flavor("1", "m1.small", 1, 2048), Flavor("4", "m1.large", 4, 8192)
PLENTY = {
    **{resource: Limit(10, 1000) for resource in Resource},
    Resource.RAM: Limit(2048, 400_000),
    Resource.GROUP_MEMBERS: Limit(0, 10),
}


def spec_of(**values: Any) -> BaySpec:
    return build_spec([{"model": "swarm"}, values])


def place_of(spec: BaySpec) -> ResolvedSpec:
    flavors = {flavor.name: flavor for flavor in (SMALL, LARGE)}
    used = {group.flavor: flavors[group.flavor] for group in spec.groups.values()}
    return ResolvedSpec(LOGIN, {spec.image: GlanceImage("i", spec.image)}, used, None, Named("e", "public"))


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> dict[str, Limit]:
    """What the cloud says of its limits; a test changes it before it asks."""
    answer = dict(PLENTY)

    def ask(_cloud: object, project_id: str, wanted: Any) -> dict[str, Limit]:
        assert project_id == LOGIN.project_id
        return answer if wanted else {}

    monkeypatch.setattr(quotas, "ask", ask)
    return answer


class Cloud:
    """Flavors and the default volume type; `asked` says for what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.compute = SimpleNamespace(flavors=self._flavors)
        self.block_storage = SimpleNamespace(get_type=self._type)

    def _flavors(self) -> list[Flavor]:
        self.asked.append("flavors")
        return [SMALL, LARGE]

    def _type(self, name: str) -> SimpleNamespace:
        self.asked.append(f"type {name}")
        return SimpleNamespace(name="bulk")


def rooms(spec: BaySpec, known_of: StateSnapshot | None = None, cloud: Cloud | None = None) -> dict[str, QuotaUsage]:
    found = quota.compare(cloud or Cloud(), "demo", spec, place_of(spec), known_of)  # type: ignore[arg-type]
    return {row.resource: row for row in found}


def bay_of(spec: BaySpec) -> StateSnapshot:
    """The record of a bay that is as its spec says."""
    made = per_resource("demo", spec, place_of(spec), ENGINES["swarm"])
    return StateSnapshot("demo", bay_id="b", spec=spec, created=frozenset(made))


def test_a_new_bay_needs_all_of_it(known: dict[str, Limit]) -> None:
    found = rooms(spec_of(nodes=3))
    assert found["instances"] == QuotaUsage("instances", 4, 10, 1000)
    assert found["RAM (MiB)"] == QuotaUsage("RAM (MiB)", 4 * 2048, 2048, 400_000)
    assert found["members of server group demo-node"] == QuotaUsage("members of server group demo-node", 3, 0, 10)
    assert list(found)[:4] == ["instances", "cores", "RAM (MiB)", "server groups"], "in the order of the table"


def test_a_bay_that_is_there_needs_only_what_is_new(known: dict[str, Limit]) -> None:
    made = bay_of(spec_of(nodes=2))
    assert rooms(spec_of(nodes=2), made) == {}
    assert rooms(spec_of(nodes=1), made) == {}
    grown = rooms(spec_of(nodes=4), made)
    assert {resource: row.needed for resource, row in grown.items()} == {
        "instances": 2,
        "cores": 2,
        "RAM (MiB)": 4096,
        "members of server group demo-node": 2,
        "ports": 2,
    }
    assert grown["members of server group demo-node"].used == 2


def test_a_larger_flavor_counts_by_how_much_it_is_larger(known: dict[str, Limit]) -> None:
    made, cloud = bay_of(spec_of()), Cloud()
    larger = rooms(spec_of(nodes={"count": 2, "flavor": "m1.large"}), made, cloud)
    assert {r: row.needed for r, row in larger.items()} == {"cores": 6, "RAM (MiB)": 2 * 6144}
    assert cloud.asked == []
    both = rooms(spec_of(nodes={"count": 2, "flavor": "m1.large"}, masters={"flavor": "m1.large"}), made, cloud)
    assert {r: row.needed for r, row in both.items()} == {"cores": 9, "RAM (MiB)": 3 * 6144}
    assert cloud.asked == ["flavors"], "only where the new spec does not name the old flavor"


def test_what_the_state_has_in_the_cloud_is_known_by_kind_and_name() -> None:
    node = ("Instance", "demo-node-0")
    assert node in snapshot.StateSnapshot.from_deployment("demo", complete()).created
    assert ("Port", "demo-master-0") in snapshot.StateSnapshot.from_deployment("demo", complete()).created
    assert node not in snapshot.StateSnapshot.from_deployment("demo", cut_off()).created
    assert ("Bay", "demo") not in snapshot.StateSnapshot.from_deployment("demo", complete()).created, (
        "a component is nothing in the cloud"
    )


def test_after_a_run_that_was_cut_off_what_it_left_is_not_needed_twice(
    known: dict[str, Limit], monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [CloudObject("server", "s", "demo-node-1"), CloudObject("rule", "r", "")]
    monkeypatch.setattr(cleanup, "find", lambda *_: left)
    whole = bay_of(spec_of(nodes=2))
    half = replace(whole, made=whole.created - {("Instance", "demo-node-1")})
    assert rooms(spec_of(nodes=2), half)["instances"].needed == 1
    assert rooms(spec_of(nodes=2), replace(half, pending=("making Instance demo-node-1",))) == {}


def test_volumes_without_a_type_count_to_the_clouds_default_type(known: dict[str, Limit]) -> None:
    known |= {"volumes of type bulk": Limit(1, 3), "gigabytes of type ssd": Limit(0, 50)}
    found = rooms(
        spec_of(masters={"state_volume": 10}, nodes={"count": 2, "engine_volume": {"size": 9, "type": "ssd"}})
    )
    assert found["volumes"].needed == 3
    assert found["gigabytes"].needed == 28
    assert found["volumes of type bulk"] == QuotaUsage("volumes of type bulk", 1, 1, 3)
    assert found["gigabytes of type ssd"] == QuotaUsage("gigabytes of type ssd", 18, 0, 50)
    assert "volumes of type ssd" not in found, "the cloud has no such quota"
    names = list(found)
    assert names.index("gigabytes of type ssd") == names.index("gigabytes") + 1


def test_without_a_limit_there_is_no_row(known: dict[str, Limit]) -> None:
    known[Resource.CORES] = Limit(10, -1)
    del known[Resource.PORTS]
    assert {"cores", "ports"}.isdisjoint(rooms(spec_of()))


def test_what_fits_exactly_is_not_refused(known: dict[str, Limit], capsys: pytest.CaptureFixture[str]) -> None:
    spec = spec_of(nodes=3)
    known[Resource.INSTANCES] = Limit(6, 10)
    quota.refuse_unless_it_fits(Cloud(), "demo", spec, place_of(spec), None)  # type: ignore[arg-type]
    assert capsys.readouterr() == ("", ""), "progress comes next; nothing is said"


def test_what_does_not_fit_is_refused_with_a_table_and_by_how_much(
    known: dict[str, Limit], capsys: pytest.CaptureFixture[str]
) -> None:
    spec = spec_of(nodes=3)
    known |= {Resource.INSTANCES: Limit(7, 10), Resource.ROUTERS: Limit(10, 5)}
    with pytest.raises(QuotaExceeded) as caught:
        quota.refuse_unless_it_fits(Cloud(), "demo", spec, place_of(spec), None)  # type: ignore[arg-type]
    error = caught.value
    assert error.exit_code == 3
    assert error.message == "bay demo does not fit the project's quotas: instances (by 1), routers (by 6)"
    assert error.hint == (
        "ask for less, free some, or have the quotas raised to instances 11, routers 11; 'openstack quota show' has "
        "all of them"
    )
    out, table = capsys.readouterr()
    assert out == ""
    assert table.splitlines()[1:6:2] == [
        "│ resource  │ needed │ used │ limit │",
        "│ instances │ 4      │ 7    │ 10    │",
        "╰───────────┴────────┴──────┴───────╯",
    ]


def test_a_reviewer_reads_the_table_in_the_same_document_as_the_plan(capsys: pytest.CaptureFixture[str]) -> None:
    quota.show([QuotaUsage("cores", 3, 1, 20)], Format.MARKDOWN)
    quota.show([], Format.MARKDOWN)
    assert capsys.readouterr().out.splitlines() == [
        "",
        "| resource | needed | used | limit |",
        "| --- | --- | --- | --- |",
        "| cores | 3 | 1 | 20 |",
    ]
