"""Masters hold the engine's own data: no change takes one away, and some engines take none in."""

import pytest

from bay.cli.masters import refuse_loss
from bay.cli.record import NodeRecord, Record
from bay.components.layers import resolve
from bay.components.spec import BaySpec

from .told import told


def bay(model: str, masters: int) -> Record:
    nodes = tuple(NodeRecord(f"demo-master-{i}", "master", "master", "", f"id {i}") for i in range(masters))
    return Record("demo", spec=resolve([{"model": model}]), nodes=nodes, outputs={"id": "1"})


def with_masters(model: str, count: int) -> BaySpec:
    return resolve([{"model": model, "masters": {"count": count}}])


def test_no_change_takes_a_master_away() -> None:
    wrong, hint, _ = told(lambda: refuse_loss(bay("swarm", 3), with_masters("swarm", 1)))
    assert wrong == ("bay demo: this would delete demo-master-1, demo-master-2, and masters hold the engine's own data")
    assert hint == "keep the masters: --masters 3 (with 'bay scale': --group node for the nodes)"


@pytest.mark.parametrize("count", [3, 5])
def test_masters_stay_or_become_more(count: int) -> None:
    refuse_loss(bay("swarm", 3), with_masters("swarm", count))


def test_a_master_that_never_ran_may_go() -> None:
    scaled_up = bay("swarm", 3)
    refuse_loss(scaled_up, with_masters("swarm", 1), half_made=scaled_up.nodes[1:])


def test_an_engine_whose_ensemble_is_fixed_takes_no_more_masters() -> None:
    wrong, hint, _ = told(lambda: refuse_loss(bay("mesos", 3), with_masters("mesos", 5)))
    assert wrong == "bay demo: the number of masters of Apache Mesos stays what it was at the beginning"
    assert hint == "make another bay with --masters 5"
    refuse_loss(bay("mesos", 3), with_masters("mesos", 3))
