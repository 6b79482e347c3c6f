"""`bay upgrade`: the plan in each format, what is asked, and what is said."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bay.cli import session
from bay.cli.app import run
from bay.components.engines import ENGINES
from bay.components.engines.upgrades import DeprecatedCall, EngineVersion, upgrade_rules
from bay.components.errors import BayError, InvalidInput
from bay.stacks.approval import Approve
from bay.stacks.cancellation import Cancellation
from bay.stacks.operations.backup import BackupRequest
from bay.stacks.operations.outdated import Comparison, Reasons
from bay.stacks.operations.rebuild_plan import Selection, plan_rebuild
from bay.stacks.operations.upgrade_plan import UpgradePlan
from bay.stacks.operations.upgrade_target import UpgradeRequest
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.states import complete

Captured = pytest.CaptureFixture[str]
STATE = StateSnapshot.from_deployment("demo", complete())
OLD: Reasons = {"demo-node-0": ("image", "boot-data")}
OF, TO = EngineVersion(1, 33, 5), EngineVersion(1, 34, 2)
CRON = DeprecatedCall("batch/v1beta1 cronjobs", EngineVersion(1, 34))


class Bays:
    """The bay `demo`. refusal: why it would be refused. error: what the rules say. calls: deprecated ones."""

    def __init__(
        self,
        found: Reasons,
        *,
        refusal: BayError | None = None,
        error: BayError | None = None,
        calls: tuple[DeprecatedCall, ...] | None = (),
    ) -> None:
        self.found, self.refusal, self.error, self.calls = found, refusal, error, calls
        self.request = UpgradeRequest()
        self.context = self
        self.cancel = Cancellation()

    def upgrade_plan(self, name: str, request: UpgradeRequest) -> UpgradePlan:
        assert name == "demo"
        self.request = request
        if self.error:
            raise self.error
        rules = upgrade_rules(ENGINES["kubernetes"])
        assert rules
        plan = plan_rebuild(STATE, STATE.require_spec(), Comparison(self.found), Selection())
        running = dict.fromkeys(("demo-master-0", "demo-node-0"), OF)
        return UpgradePlan(rules, TO, replace(plan, refusal=self.refusal), running, ("demo-master-0",), self.calls)

    def upgrade(self, name: str, request: UpgradeRequest, *, approve: Approve) -> UpgradePlan:
        plan = self.upgrade_plan(name, request)
        if not plan.is_empty:
            approve(plan)
        return plan


def bay(bays: Bays, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(session, "open_bays", lambda *_login, **_more: bays)
    return run(["upgrade", "demo", *words])


def test_the_plan_is_shown_and_carried_out(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bay(Bays(OLD), monkeypatch, "--version", "1.34.2", "--yes") == 0
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[0] == "bay demo: Kubernetes 1.33.5 -> 1.34.2; 1 server to replace"
    assert "demo-node-0" in shown.err
    assert shown.err.splitlines()[-1] == "bay demo: upgraded to Kubernetes 1.34.2"


def test_nobody_is_asked_without_a_terminal(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bay(Bays(OLD), monkeypatch, "--version", "1.34.2") == 2
    assert "this would replace demo-node-0 of bay demo in 1 batch" in capsys.readouterr().err


def test_where_it_is_done_that_is_said(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bay(Bays({}), monkeypatch, "--version", "1.34.2") == 0
    assert capsys.readouterr() == ("", "bay demo: runs Kubernetes 1.34.2 already\n")


def test_the_options_reach_the_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    bays = Bays(OLD)
    words = ("--version", "1.34.2", "--model", "next", "--image", "new", "--max-unavailable", "2", "--no-wait")
    words = (*words, "--backup-to", "b")
    assert bay(bays, monkeypatch, *words, "--dry-run") == 0
    request = bays.request
    assert (request.version, request.model, request.image) == ("1.34.2", "next", "new")
    assert (request.max_unavailable, request.wait) == ("2", False)
    assert request.backup == BackupRequest(Path("b"))


def test_a_dry_run_prints_the_steps_and_ends_as_an_upgrade_would(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bay(Bays(OLD, calls=(CRON,)), monkeypatch, "--version", "1.34.2", "--dry-run", "-f", "json") == 0
    shown = capsys.readouterr()
    check, server = json.loads(shown.out)
    assert (check["type"], check["name"]) == ("DeprecatedAPI", "batch/v1beta1 cronjobs")
    assert server == {
        "batch": 1,
        "action": "replace",
        "type": "Instance",
        "name": "demo-node-0",
        "from": "1.33.5",
        "to": "1.34.2",
        "reason": "image, boot-data",
    }
    said = "bay demo: Kubernetes 1.34.2 has no more what clients have called: batch/v1beta1 cronjobs"
    assert shown.err.splitlines()[-1] == said
    refused = Bays(OLD, refusal=BayError("demo-node-1 is ERROR", "repair it"))
    assert bay(refused, monkeypatch, "--version", "1.34.2", "--dry-run", "-f", "markdown") == 1
    shown = capsys.readouterr()
    assert "| 1 | replace | Instance | `demo-node-0` | `1.33.5` | `1.34.2` |" in shown.out
    assert "demo-node-1 is ERROR" in shown.err


def test_where_no_master_tells_of_calls_that_is_said(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bay(Bays(OLD, calls=None), monkeypatch, "--version", "1.34.2", "--dry-run") == 0
    assert "it is not known whether clients call APIs that go away" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BayError("bay demo: from Kubernetes 1.33.5 to 1.35.0 leaves out 1.34", "first --version 1.34.N"), 1),
        (InvalidInput("'1.35' is no version of Kubernetes", "give all three numbers"), 2),
    ],
)
def test_a_step_that_is_not_allowed_is_two_lines(
    error: BayError, code: int, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in ((), ("--dry-run",), ("--yes",)):
        assert bay(Bays(OLD, error=error), monkeypatch, "--version", "1.35.0", *words) == code
        shown = capsys.readouterr()
        assert (shown.out, len(shown.err.splitlines())) == ("", 2)
        assert error.message in shown.err
        assert error.hint in shown.err
