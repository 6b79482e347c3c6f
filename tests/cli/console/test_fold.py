"""Changes that differ only by the index in their names are one line; all that sets them apart is kept apart."""

import pytest

from bay.cli.console.fold import FEW, folded
from bay.stacks.plan.types import Change, Diff, Group


def change(name: str, operation: str = "create", type_: str = "Instance", diffs: tuple[Diff, ...] = ()) -> Change:
    return Change(operation, Group.NODES, type_, name, diffs, f"urn:{type_}:{name}")


def named(*indices: int, stem: str = "demo-node-") -> list[Change]:
    return [change(f"{stem}{index}") for index in indices]


MANY = range(FEW + 1)
FLAVOR = (Diff("flavorId", "m1.small", "m1.large"),)


def test_addresses_that_go_are_told_together() -> None:
    going = [change(f"demo-node-{i}", "delete", diffs=(Diff("address", f"10.0.0.{i}", None),)) for i in MANY]
    (line,) = folded(going)
    assert line.name == f"demo-node-0 to demo-node-{FEW} ({FEW + 1})"
    assert line.diffs == (Diff("address", ", ".join(f"10.0.0.{i}" for i in MANY), None),)


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        pytest.param(named(*MANY), [f"demo-node-0 to demo-node-{FEW} ({FEW + 1})"], id="a row"),
        pytest.param(named(*range(FEW)), [f"demo-node-{i}" for i in range(FEW)], id="few"),
        pytest.param(
            named(*MANY, *range(90, 100)),
            [f"demo-node-0 to demo-node-{FEW} ({FEW + 1})", "demo-node-90 to demo-node-99 (10)"],
            id="two rows",
        ),
        pytest.param(
            [*named(*MANY), *named(FEW + 1, FEW + 2, stem="demo-gpu-")],
            [f"demo-node-0 to demo-node-{FEW} ({FEW + 1})", f"demo-gpu-{FEW + 1}", f"demo-gpu-{FEW + 2}"],
            id="another group",
        ),
        pytest.param(
            [change(f"demo-node-{i}", diffs=FLAVOR if i == 2 else ()) for i in MANY],
            [f"demo-node-{i}" for i in MANY],
            id="one is changed otherwise",
        ),
        pytest.param(
            [change(f"demo-node-{i}", "delete" if i % 2 else "create") for i in MANY],
            [f"demo-node-{i}" for i in MANY],
            id="other operations",
        ),
        pytest.param([change("demo"), change("demo")], ["demo", "demo"], id="no index"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_only_what_is_alike_is_one_line(changes: list[Change], names: list[str]) -> None:
    assert [line.name for line in folded(changes)] == names
