"""The question before damage: without a terminal only --yes will do; what is risky is refused or asked for before."""

import io
import sys
from datetime import UTC, datetime

import pytest

from bay.cli import prompts
from bay.cli.prompts import TerminalApproval, confirm
from bay.stacks.approval import Approvable, Risk
from bay.stacks.plan.types import Change, Compared, Group, Operation, Plan
from tests.fakes.messages import told

Captured = pytest.CaptureFixture[str]
BATCH = Risk("batch", "3 of 3 servers at once", ("demo-node-0",), True, "batch")
MASTERS = Risk("masters", "demo-master-2 deleted", ("demo-master-2",), True, "masters")
QUORUM = Risk("masters", "no quorum", ("demo-master-1", "demo-master-2"), True, None)
OPEN = Risk("open", "tcp 22, open to the world", ("rule",))


def server(operation: Operation, name: str) -> Change:
    return Change(operation, Group.NODES, "Instance", name, (), f"urn of {name}")


def plan(*risks: Risk, changes: tuple[Change, ...] = ()) -> Plan:
    return Plan("demo", True, Compared(False, datetime(2026, 1, 1, tzinfo=UTC), 1.0), changes=changes, risks=risks)


GOING = (server("delete", "demo-node-0"),)
DEED = "delete 1 servers of bay demo: demo-node-0"


@pytest.fixture
def shown() -> list[Approvable]:
    """The plans that were shown."""
    return []


@pytest.fixture
def approval(shown: list[Approvable]) -> type[TerminalApproval]:
    """`TerminalApproval` that notes what it shows."""

    class Noted(TerminalApproval):
        def __init__(
            self,
            *allow: str,
            yes: bool = True,
            answers: tuple[str, ...] = (),
            always_shows: bool = False,
        ) -> None:
            super().__init__(yes, shown.append, allow, answers, always_shows)

    return Noted


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Somebody sits there and says yes to every question; the questions."""
    asked: list[str] = []

    def ask(text: str, err: bool) -> bool:
        assert err
        asked.append(text)
        return True

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(prompts.typer, "confirm", ask)
    return asked


def test_without_a_terminal_damage_needs_yes() -> None:
    assert not sys.stdin.isatty()
    assert told(lambda: confirm("delete bay demo", False)) == (
        "this would delete bay demo",
        "add --yes to do it without a question",
        2,
    )
    confirm("delete bay demo", True)


@pytest.mark.parametrize(("answer", "goes_on"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_at_a_terminal_the_user_is_asked_on_stderr(
    answer: str, goes_on: bool, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    typed = io.StringIO(answer)
    monkeypatch.setattr(typed, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", typed)
    if goes_on:
        confirm("delete bay demo", False)
    else:
        assert told(lambda: confirm("delete bay demo", False)) == ("nothing was changed", "", 1)
    found = capsys.readouterr()
    assert found.out.strip() == ""
    assert found.err == "Delete bay demo? [y/N]:"


@pytest.mark.parametrize("risk", [BATCH, MASTERS])
def test_a_risk_is_refused_with_the_words_that_allow_it(risk: Risk, approval: type[TerminalApproval]) -> None:
    wrong, hint, code = told(lambda: approval()(plan(OPEN, risk)))
    assert wrong == f"bay demo: {risk.message}"
    assert hint == f"add --allow {risk.allowed_by} if that is what you want; --dry-run shows the whole plan"
    assert code == 1
    assert approval(str(risk.allowed_by))(plan(OPEN, risk)).allow == {risk.allowed_by}


def test_what_breaks_the_quorum_is_refused_whatever_is_allowed(approval: type[TerminalApproval]) -> None:
    wrong, hint, _ = told(lambda: approval("masters", "batch", "volumes")(plan(QUORUM)))
    assert (wrong, hint) == (
        "bay demo: no quorum",
        "keep the masters: 'bay repair' recreates unhealthy ones, and 'bay scale' removes nodes",
    )


def test_a_risk_that_is_only_named_refuses_nothing(approval: type[TerminalApproval]) -> None:
    assert approval()(plan(OPEN)).allow == frozenset()


@pytest.mark.parametrize("yes", [True, False])
def test_yes_in_a_script_is_no_answer_to_more_than_a_batch_though_a_count_was_said(
    yes: bool, approval: type[TerminalApproval], shown: list[Approvable]
) -> None:
    wrong, _, _ = told(lambda: approval(yes=yes, answers=("batch",))(plan(BATCH, changes=GOING)))
    assert wrong == "bay demo: 3 of 3 servers at once"
    assert shown == []


def test_at_a_terminal_the_question_with_the_plan_above_it_is_enough(
    approval: type[TerminalApproval], shown: list[Approvable], at_a_terminal: list[str]
) -> None:
    risky = plan(BATCH, changes=GOING)
    assert approval(yes=False, answers=("batch",))(risky).allow == {"batch"}
    assert shown == [risky]
    assert at_a_terminal == [f"D{DEED[1:]}?"]


@pytest.mark.usefixtures("at_a_terminal")
def test_yes_at_a_terminal_was_typed_before_there_was_a_plan(
    approval: type[TerminalApproval], shown: list[Approvable], at_a_terminal: list[str]
) -> None:
    assert told(lambda: approval(yes=True, answers=("batch",))(plan(BATCH)))[0] == "bay demo: 3 of 3 servers at once"
    assert (shown, at_a_terminal) == ([], [])


@pytest.mark.usefixtures("at_a_terminal")
def test_an_update_is_refused_at_a_terminal_too(approval: type[TerminalApproval]) -> None:
    assert told(lambda: approval(yes=False)(plan(BATCH)))[0] == "bay demo: 3 of 3 servers at once"


def test_what_takes_nothing_away_is_neither_shown_nor_asked_for(
    approval: type[TerminalApproval], shown: list[Approvable], at_a_terminal: list[str]
) -> None:
    approval(yes=False)(plan(OPEN, changes=(server("create", "demo-node-9"),)))
    assert (shown, at_a_terminal) == ([], [])


@pytest.mark.parametrize("changes", [(), GOING])
def test_a_plan_that_is_always_shown_is_shown_once(
    changes: tuple[Change, ...], approval: type[TerminalApproval], shown: list[Approvable]
) -> None:
    known = plan(changes=changes)
    approval(yes=True, always_shows=True)(known)
    assert shown == [known]


def test_a_plan_that_is_always_shown_is_shown_before_it_is_refused_for_want_of_a_terminal(
    approval: type[TerminalApproval], shown: list[Approvable]
) -> None:
    known = plan(changes=GOING)
    assert told(lambda: approval(yes=False, always_shows=True)(known)) == (
        f"this would {DEED}",
        "add --yes to do it without a question",
        2,
    )
    assert shown == [known]


def test_a_no_changes_nothing(
    approval: type[TerminalApproval], at_a_terminal: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompts.typer, "confirm", lambda _text, err: False)
    assert told(lambda: approval(yes=False)(plan(changes=GOING))) == ("nothing was changed", "", 1)
    assert at_a_terminal == []
