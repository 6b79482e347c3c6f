"""From what a plan starts, and what it notes beside its changes."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bay.components.errors import BayError
from bay.components.spec import BaySpec
from bay.stacks.plan import planner
from bay.stacks.plan.preview_events import PreviewSteps
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.plans import COMPARED
from tests.fakes.states import complete, cut_off


def notes(state: StateSnapshot) -> tuple[str, ...]:
    """Of a plan that changes nothing of a bay in this state."""
    bay: Any = SimpleNamespace(name="demo", state=state)
    reached: Any = SimpleNamespace(never_launched=())
    what = planner.PlanInput(bay, state.require_spec(), lambda: reached)
    return planner._plan(what, PreviewSteps(), COMPARED, ()).notes


def test_a_run_that_was_interrupted_is_a_note_of_the_plan() -> None:
    assert notes(StateSnapshot.from_deployment("demo", cut_off())) == (
        "the previous run was interrupted while creating Instance demo-node-0",
    )
    assert notes(StateSnapshot.from_deployment("demo", complete())) == ()


@pytest.fixture
def managed_by_file(tmp_path: Path) -> Any:
    """A bay, in its checkout, whose file there cannot be read."""
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.demo.yaml").write_text("config: [")
    state = replace(StateSnapshot.from_deployment("demo", complete()), managed_by="file")
    return SimpleNamespace(name="demo", state=state, context=SimpleNamespace(checkout=tmp_path, cloud=None))


def given(before: BaySpec | None) -> BaySpec:
    assert before is not None
    return before


def test_a_plan_starts_from_the_file_of_the_checkout_that_manages_the_bay(managed_by_file: Any) -> None:
    with pytest.raises(BayError, match=r"Pulumi\.demo\.yaml"):
        planner.prepare(managed_by_file, given)


def test_a_plan_of_a_commits_file_does_not_read_the_one_in_the_folder(managed_by_file: Any) -> None:
    prepared = planner.prepare(managed_by_file, given, from_file=True)
    assert prepared.spec == managed_by_file.state.spec
