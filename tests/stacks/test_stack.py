"""One bay's stack: its state is read from its file, edited as plain values, and never changed beside another run."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bay.components.errors import BayError
from bay.stacks.errors import Interrupted, Locked, UntrustedState
from bay.stacks.events import PhaseEnded, PhaseStarted
from bay.stacks.stack import PATIENCE, BayStack
from bay.stacks.state.snapshot import StateSnapshot
from bay.stacks.state.status import LastRun
from tests.fakes.messages import told
from tests.fakes.openstack import FakeCloud
from tests.fakes.processes import living_pulumi
from tests.fakes.stack import Clock, FakeContext, FakePulumi, write_history, write_lock, write_state
from tests.fakes.states import Deployment, complete


@pytest.fixture
def context(tmp_path: Path) -> FakeContext:
    return FakeContext(folder=tmp_path, cancel=Clock())


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The folder of the state, with a bay in it."""
    write_state(tmp_path / "state", complete())
    return tmp_path / "state"


@pytest.fixture
def bay(context: FakeContext, state: Path, tmp_path: Path) -> BayStack:
    return BayStack(context, "demo", tmp_path / "work")


@pytest.fixture(autouse=True)
def _work(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()


def pulumi(bay: BayStack) -> FakePulumi:
    assert isinstance(bay.pulumi, FakePulumi)
    return bay.pulumi


def written(state: Path) -> Deployment:
    """What the file of the state says."""
    found: Deployment = json.loads((state / ".pulumi/stacks/bay/demo.json").read_text())["checkpoint"]["latest"]
    return found


# What the state says


def test_a_state_in_a_file_is_read_without_pulumi(bay: BayStack) -> None:
    assert bay.state == StateSnapshot.from_deployment("demo", complete())
    assert bay.exists
    assert pulumi(bay).commands == []


def test_a_bay_that_is_not_there_costs_no_process_either(context: FakeContext, state: Path, tmp_path: Path) -> None:
    other = BayStack(context, "other", tmp_path / "work")
    assert other.state == StateSnapshot("other")
    assert not other.exists
    assert pulumi(other).commands == []


def test_what_the_file_does_not_tell_pulumi_is_asked_for(bay: BayStack, state: Path) -> None:
    (state / ".pulumi/stacks/bay/demo.json").rename(state / ".pulumi/stacks/bay/demo.json.gz")
    pulumi(bay).answers["stack export"] = json.dumps({"version": 3, "deployment": complete()})
    assert bay.state == StateSnapshot.from_deployment("demo", complete())
    assert pulumi(bay).commands == ["stack export"]


@pytest.mark.parametrize("in_file", [True, False])
def test_a_state_with_what_bay_does_not_write_is_refused_before_pulumi_has_it(
    bay: BayStack, state: Path, in_file: bool
) -> None:
    content = complete()
    urn = "urn:pulumi:demo::bay::command:local:Command::x"
    content["resources"].append({"urn": urn, "type": "command:local:Command", "id": "x"})
    write_state(state, content)
    if not in_file:
        (state / ".pulumi/stacks/bay/demo.json").rename(state / ".pulumi/stacks/bay/demo.json.gz")
        pulumi(bay).answers["stack export"] = json.dumps({"version": 3, "deployment": content})
    with pytest.raises(UntrustedState, match="another type, command:local:Command"):
        _ = bay.state
    with pytest.raises(UntrustedState), bay.edit():
        pass
    with pytest.raises(UntrustedState):
        bay.unprotected_copy()
    assert set(pulumi(bay).commands) <= {"stack export"}


def elsewhere(context: FakeContext, tmp_path: Path) -> BayStack:
    """One whose state is in no files."""
    return BayStack(context, "demo", tmp_path / "work", "s3://bays")


def test_a_state_elsewhere_is_pulumis(tmp_path: Path, context: FakeContext) -> None:
    bay = elsewhere(context, tmp_path)
    pulumi(bay).failures["stack export"] = ["error: no stack named 'demo' found"]
    assert bay.state == StateSnapshot("demo")
    assert not bay.exists


def test_the_state_is_read_once_until_something_changed_it(bay: BayStack, state: Path) -> None:
    assert bay.state is bay.state
    before = bay.state
    bay.unprotect("urn::x")
    assert bay.state is not before


def test_outputs_of_an_earlier_version_have_the_address_alone(bay: BayStack) -> None:
    pulumi(bay).answers["stack output"] = '{"api_address": "203.0.113.1:2376"}'
    assert bay.outputs() == {"api_address": "203.0.113.1:2376", "api_addresses": ["203.0.113.1:2376"]}
    pulumi(bay).answers["stack output"] = "{}"
    assert bay.outputs() == {}


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("", LastRun()),
        ("[]", LastRun()),
        ('[{"kind": "update", "result": "failed"}]', LastRun("update", "failed", 0, "")),
        (
            '[{"kind": "destroy", "result": "succeeded", "endTime": "2026-01-02T03:04:05.000Z"}, {"kind": "update"}]',
            LastRun("destroy", "succeeded", 0, "2026-01-02T03:04:05.000Z"),
        ),
    ],
)
def test_the_last_run_is_the_newest_of_two(context: FakeContext, tmp_path: Path, text: str, last: LastRun) -> None:
    bay = elsewhere(context, tmp_path)
    pulumi(bay).answers["stack history"] = text
    assert bay.last_run() == last


