"""Progress on stderr: a line a component while a phase lasts, with what began and what ended; notices as they come."""

import re
import threading
from collections.abc import Callable

import pytest

from bay.cli.console import board
from bay.cli.console.board import Board
from bay.cli.console.progress import Progress, stages
from bay.stacks.automation.progress import Progress as PulumiProgress
from bay.stacks.events import (
    BatchStarted,
    Event,
    Notice,
    Phase,
    PhaseEnded,
    PhaseStarted,
    ResourceProgress,
    ServerProgress,
)
from tests.fakes.pulumi_events import begins, ends, fails, urn

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Progress:
    """Progress of a phase of bay demo that has begun, of which each line is printed once before its end."""
    monkeypatch.setattr(board, "INTERVAL", 1000.0)
    listener = Progress()
    listener(PhaseStarted("demo", "apply"))
    return listener


@pytest.fixture
def pulumi(shown: Progress) -> PulumiProgress:
    """What Pulumi's events are handed to, for `shown`."""
    return PulumiProgress("demo", shown)


def board_of(listener: Progress) -> Board:
    assert listener._board is not None
    return listener._board


def node(index: int) -> str:
    return urn("Instance", f"demo-node-{index}", "Bay", "Servers")


def without_seconds(line: str) -> str:
    """A line without its seconds, blanks made one."""
    return re.sub(r"^ *\d+ s +|(?<= ) +", "", line)


def lines(listener: Progress) -> list[str]:
    return [without_seconds(line) for line in board_of(listener).text().plain.splitlines()]


def test_a_component_is_counted_while_it_is_created(shown: Progress, pulumi: PulumiProgress) -> None:
    for index in range(3):
        pulumi(begins("create", node(index)))
    assert lines(shown) == [
        "servers demo-node creating 0 of 3, waiting for demo-node-0, demo-node-1, demo-node-2",
    ]
    pulumi(ends("create", node(1)))
    assert lines(shown) == ["servers demo-node creating 1 of 3, waiting for demo-node-0, demo-node-2"]
    pulumi(ends("create", node(0)))
    pulumi(ends("create", node(2)))
    assert lines(shown) == ["servers demo-node created 3"]


def test_what_failed_is_counted_too(shown: Progress, pulumi: PulumiProgress) -> None:
    pulumi(begins("create", node(0)))
    pulumi(begins("create", node(1)))
    pulumi(ends("create", node(0)))
    pulumi(fails("create", node(1)))
    assert lines(shown) == ["servers demo-node creating 1 of 2, 1 failed"]


def test_each_operation_of_a_component_has_its_words(shown: Progress, pulumi: PulumiProgress) -> None:
    for operation, index in (("delete", 1), ("update", 2), ("replace", 3)):
        pulumi(begins(operation, node(index)))
        pulumi(ends(operation, node(index)))
    pulumi(begins("delete", urn("Network", "demo", "Bay", "Network")))
    assert lines(shown) == [
        "network deleting 0 of 1, waiting for Network demo",
        "servers demo-node deleted 1",
        "servers demo-node replaced 1",
        "servers demo-node updated 1",
    ]


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        ("create", "creating 0 of 1"),
        ("delete", "deleting 0 of 1"),
        ("update", "updating 0 of 1"),
        ("replace", "replacing 0 of 1"),
    ],
)
def test_what_is_under_way_has_its_words_too(
    operation: str, words: str, shown: Progress, pulumi: PulumiProgress
) -> None:
    pulumi(begins(operation, node(0)))
    assert lines(shown) == [f"servers demo-node {words}, waiting for demo-node-0"]


def test_components_providers_and_what_stays_are_not_counted(shown: Progress, pulumi: PulumiProgress) -> None:
    for event in (
        begins("create", urn("Bay", "demo")),
        begins("create", urn("Servers", "demo-node", "Bay")),
        begins("create", urn("Provider", "default")),
        begins("same", node(0)),
    ):
        pulumi(event)
    assert lines(shown) == []


def test_of_many_that_are_waited_for_some_are_named(shown: Progress, pulumi: PulumiProgress) -> None:
    for index in range(10):
        pulumi(begins("create", node(index)))
    pulumi(fails("create", node(0)))
    assert lines(shown) == [
        "servers demo-node creating 0 of 10, 1 failed, waiting for demo-node-1, demo-node-2, demo-node-3 and 6 more"
    ]


def test_where_stderr_is_no_terminal_the_end_is_said_once(
    shown: Progress, pulumi: PulumiProgress, capsys: Captured
) -> None:
    pulumi(begins("create", node(0)))
    pulumi(ends("create", node(0)))
    shown(PhaseEnded("demo", "apply"))
    out, err = capsys.readouterr()
    assert out == ""
    first, last = err.splitlines()
    assert without_seconds(first) == "servers demo-node creating 0 of 1, waiting for demo-node-0"
    assert last.endswith("servers demo-node        created 1")


def test_where_stderr_is_no_terminal_each_change_is_a_line_and_what_stays_is_none(
    shown: Progress, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "INTERVAL", 0.0)
    for done in (1, 1, 2):
        shown(ResourceProgress("demo", "network", "create", done, 2))
        shown(ResourceProgress("demo", "firewall", "create", 0, 7, waiting=("SecGroup demo",)))
    assert said(capsys) == [
        "network creating 1 of 2",
        "firewall creating 0 of 7, waiting for SecGroup demo and 6 more",
        "network created 2",
    ]


