"""The masters of a bay: what no change may make of them, and the quorum without which none of them goes."""

from dataclasses import replace

import pytest

from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec
from bay.stacks.cluster.control_plane import (
    is_majority,
    majority,
    require_compatible,
    require_quorum,
    unhealthy_masters,
)
from bay.stacks.state.snapshot import RecordedServer, StateSnapshot
from tests.fakes.messages import told


def bay(model: str, masters: int) -> StateSnapshot:
    nodes = tuple(RecordedServer(f"demo-master-{i}", "master", "master", "", f"id {i}") for i in range(masters))
    return StateSnapshot("demo", spec=build_spec([{"model": model}]), servers=nodes, outputs={"id": "1"})


def with_masters(model: str, count: int) -> BaySpec:
    return build_spec([{"model": model, "masters": {"count": count}}])


@pytest.mark.parametrize("count", [1, 3, 5])
def test_masters_of_most_engines_may_be_more_or_fewer_as_far_as_the_spec_goes(count: int) -> None:
    require_compatible(bay("swarm", 3), with_masters("swarm", count))


def test_no_change_makes_a_bay_one_of_another_engine() -> None:
    wrong, hint, _ = told(lambda: require_compatible(bay("swarm", 3), with_masters("kubernetes", 3)))
    assert wrong == "bay demo: its container engine, Docker Swarm, cannot be changed"
    assert hint == "create another bay with --set coe=kubernetes"


def test_an_engine_whose_ensemble_is_fixed_takes_no_more_masters() -> None:
    wrong, hint, _ = told(lambda: require_compatible(bay("mesos", 3), with_masters("mesos", 5)))
    assert wrong == "bay demo: the number of masters of Apache Mesos cannot be changed"
    assert hint == "create another bay with --masters 5"
    require_compatible(bay("mesos", 3), with_masters("mesos", 3))


def test_another_version_of_kubernetes_comes_by_an_upgrade_alone() -> None:
    def of(version: str) -> BaySpec:
        return build_spec([{"model": "kubernetes", "options": {"version": version}}])

    there = replace(bay("kubernetes", 1), spec=of("1.33.6"))
    for version in ("1.34.2", "1.33.7", "1.33.5"):
        wrong, hint, _ = told(lambda version=version: require_compatible(there, of(version)))  # type: ignore[misc]
        assert wrong == f"bay demo: options.version: Kubernetes 1.33.6 becomes {version} by an upgrade alone"
        assert hint.startswith(f"'bay upgrade demo --version {version}'")
    require_compatible(there, of("1.33.6"))
    require_compatible(replace(there, outputs={}), of("1.34.2"))  # it was never complete


def bay_of(masters: int) -> StateSnapshot:
    return StateSnapshot(
        "demo",
        servers=tuple(RecordedServer(f"demo-master-{i}", "master", "master", "", f"id {i}") for i in range(masters)),
    )


def running(*indices: int) -> dict[str, str]:
    return {f"id {i}": "ACTIVE" for i in indices} | {"id 9": "ERROR"}


@pytest.mark.parametrize(("masters", "well"), [(3, (1, 2)), (5, (1, 2, 3)), (5, (1, 2, 3, 4))])
def test_a_master_may_go_while_the_others_are_a_majority(masters: int, well: tuple[int, ...]) -> None:
    require_quorum(bay_of(masters), ["demo-master-0"], running(*well), {})


@pytest.mark.parametrize(("masters", "well"), [(3, (1,)), (5, (1, 2)), (3, ())])
def test_it_may_not_go_while_they_are_none(masters: int, well: tuple[int, ...]) -> None:
    wrong, hint, _ = told(lambda: require_quorum(bay_of(masters), ["demo-master-0"], running(*well), {}))
    assert wrong == (
        f"bay demo: without demo-master-0 only {len(well)} of {masters} masters would be healthy; "
        f"quorum needs {masters // 2 + 1}"
    )
    first = ", ".join(f"demo-master-{i}" for i in range(1, masters) if i not in well)
    assert hint == f"bring back {first} first; --lose-data overrides this, and control-plane data may be lost"