def test_the_last_run_is_read_from_the_files_of_the_state(bay: BayStack, tmp_path: Path) -> None:
    assert bay.last_run() == LastRun()
    write_history(tmp_path / "state", 1796051400, "update", "succeeded")
    write_history(tmp_path / "state", 1796051427, "destroy", "failed")
    assert bay.last_run() == LastRun("destroy", "failed", 1, "2026-11-30T15:10:27.000Z")
    assert pulumi(bay).commands == []


OK, FAILED, READ = (
    {"kind": kind, "result": result}
    for kind, result in (("update", "succeeded"), ("update", "failed"), ("refresh", "succeeded"))
)


@pytest.mark.parametrize(
    ("history", "count", "reads"),
    [
        ([OK], 1, 1),
        ([OK, OK], 2, 1),
        ([OK, FAILED], 1, 2),
        ([OK, FAILED, FAILED, FAILED], 1, 2),
        ([OK, READ, FAILED], 1, 2),
        ([READ, OK], 1, 2),
        ([OK, FAILED, OK], 2, 2),
        ([FAILED, FAILED, OK, OK], 2, 2),
    ],
)
def test_only_updates_that_went_through_are_counted(
    context: FakeContext,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    history: list[dict[str, str]],
    count: int,
    reads: int,
) -> None:
    """A creation that was resumed is a creation."""
    bay, sizes = elsewhere(context, tmp_path), list[int]()

    def command(*words: str) -> str:
        sizes.append(int(words[-1]))
        return json.dumps(history[: sizes[-1]])

    monkeypatch.setattr(bay, "command", command)
    last = bay.last_run()
    assert (last.count, last.result, len(sizes)) == (count, history[0]["result"], reads)


# Its cloud


def test_a_login_for_another_project_gets_no_connection_to_the_bays_cloud(context: FakeContext, bay: BayStack) -> None:
    context.openstack = FakeCloud(project_id="9" * 32)
    message, hint, _ = told(lambda: bay.cloud)
    assert message == (
        f"bay demo belongs to project {'1' * 32} at https://cloud.example:5000 (region RegionOne), "
        f"but the login is for project {'9' * 32} at https://cloud.example:5000 (region RegionOne)"
    )
    assert hint == "use the login that created demo: set OS_CLOUD or --os-cloud"


def test_a_bay_that_has_no_cloud_yet_takes_any(context: FakeContext, state: Path, tmp_path: Path) -> None:
    context.openstack = FakeCloud(project_id="9" * 32)
    assert BayStack(context, "other", tmp_path / "work").cloud is context.openstack