def test_a_line_that_changes_all_the_time_is_printed_now_and_then(shown: Progress, capsys: Captured) -> None:
    for done in range(1000):
        shown(ResourceProgress("demo", "servers demo-node", "create", done, 1000))
    shown(PhaseEnded("demo", "apply"))
    assert said(capsys) == ["servers demo-node creating 0 of 1000", "servers demo-node creating 999 of 1000"]


def test_what_is_waited_for_is_said_again_after_a_long_silence(
    shown: Progress, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown(ResourceProgress("demo", "network", "create", 4, 4))
    shown(ServerProgress("demo", "node", {"ready": 1, "booting": 1}))
    said(capsys)
    board_of(shown).print_waiting()
    assert said(capsys) == ["still engine on nodes 1 of 2 ready (booting 1)"]


def test_a_board_of_its_own_accord_says_again_what_it_waits_for(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "INTERVAL", 0.01)
    monkeypatch.setattr(board, "SILENCE", 0.0)
    shown, again = Progress(), threading.Event()
    monkeypatch.setattr(Board, "print_waiting", lambda _: again.set())
    shown(PhaseStarted("demo", "apply"))
    assert again.wait(30)
    shown(PhaseEnded("demo", "apply"))


def test_each_line_has_seconds_of_its_own_and_one_that_ended_goes_on_no_more() -> None:
    line = board.Line(began=10.0)
    assert line.seconds(17.0) == 7.0
    line.ended = 12.0
    assert line.seconds(17.0) == 2.0


def said(capsys: Captured) -> list[str]:
    return [without_seconds(line) for line in capsys.readouterr().err.splitlines()]


def test_a_phase_in_which_nothing_happens_prints_nothing(shown: Progress, capsys: Captured) -> None:
    shown(PhaseEnded("demo", "apply"))
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("phase", ["apply", "refresh", "destroy", "wait"])
def test_a_new_phase_begins_with_no_lines_of_the_one_before(phase: Phase, shown: Progress, capsys: Captured) -> None:
    shown(ResourceProgress("demo", "network", "create", 1, 1))
    shown(PhaseEnded("demo", "apply"))
    shown(PhaseStarted("demo", phase))
    assert lines(shown) == []
    shown(PhaseEnded("demo", phase))
    assert len(capsys.readouterr().err.splitlines()) == 1, "what the first phase did"


def test_progress_outside_of_a_phase_shows_nothing(capsys: Captured) -> None:
    shown = Progress()
    for event in (
        ResourceProgress("demo", "network", "create", 0, 1),
        ServerProgress("demo", "node", {"ready": 1}),
        PhaseEnded("demo", "apply"),
    ):
        shown(event)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Notice("demo", "resuming", "the previous run was [interrupted]"), "the previous run was [interrupted]"),
        (BatchStarted("demo", 1, 2, ("demo-node-0", "demo-node-1")), "batch 1 of 2: demo-node-0, demo-node-1"),
        (
            BatchStarted("demo", 2, 2, tuple(f"demo-node-{index}" for index in range(6))),
            "batch 2 of 2: demo-node-0, demo-node-1, demo-node-2, demo-node-3, demo-node-4, ... (6 in all)",
        ),
    ],
)
def test_notices_and_batches_are_lines(event: Event, line: str, capsys: Captured) -> None:
    Progress()(event)
    assert capsys.readouterr() == ("", f"{line}\n")


def test_servers_that_are_waited_for_have_a_line_a_role(shown: Progress) -> None:
    shown(ServerProgress("demo", "node", {"ready": 1, "cluster": 1, "booting": 1}))
    shown(ServerProgress("demo", "master", {"booting": 1}))
    shown(ServerProgress("demo", "master", {"ready": 1}))
    assert lines(shown) == [
        "engine on masters 1 of 1 ready",
        "engine on nodes 1 of 3 ready (booting 1, cluster 1)",
    ]
    text = board_of(shown).text().plain
    assert "engine on masters        1 of 1 ready" in text
    assert "engine on nodes          1 of 3 ready" in text, "the numbers stand below each other"


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"ready": 3}, "3 of 3 ready"),
        ({"ready": 1, "cluster": 1, "booting": 1}, "1 of 3 ready (booting 1, cluster 1)"),
        ({"booting": 2}, "0 of 2 ready (booting 2)"),
        ({}, "0 of 0 ready"),
    ],
)
def test_stages_say_how_many_are_ready_and_where_the_others_are(counts: dict[str, int], words: str) -> None:
    assert stages(counts) == words


def test_at_a_terminal_lines_are_rewritten_until_the_end_of_the_phase(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    class Screen:
        is_terminal = True

    class Live:
        def __init__(self, get_renderable: Callable[[], object], **_more: object) -> None:
            self.text = get_renderable

        def start(self) -> None:
            calls.append("start")

        def stop(self) -> None:
            calls.append(str(self.text()))

    monkeypatch.setattr(board, "errors", Screen())
    monkeypatch.setattr(board, "Live", Live)
    shown = Progress()
    shown(PhaseStarted("demo", "apply"))
    shown(ResourceProgress("demo", "network", "create", 0, 1))
    shown(ResourceProgress("demo", "network", "create", 1, 1))
    shown(PhaseEnded("demo", "apply"))
    assert calls[0] == "start"
    assert [without_seconds(line) for line in calls[1].splitlines()] == ["network created 1"]
