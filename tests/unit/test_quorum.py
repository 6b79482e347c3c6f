"""A master may be away only while more than half of all masters run without it."""

import pytest

from bay.cli.quorum import ill_masters, refuse_without_quorum
from bay.cli.record import NodeRecord, Record

from .told import told


def bay(masters: int) -> Record:
    return Record(
        "demo", nodes=tuple(NodeRecord(f"demo-master-{i}", "master", "master", "", f"id {i}") for i in range(masters))
    )


def running(*indices: int) -> dict[str, str]:
    return {f"id {i}": "ACTIVE" for i in indices} | {"id 9": "ERROR"}


@pytest.mark.parametrize(("masters", "well"), [(3, (1, 2)), (5, (1, 2, 3)), (5, (1, 2, 3, 4))])
def test_a_master_may_go_while_the_others_are_a_majority(masters: int, well: tuple[int, ...]) -> None:
    refuse_without_quorum(bay(masters), ["demo-master-0"], running(*well), {})


@pytest.mark.parametrize(("masters", "well"), [(3, (1,)), (5, (1, 2)), (3, ())])
def test_it_may_not_go_while_they_are_none(masters: int, well: tuple[int, ...]) -> None:
    wrong, hint, _ = told(lambda: refuse_without_quorum(bay(masters), ["demo-master-0"], running(*well), {}))
    assert wrong == f"bay demo: beside demo-master-0 {len(well)} of {masters} masters are well, which is no majority"
    first = ", ".join(f"demo-master-{i}" for i in range(1, masters) if i not in well)
    assert hint == f"bring back {first} first; --lose-data goes on all the same, and the engine's data may be lost"


def test_a_master_that_the_engine_calls_ill_does_not_count() -> None:
    health = {"demo-master-1": "UNHEALTHY", "demo-master-2": "HEALTHY"}
    wrong, _, _ = told(lambda: refuse_without_quorum(bay(3), ["demo-master-0"], running(0, 1, 2), health))
    assert "1 of 3 masters are well" in wrong


def test_a_master_that_the_state_does_not_have_any_more_counts_among_all() -> None:
    others = Record("demo", nodes=bay(3).nodes[1:])
    refuse_without_quorum(others, ["demo-master-0"], running(1, 2), {})
    wrong, _, _ = told(lambda: refuse_without_quorum(others, ["demo-master-0"], running(1), {}))
    assert "1 of 3 masters are well" in wrong


def test_the_only_master_is_not_given_up() -> None:
    wrong, hint, _ = told(lambda: refuse_without_quorum(bay(1), ["demo-master-0"], {}, {}))
    assert wrong == "bay demo: the engine's data goes with demo-master-0, its only master"
    assert hint.endswith("--lose-data goes on all the same")


def test_masters_are_ill_that_nova_or_the_engine_says_so_of_or_that_are_gone() -> None:
    assert ill_masters(bay(3), running(0, 1, 2), {}) == frozenset()
    assert ill_masters(bay(3), running(0, 1), {"demo-master-1": "UNHEALTHY"}) == {"demo-master-1", "demo-master-2"}