# Edits


def test_what_was_changed_in_an_edit_is_written_back(bay: BayStack, state: Path) -> None:
    with bay.edit() as content:
        assert content == complete()
        content["resources"].pop()
    assert written(state) == {**complete(), "resources": complete()["resources"][:-1]}
    assert pulumi(bay).commands == ["stack import"]
    assert len(bay.state.servers) == 1, "it is read again"


def test_an_edit_that_changes_nothing_costs_nothing(bay: BayStack) -> None:
    with bay.edit() as content:
        content["resources"] = [*content["resources"]]
    assert pulumi(bay).commands == []


def test_an_edit_that_fails_leaves_the_state_as_it_was(bay: BayStack, state: Path) -> None:
    def fail() -> None:
        with bay.edit() as content:
            content["resources"].clear()
            raise BayError("half way")

    assert told(fail)[0] == "half way"
    assert written(state) == complete()


def test_a_state_that_holds_nothing_can_be_edited(context: FakeContext, state: Path, tmp_path: Path) -> None:
    write_state(state, None, "empty")
    bay = BayStack(context, "empty", tmp_path / "work")
    pulumi(bay).answers["stack export"] = json.dumps({"version": 3, "deployment": None})
    assert bay.exists
    with bay.edit() as content:
        assert content == {}


def test_a_copy_has_nothing_protected_and_all_the_rest(bay: BayStack) -> None:
    copied = bay.unprotected_copy().deployment
    assert copied is not None
    assert not any("protect" in resource for resource in copied["resources"])
    assert any("protect" in resource for resource in complete()["resources"])
    assert [r["urn"] for r in copied["resources"]] == [r["urn"] for r in complete()["resources"]]
    assert copied["secrets_providers"] == complete()["secrets_providers"]


# Beside other runs