def test_a_master_that_the_engine_calls_ill_does_not_count() -> None:
    health = {"demo-master-1": "UNHEALTHY", "demo-master-2": "HEALTHY"}
    wrong, _, _ = told(lambda: require_quorum(bay_of(3), ["demo-master-0"], running(0, 1, 2), health))
    assert "only 1 of 3 masters would be healthy" in wrong


def test_a_master_that_the_state_does_not_have_any_more_counts_among_all() -> None:
    others = StateSnapshot("demo", servers=bay_of(3).servers[1:])
    require_quorum(others, ["demo-master-0"], running(1, 2), {})
    wrong, _, _ = told(lambda: require_quorum(others, ["demo-master-0"], running(1), {}))
    assert "only 1 of 3 masters would be healthy" in wrong


def test_the_only_master_is_not_given_up() -> None:
    wrong, hint, _ = told(lambda: require_quorum(bay_of(1), ["demo-master-0"], {}, {}))
    assert wrong == "bay demo: control-plane data is lost with demo-master-0, its only master"
    assert hint == "save what is in it, then 'bay delete demo' and create it again; --lose-data overrides this"


def test_masters_are_ill_that_nova_or_the_engine_says_so_of_or_that_are_gone() -> None:
    assert unhealthy_masters(bay_of(3), running(0, 1, 2), {}) == frozenset()
    assert unhealthy_masters(bay_of(3), running(0, 1), {"demo-master-1": "UNHEALTHY"}) == {
        "demo-master-1",
        "demo-master-2",
    }


@pytest.mark.parametrize(("count", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (7, 4)])
def test_a_quorum_is_more_than_half(count: int, needed: int) -> None:
    assert majority(count) == needed
    assert is_majority(needed, count)
    assert not is_majority(needed - 1, count)


def test_a_server_that_never_ran_is_no_master_that_an_ensemble_has() -> None:
    state = bay("mesos", 3)
    with_another = replace(
        state, servers=(*state.servers, RecordedServer("demo-master-3", "master", "master", "", "x"))
    )
    require_compatible(with_another, with_masters("mesos", 3), with_another.servers[3:])
    assert "cannot be changed" in told(lambda: require_compatible(with_another, with_masters("mesos", 3)))[0]


def test_masters_leave_from_the_highest_number_on() -> None:
    there = replace(bay("swarm", 3), spec=with_masters("swarm", 3))
    wanted = build_spec([{"model": "swarm", "masters": {"count": 1, "removed": [0, 1]}}])
    wrong, hint, _ = told(lambda: require_compatible(there, wanted))
    assert wrong == (
        "bay demo: masters leave Docker Swarm from the highest number on, since every server knows the lowest ones"
    )
    assert hint.startswith("'bay scale demo N --group master' has them leave")
    require_compatible(there, with_masters("swarm", 1))


def test_an_endpoint_that_is_one_master_stays_one_master() -> None:
    def of(masters: int, endpoint: str) -> BaySpec:
        return build_spec([{"model": "kubernetes", "masters": {"count": masters}, "endpoint": {"kind": endpoint}}])

    one = replace(bay("kubernetes", 1), spec=of(1, "masters"))
    wrong, hint, _ = told(lambda: require_compatible(one, of(3, "masters")))
    assert wrong.startswith("bay demo: the number of masters cannot become 3: its servers reach the API")
    assert hint.startswith("create another bay with --masters 3; one with --set endpoint.kind=virtual-ip")
    require_compatible(replace(one, spec=of(1, "virtual-ip")), of(3, "virtual-ip"))
    require_compatible(replace(bay("kubernetes", 3), spec=of(3, "masters")), of(5, "masters"))
