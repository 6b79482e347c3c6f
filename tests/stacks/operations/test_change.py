"""What a change of a bay asks for, and the question before damage."""

import sys

import pytest

from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec
from bay.stacks.operations.change import confirm, must_exist, scaled
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.messages import told

THREE = build_spec([{"model": "swarm", "nodes": 3}])
HOLED = build_spec([{"model": "swarm", "nodes": {"count": 3, "removed": [1]}}])
MASTERS = build_spec([{"model": "swarm-ha"}])


@pytest.mark.parametrize(
    ("spec", "group", "count", "remove", "indices"),
    [
        (THREE, "node", 5, [], [0, 1, 2, 3, 4]),
        (THREE, "node", 1, [], [0]),
        (THREE, "node", 0, [], []),
        (THREE, "node", 3, [], [0, 1, 2]),
        (THREE, "node", None, ["demo-node-1"], [0, 2]),
        (THREE, "node", None, ["demo-node-0", "demo-node-2"], [1]),
        (THREE, "node", 3, ["demo-node-1"], [0, 2, 3]),
        (THREE, "node", 1, ["demo-node-0"], [1]),
        (HOLED, "node", 4, [], [0, 2, 3, 4]),
        (HOLED, "node", 2, [], [0, 2]),
        (HOLED, "node", None, ["demo-node-2"], [0, 3]),
        (THREE, "master", 3, [], [0, 1, 2]),
        (MASTERS, "master", 3, ["demo-master-1"], [0, 2, 3]),
    ],
)
def test_scaling_removes_the_named_nodes_first_and_then_counts(
    spec: BaySpec, group: str, count: int | None, remove: list[str], indices: list[int]
) -> None:
    changed = scaled("demo", spec, group, count, remove)
    assert changed.groups[group].indices == indices
    others = set(spec.groups) - {group}
    assert {name: changed.groups[name] for name in others} == {name: spec.groups[name] for name in others}


@pytest.mark.parametrize(
    ("group", "count", "remove", "message", "hint"),
    [
        ("nodes", 3, [], "bay demo has no group 'nodes'", "nearest: node"),
        ("node", None, [], "how many?", "bay scale demo N, or --remove NODE"),
        ("node", None, ["demo-node-7"], "bay demo has no node 'demo-node-7' in group node", "nearest: "),
        ("node", None, ["demo-master-0"], "bay demo has no node 'demo-master-0' in group node", "nearest: "),
        ("node", None, ["demo-node-1"] * 2, "bay demo has no node 'demo-node-1' in group node", "nearest: "),
        ("node", -1, [], "nodes.count: must be greater than or equal to 0, got -1", "see 'bay model fields'"),
        ("master", 2, [], "masters: count is 2, but must be odd", "see 'bay model fields'"),
        ("master", None, ["demo-master-0"], "masters.count: must be greater than or equal to 1, got 0", "see 'bay"),
    ],
)
def test_an_impossible_size_is_refused(
    group: str, count: int | None, remove: list[str], message: str, hint: str
) -> None:
    shown, way_out, code = told(lambda: scaled("demo", THREE, group, count, remove))
    assert shown.startswith(message)
    assert way_out.startswith(hint)
    assert code == 2


def test_without_a_terminal_damage_needs_yes() -> None:
    assert not sys.stdin.isatty()
    assert told(lambda: confirm("delete bay demo", False)) == ("this would delete bay demo", "say --yes", 2)
    confirm("delete bay demo", True)


@pytest.mark.parametrize(("answer", "goes_on"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_at_a_terminal_the_user_is_asked_on_stderr(
    answer: str, goes_on: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import io

    typed = io.StringIO(answer)
    monkeypatch.setattr(typed, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", typed)
    if goes_on:
        confirm("delete bay demo", False)
    else:
        assert told(lambda: confirm("delete bay demo", False)) == ("nothing was changed", "", 1)
    shown = capsys.readouterr()
    assert shown.out.strip() == ""
    assert shown.err == "Delete bay demo? [y/N]:"


def test_a_bay_that_was_never_begun_cannot_be_changed() -> None:
    assert told(lambda: must_exist(StateSnapshot("demo"))) == (
        "bay demo was never begun",
        "'bay create demo' makes it",
        1,
    )
    assert must_exist(StateSnapshot("demo", spec=THREE)) == THREE