def ended() -> int:
    """The id of a process that is no more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


CHANGES: list[tuple[str, Callable[[BayStack], object]]] = [
    ("state unprotect", lambda bay: bay.unprotect("urn::x")),
    ("stack rm", lambda bay: bay.remove()),
    ("stack import", lambda bay: bay.replace_state(bay.unprotected_copy())),
]


@pytest.mark.parametrize(("command", "change"), CHANGES, ids=[one[0] for one in CHANGES])
def test_the_lock_of_a_run_that_is_no_more_is_removed_before_a_change(
    bay: BayStack, state: Path, context: FakeContext, command: str, change: Callable[[BayStack], object]
) -> None:
    lock = write_lock(state, ended())
    others = write_lock(state, ended(), stack="other")
    change(bay)
    assert not lock.exists()
    assert others.exists()
    assert pulumi(bay).commands == [command], "it cost no process and no try"
    assert context.notices == []


@pytest.fixture
def living(tmp_path: Path) -> Iterator[int]:
    """The id of a Pulumi that runs."""
    with living_pulumi(tmp_path) as pid:
        yield pid


def test_a_living_run_is_waited_for_and_that_is_told_once(
    bay: BayStack, state: Path, context: FakeContext, monkeypatch: pytest.MonkeyPatch, living: int
) -> None:
    lock, waits = write_lock(state, living), list[float]()

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            lock.unlink()

    monkeypatch.setattr(context.cancel, "sleep", sleep)
    bay.unprotect("urn::x")
    assert waits == [1, 1, 1]
    assert pulumi(bay).commands == ["state unprotect"] * 4
    holder = f"ada@{os.uname().nodename}, process {living}"
    assert context.notices == [f"bay demo is being changed by another run ({holder}); waiting for its end"]


def test_a_living_run_is_waited_for_only_so_long(
    bay: BayStack, state: Path, context: FakeContext, monkeypatch: pytest.MonkeyPatch, living: int
) -> None:
    clock = context.cancel
    assert isinstance(clock, Clock)
    monkeypatch.setattr("bay.stacks.stack.time", clock)
    lock = write_lock(state, living)
    with pytest.raises(Locked, match="bay demo is being changed by another run"):
        bay.unprotect("urn::x")
    assert PATIENCE < clock.seconds < PATIENCE + 2
    assert lock.exists()


def test_a_run_on_another_machine_is_not_waited_for(bay: BayStack, state: Path, context: FakeContext) -> None:
    lock = write_lock(state, ended(), host="elsewhere")
    with pytest.raises(Locked) as refused:
        bay.unprotect("urn::x")
    assert (refused.value.here, refused.value.dead) == (False, False)
    assert refused.value.hint == "wait for it, or 'bay cancel demo' if that run is no more"
    assert lock.exists()
    assert context.notices == []


def test_a_lock_that_only_pulumi_sees_is_removed_by_pulumi_where_its_holder_is_no_more(
    context: FakeContext, tmp_path: Path
) -> None:
    """Of a bucket, whose files nobody here reads."""
    bay = BayStack(context, "demo", tmp_path / "work", "s3://bays")
    locked = f"error: the stack is currently locked by 1 lock(s). created by ada@{os.uname().nodename} (pid {ended()})"
    pulumi(bay).failures["state unprotect"] = [locked]
    bay.unprotect("urn::x")
    assert pulumi(bay).commands == ["state unprotect", "cancel", "state unprotect"]


def test_who_cancels_does_not_wait_for_another_run(
    bay: BayStack, state: Path, context: FakeContext, living: int
) -> None:
    write_lock(state, living)
    context.cancel.request()
    with pytest.raises(Interrupted):
        bay.unprotect("urn::x")


def test_a_run_that_was_stopped_is_interrupted_whatever_pulumi_says_of_it(bay: BayStack, context: FakeContext) -> None:
    """It calls a destroy that it stopped a success."""
    pulumi(bay).failures["state unprotect"] = ["error: update canceled"]
    context.cancel.request()
    with pytest.raises(Interrupted):
        bay.unprotect("urn::x")


def test_an_error_of_pulumi_is_told_in_words_of_what_to_do(bay: BayStack) -> None:
    pulumi(bay).failures["state unprotect"] = ["error: No such resource"]
    assert told(lambda: bay.unprotect("urn::x"))[0] == "bay demo: No such resource"


def test_a_lock_can_be_taken_away_on_request(bay: BayStack, state: Path, living: int) -> None:
    lock = write_lock(state, living)
    bay.cancel()
    assert not lock.exists()


# Made and gone


def test_a_stack_is_made_though_a_run_died_that_was_making_it(
    context: FakeContext, state: Path, tmp_path: Path
) -> None:
    lock = write_lock(state, ended(), stack="new")
    bay = BayStack(context, "new", tmp_path / "work")
    assert not bay.state.ids
    bay.create()
    assert not lock.exists()
    assert pulumi(bay).commands == ["stack init"]


def test_a_stack_is_made_once(context: FakeContext, state: Path, tmp_path: Path) -> None:
    bay = BayStack(context, "new", tmp_path / "work")
    assert not bay.state.ids
    bay.create()
    bay.create()
    assert bay.state == StateSnapshot("new")
    assert pulumi(bay).commands == ["stack init"], "nobody asks what is in a new one"
    assert bay.exists
    assert (state / ".pulumi/stacks/bay/new.json").exists()


def test_pulumi_gets_a_login_once_it_runs_on_the_stack_and_not_before(bay: BayStack, tmp_path: Path) -> None:
    """Looking at a state needs no cloud."""
    assert bay.state.is_complete
    bay.last_run()
    assert "OS_CLOUD" not in pulumi(bay).environment
    bay.destroy()
    assert pulumi(bay).environment["OS_CLOUD"] == "test@bay"


def test_a_stack_that_is_removed_is_no_more(bay: BayStack, state: Path) -> None:
    bay.remove()
    assert not bay.exists
    assert not (state / ".pulumi/stacks/bay/demo.json").exists()


def test_a_stack_beside_it_has_its_name_and_secrets_and_a_state_of_its_own(bay: BayStack, tmp_path: Path) -> None:
    assert bay.state.salt == "v1:salt:v1:check"
    (tmp_path / "aside").mkdir()
    other = bay.beside(tmp_path / "work", f"file://{tmp_path / 'aside'}")
    assert (other.name, other.exists) == ("demo", False)
    other.create()
    assert "v1:salt:v1:check" in (tmp_path / "work" / "Pulumi.demo.yaml").read_text()
    assert (tmp_path / "aside/.pulumi/stacks/bay/demo.json").exists()
    assert pulumi(bay).commands == []


# Runs that take long


def test_a_run_that_changes_resources_is_a_phase(bay: BayStack, context: FakeContext) -> None:
    bay.destroy(["urn::x"])
    assert context.events == [PhaseStarted("demo", "destroy"), PhaseEnded("demo", "destroy")]
    assert pulumi(bay).commands == ["destroy"]


def test_a_phase_ends_however_the_run_does(bay: BayStack, context: FakeContext) -> None:
    pulumi(bay).failures["destroy"] = ["error: the cloud is tired"]
    with pytest.raises(BayError, match="the cloud is tired"):
        bay.destroy()
    assert context.events[-1] == PhaseEnded("demo", "destroy")


def test_a_run_whose_state_is_as_it_was_left_went_through_however_long_its_end_took(
    bay: BayStack, state: Path, tmp_path: Path
) -> None:
    """On a busy machine the last write of a large state may take more than the two seconds that are else allowed."""
    run = write_history(state, 946684800, "update", "succeeded")  # decades before the state says it was written
    assert not bay.went_through()
    copied = run.with_name(run.name.replace("history.json", "checkpoint.json"))
    copied.write_bytes((state / ".pulumi/stacks/bay/demo.json").read_bytes())
    assert bay.went_through()
    run.write_text(run.read_text().replace("succeeded", "failed"))
    assert not bay.went_through()


# Operations in flight


@pytest.mark.parametrize(
    ("servers", "wanted", "parallel"),
    [(0, None, 32), (64, None, 32), (100, None, 50), (300, None, 128), (1000, None, 128), (1000, 8, 8), (2, 200, 200)],
)
def test_operations_in_flight_grow_with_the_bay_unless_they_are_given(
    bay: BayStack,
    context: FakeContext,
    monkeypatch: pytest.MonkeyPatch,
    servers: int,
    wanted: int | None,
    parallel: int,
) -> None:
    found = list[int]()
    monkeypatch.setattr("bay.stacks.automation.runs.up", lambda *_, parallel, **__: found.append(parallel))
    context.parallel = wanted
    bay.up(lambda: None, servers=servers)
    assert found == [parallel]


def test_an_edit_of_what_somebody_has_written_since_is_not_written(bay: BayStack, state: Path) -> None:
    """What they did would be lost: their servers, say, that no state would have."""
    grown = complete()
    grown["resources"][-1]["id"] = "written by another run"

    def edit() -> None:
        with bay.edit() as content:
            content["resources"] = content["resources"][:-1]
            write_state(state, grown)

    with pytest.raises(Locked, match="was changed by another run meanwhile"):
        edit()
    assert bay.state.resources[-1]["id"] == "written by another run"
    assert "stack import" not in pulumi(bay).commands
    with bay.edit() as content:
        content["resources"] = content["resources"][:-1]
    assert len(bay.state.resources) == len(grown["resources"]) - 1


def test_what_there_is_counts_where_nothing_is_declared(bay: BayStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a delete, and of a bay that shrinks."""
    found = list[int]()
    monkeypatch.setattr("bay.stacks.automation.runs.destroy", lambda *_, parallel, **__: found.append(parallel))
    bay.destroy()
    monkeypatch.setattr("bay.stacks.automation.runs.parallel_for", lambda servers: servers)
    bay.destroy()
    assert found == [32, 2]
