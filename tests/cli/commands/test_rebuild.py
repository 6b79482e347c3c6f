"""`bay rebuild`, and what `bay node list` and `bay list` say of outdated servers."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bay.cli import session
from bay.cli.app import run
from bay.components.errors import BayError
from bay.stacks.approval import Approve
from bay.stacks.bays import Description, Servers
from bay.stacks.cancellation import Cancellation
from bay.stacks.cluster.health import NOT_ASKED
from bay.stacks.operations.backup import BackupRequest
from bay.stacks.operations.outdated import Comparison, Reasons
from bay.stacks.operations.rebuild import RebuildRequest
from bay.stacks.operations.rebuild_plan import RebuildPlan, plan_rebuild
from bay.stacks.state.snapshot import StateSnapshot
from bay.stacks.state.status import Status
from tests.fakes.states import complete

Captured = pytest.CaptureFixture[str]
STATE = StateSnapshot.from_deployment("demo", complete())
OLD: Reasons = {"demo-node-0": ("image", "boot-data")}


class Bays:
    """The bay `demo`. refusal: why a rebuild would be refused. unknown: why it is not known what is outdated."""

    def __init__(self, found: Reasons, refusal: BayError | None = None, unknown: BayError | None = None) -> None:
        self.found, self.refusal, self.unknown = found, refusal, unknown
        self.request = RebuildRequest()
        self.context = self
        self.cancel = Cancellation()
        self.compared = 0

    def rebuild_plan(self, name: str, request: RebuildRequest) -> RebuildPlan:
        assert name == "demo"
        self.request = request
        plan = plan_rebuild(STATE, STATE.require_spec(), Comparison(self.found), request.selection)
        return replace(plan, refusal=self.refusal)

    def rebuild(self, name: str, request: RebuildRequest, *, approve: Approve) -> RebuildPlan:
        plan = self.rebuild_plan(name, request)
        if not plan.is_empty:
            approve(plan)
        return plan

    def servers(self, _name: str) -> Servers:
        return Servers(STATE, {}, NOT_ASKED)

    def outdated(self, _name: str) -> Reasons:
        self.compared += 1
        if self.unknown:
            raise self.unknown
        return self.found

    def names(self) -> list[str]:
        return ["demo", "other"]

    def describe(self, name: str) -> Description:
        return Description(replace(STATE, name=name), Status("CREATE_COMPLETE"))

    def newer_images(self, states: Iterable[StateSnapshot]) -> Mapping[str, Mapping[str, int]]:
        assert [state.name for state in states] == ["demo", "other"]
        return {"demo": {"debian-12-docker": 2}}


def bay(bays: Bays, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(session, "open_bays", lambda *_login, **_more: bays)
    return run(list(words))


def test_the_plan_is_shown_and_carried_out(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bay(Bays(OLD), monkeypatch, "rebuild", "demo", "--yes") == 0
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[0] == "bay demo: 1 server is outdated"
    assert "image, boot-data" in shown.err
    assert shown.err.splitlines()[-1] == "bay demo: 1 server rebuilt"


def test_nobody_is_asked_without_a_terminal(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bay(Bays(OLD), monkeypatch, "rebuild", "demo") == 2
    assert "this would replace demo-node-0 of bay demo in 1 batch" in capsys.readouterr().err


def test_where_nothing_is_outdated_that_is_all_that_is_said(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bay(Bays({}), monkeypatch, "rebuild", "demo") == 0
    assert capsys.readouterr() == ("", "bay demo: no server is rebuilt\n")


def test_a_server_that_stays_outdated_is_named(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    bays = Bays({**OLD, "demo-master-0": ("image",)})
    assert bay(bays, monkeypatch, "rebuild", "demo", "--yes") == 0
    assert capsys.readouterr().err.splitlines()[-1] == ("bay demo: 1 server rebuilt; demo-master-0 stays outdated")


def test_the_options_reach_the_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    bays = Bays(OLD)
    words = (
        "--group",
        "node",
        "--node",
        "demo-node-0",
        "--image",
        "new",
        "--max-unavailable",
        "25%",
        "--no-wait",
        "--backup-to",
        "b",
    )
    assert bay(bays, monkeypatch, "rebuild", "demo", *words, "--dry-run") == 0
    selection = bays.request.selection
    assert (selection.group, selection.nodes, selection.max_unavailable) == ("node", {"demo-node-0"}, "25%")
    assert bays.request.backup == BackupRequest(Path("b"))
    assert (bays.request.image, bays.request.wait, selection.lose_data) == ("new", False, False)


def test_a_dry_run_prints_the_batches_and_ends_as_a_rebuild_would(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bay(Bays(OLD), monkeypatch, "rebuild", "demo", "--dry-run", "-f", "json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row == {
        "batch": 1,
        "action": "replace",
        "type": "Instance",
        "name": "demo-node-0",
        "reason": "image, boot-data",
    }
    refused = Bays(OLD, BayError("demo-node-1 is ERROR", "repair it"))
    assert bay(refused, monkeypatch, "rebuild", "demo", "--dry-run", "-f", "markdown") == 1
    shown = capsys.readouterr()
    assert "| 1 | replace | Instance | `demo-node-0` | `image, boot-data` |" in shown.out
    assert "demo-node-1 is ERROR" in shown.err


@pytest.mark.parametrize("size", ["0", "0%", "many"])
def test_a_batch_of_nothing_is_a_wrong_option(size: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bay(Bays(OLD), monkeypatch, "rebuild", "demo", "--yes", "--max-unavailable", size) == 2
    assert "a number from 1, or a share from 1% to 100%" in capsys.readouterr().err


def test_the_list_of_nodes_says_in_what_they_are_outdated(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bay(Bays(OLD), monkeypatch, "node", "list", "demo", "--long", "-f", "json") == 0
    rows = {row["name"]: row["outdated"] for row in json.loads(capsys.readouterr().out)}
    assert rows == {"demo-master-0": [], "demo-node-0": ["image", "boot-data"]}


def test_where_that_is_not_known_the_rest_is_listed(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    bays = Bays(OLD, unknown=BayError("image: there is no image 'x'", "nearest: y"))
    assert bay(bays, monkeypatch, "node", "list", "demo", "--long", "-f", "json") == 0
    shown = capsys.readouterr()
    assert [row["outdated"] for row in json.loads(shown.out)] == [None, None]
    assert shown.err == "which servers are outdated is not known: image: there is no image 'x'\n"


def test_it_is_not_compared_for_columns_that_do_not_need_it(monkeypatch: pytest.MonkeyPatch) -> None:
    bays = Bays(OLD)
    assert bay(bays, monkeypatch, "node", "list", "demo") == 0
    assert bay(bays, monkeypatch, "node", "list", "demo", "-c", "name") == 0
    assert bays.compared == 0
    assert bay(bays, monkeypatch, "node", "list", "demo", "-c", "name", "-c", "outdated") == 0
    assert bays.compared == 1


def test_bays_with_a_newer_image_are_listed(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bay(Bays(OLD), monkeypatch, "list", "--outdated", "-f", "json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["name"], row["outdated"]) == ("demo", ["debian-12-docker: 2 servers"])
