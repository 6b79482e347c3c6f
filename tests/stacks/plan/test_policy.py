"""What a change is refused for by its plan, what it asks, and what it may then take away."""

from datetime import UTC, datetime

import pytest

from bay.cli.preview_sources import with_allowed
from bay.stacks.approval import Risk
from bay.stacks.operations import change
from bay.stacks.operations.change import Ask, agreed
from bay.stacks.plan import policy
from bay.stacks.plan.types import Change, Compared, Group, Operation, Plan
from tests.fakes.messages import told

BATCH = Risk("batch", "3 of 3 servers at once", ("demo-node-0",), True, "batch")
MASTERS = Risk("masters", "demo-master-2 deleted", ("demo-master-2",), True, "masters")
MAJORITY = Risk("masters", "no majority", ("demo-master-1", "demo-master-2"), True, None)
OPEN = Risk("open", "tcp 22, open to the world", ("rule",))


def server(operation: Operation, name: str) -> Change:
    return Change(operation, Group.NODES, "Instance", name, (), f"urn of {name}")


def plan(*dangers: Risk, struck: tuple[Change, ...] = ()) -> Plan:
    compared = Compared(False, datetime(2026, 1, 1, tzinfo=UTC), 1.0)
    return Plan("demo", True, compared, changes=struck, risks=dangers)


def ask(*allow: str, yes: bool = True, answered: tuple[str, ...] = ()) -> Ask:
    return Ask(yes, False, 0, allow, answered)


@pytest.mark.parametrize("kind", [BATCH, MASTERS])
def test_a_danger_is_refused_with_the_words_that_allow_it(kind: Risk) -> None:
    wrong, hint, code = told(lambda: agreed(plan(OPEN, kind), ask()))
    assert wrong == f"bay demo: {kind.message}"
    assert hint == f"say --allow {kind.allowed_by} if that is what you want; --dry-run shows all of it"
    assert code == 1
    agreed(plan(OPEN, kind), ask(str(kind.allowed_by)))


def test_what_breaks_the_majority_is_refused_whatever_is_allowed() -> None:
    wrong, hint, _ = told(lambda: agreed(plan(MAJORITY), ask("masters", "batch", "volumes")))
    assert (wrong, hint) == (
        "bay demo: no majority",
        "keep the masters: 'bay repair' mends those that are not well, and 'bay scale' takes nodes",
    )


def test_a_danger_that_is_only_named_refuses_nothing() -> None:
    agreed(plan(OPEN), ask())


def test_yes_in_a_script_is_no_answer_to_more_than_a_batch_though_a_count_was_said() -> None:
    assert told(lambda: agreed(plan(BATCH), ask(yes=True, answered=("batch",))))[0].startswith("bay demo: 3 of 3")
    assert told(lambda: agreed(plan(BATCH), ask(yes=False, answered=("batch",))))[0].startswith("bay demo: 3 of 3")


def test_at_a_terminal_the_question_with_the_plan_above_it_is_enough(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str, bool]] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(change, "confirm", lambda deed, yes: asked.append((deed, yes)))
    agreed(plan(BATCH, struck=(server("delete", "demo-node-0"),)), ask(yes=False, answered=("batch",)))
    assert asked == [("delete 1 servers of bay demo: demo-node-0", False)]
    assert "danger (batch): 3 of 3 servers at once" in capsys.readouterr().err


def test_an_update_is_refused_at_a_terminal_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    assert told(lambda: agreed(plan(BATCH), ask(yes=False)))[0] == "bay demo: 3 of 3 servers at once"


def test_the_question_names_what_goes_and_what_stops() -> None:
    volume = Change("delete", Group.VOLUMES, "Volume", "demo-master-0-state")
    struck = (server("delete", "demo-node-2"), server("resize", "demo-node-0"), volume, server("create", "demo-node-9"))
    assert policy.deed(plan(struck=struck)) == (
        "delete 1 servers and resize 1 servers and delete 1 volumes of bay demo: "
        "demo-node-2, demo-node-0, demo-master-0-state"
    )
    assert policy.deed(plan(struck=(server("create", "demo-node-9"),))) == ""


def test_a_master_that_may_go_loses_its_protection_and_no_other() -> None:
    struck = (server("delete", "demo-master-2"), server("delete", "demo-node-0"))
    leave = agreed(plan(MASTERS, struck=struck), ask("masters"))
    assert leave.unprotected == ("urn of demo-master-2",)
    assert leave.kinds == ("batch", "hard", "masters")
    assert agreed(plan(struck=struck[1:]), ask()).unprotected == ()


def test_a_word_that_allows_nothing_is_refused() -> None:
    assert told(lambda: policy.check_kinds(["master"])) == (
        "--allow master: nothing that can be allowed",
        "nearest: masters",
        2,
    )


def test_what_a_file_allows_is_named_first_and_refuses_nothing() -> None:
    shown = with_allowed(plan(BATCH), ("batch", "volumes"))
    assert [danger.kind for danger in shown.risks] == ["allowed", "batch"]
    assert shown.risks[0] == Risk(
        "allowed",
        "its file lets batch, volumes go under 'pulumi up' (bay:allow); it is meant for one run, so take it out after "
        "that",
        ("batch", "volumes"),
    )
    assert with_allowed(plan(BATCH), ()) == plan(BATCH)
