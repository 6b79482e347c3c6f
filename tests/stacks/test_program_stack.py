"""Bays of a user's own program: found by their names in its stacks, read, and changed by nobody else."""

import json
from pathlib import Path

import pytest

from bay.components.errors import BayError
from bay.stacks.errors import NotFound
from bay.stacks.opening import opened, opened_for_change
from bay.stacks.program_stack import ProgramBayStack, names_in_program
from bay.stacks.settings import SHARED
from tests.fakes.messages import told
from tests.fakes.stack import FakeContext, write_state
from tests.fakes.states import complete
from tests.stacks.state.test_program_state import declared


@pytest.fixture
def context(tmp_path: Path) -> FakeContext:
    """The program annex with two stacks, of which each has a bay web; and a bay of bay's own."""
    state = tmp_path / "state"
    write_state(state, complete())
    for stack, bays in (("production", ("web", "batch")), ("trial", ("web",))):
        file = write_state(state, declared(*bays), stack)
        target = file.parents[1] / "annex" / file.name
        target.parent.mkdir(exist_ok=True)
        file.rename(target)
    context = FakeContext(folder=tmp_path)
    context.project = "annex"
    context.answers["stack ls"] = json.dumps([{"name": "production"}, {"name": "organization/annex/trial"}])
    return context


def test_bays_are_named_with_their_stack_only_where_that_is_needed(context: FakeContext) -> None:
    assert names_in_program(context) == ["batch", "production/web", "trial/web"]


@pytest.mark.parametrize(
    ("name", "stack"), [("batch", "production"), ("production/batch", "production"), ("trial/web", "trial")]
)
def test_a_bay_is_opened_by_its_name(context: FakeContext, name: str, stack: str) -> None:
    with opened(context, name) as bay:
        assert isinstance(bay, ProgramBayStack)
        assert (bay.name, bay.project, bay.stack_name) == (name.split("/")[-1], "annex", stack)
        assert bay.state.name == bay.name
        assert bay.state.is_complete


def test_the_passphrase_is_the_programs_and_not_that_of_a_bay_of_this_name(context: FakeContext) -> None:
    for name in ("batch", SHARED):
        file = context.settings.passphrase_file(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    with opened(context, "batch") as bay:
        assert bay.pulumi.environment["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(context.settings.shared_passphrase_file)


def open_bay(context: FakeContext, name: str) -> None:
    with opened(context, name):
        pass


def change(context: FakeContext, name: str) -> None:
    with opened_for_change(context, name):
        pass


def test_a_name_that_several_stacks_have_is_asked_back(context: FakeContext) -> None:
    assert told(lambda: open_bay(context, "web"))[:2] == (
        "several stacks of annex have a bay 'web'",
        "name one: production/web, trial/web",
    )


def test_a_bay_that_is_not_there_has_the_nearest(context: FakeContext) -> None:
    with pytest.raises(NotFound):
        open_bay(context, "batsh")
    message, hint, *_ = told(lambda: open_bay(context, "batsh"))
    assert message == "there is no bay 'batsh' in the program annex"
    assert hint == "nearest: batch; 'bay list --project annex' shows the bays"


def test_it_is_changed_by_its_program_alone(context: FakeContext) -> None:
    with pytest.raises(BayError):
        change(context, "batch")
    assert told(lambda: change(context, "batch"))[:2] == (
        "bay batch is declared by the program annex, which alone changes it",
        "change the program, then: pulumi up",
    )


@pytest.mark.parametrize(
    "damage", [{"resources": [{}]}, {"resources": [3]}, {"resources": [{"type": "bay:index:Bay"}]}]
)
def test_a_damaged_state_is_said(context: FakeContext, tmp_path: Path, damage: object) -> None:
    file = tmp_path / "state" / ".pulumi" / "stacks" / "annex" / "trial.json"
    content = json.loads(file.read_text())
    content["checkpoint"]["latest"] = damage
    file.write_text(json.dumps(content))
    assert "the state of the program annex is damaged" in told(lambda: open_bay(context, "batch"))[0]
