"""What no change may make of a bay: one of another engine, or one with masters that its engine cannot take."""

import pytest

from bay.cli.masters import refuse_unfit
from bay.cli.record import NodeRecord, Record
from bay.components.layers import resolve
from bay.components.spec import BaySpec

from .told import told


def bay(model: str, masters: int) -> Record:
    nodes = tuple(NodeRecord(f"demo-master-{i}", "master", "master", "", f"id {i}") for i in range(masters))
    return Record("demo", spec=resolve([{"model": model}]), nodes=nodes, outputs={"id": "1"})


def with_masters(model: str, count: int) -> BaySpec:
    return resolve([{"model": model, "masters": {"count": count}}])


@pytest.mark.parametrize("count", [1, 3, 5])
def test_masters_of_most_engines_may_be_more_or_fewer_as_far_as_the_spec_goes(count: int) -> None:
    refuse_unfit(bay("swarm", 3), with_masters("swarm", count))


def test_no_change_makes_a_bay_one_of_another_engine() -> None:
    wrong, hint, _ = told(lambda: refuse_unfit(bay("swarm", 3), with_masters("kubernetes", 3)))
    assert wrong == "bay demo: its servers run Docker Swarm, and no change makes that another"
    assert hint == "make another bay with --set coe=kubernetes"


def test_an_engine_whose_ensemble_is_fixed_takes_no_more_masters() -> None:
    wrong, hint, _ = told(lambda: refuse_unfit(bay("mesos", 3), with_masters("mesos", 5)))
    assert wrong == "bay demo: the number of masters of Apache Mesos stays what it was at the beginning"
    assert hint == "make another bay with --masters 5"
    refuse_unfit(bay("mesos", 3), with_masters("mesos", 3))
