"""What a preview starts from: the state, the files of the checkout around this folder, or those of a commit."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bay.cli.bulk_preview import Outcome, failed
from bay.components.spec import BaySpec
from bay.components.text import some
from bay.stacks.context import Session
from bay.stacks.files import stack_file, stack_files
from bay.stacks.files.stack_files import SpecFiles
from bay.stacks.plan.types import Danger, Plan
from bay.stacks.stack import stack_names
from bay.stacks.state.snapshot import StateSnapshot


def files(commit: str | None) -> SpecFiles | None:
    """The files that speak for the bays, if any do."""
    return stack_files.of_commit(commit) if commit else stack_files.here()


def before(name: str, record: StateSnapshot | None, found: SpecFiles | None, folders: Sequence[Path]) -> BaySpec | None:
    """The spec that options go over; None for a bay that is nowhere yet."""
    if found is not None and found.strict:
        return found.wanted(name, record, folders)
    if record is not None:
        return stack_file.intended(record)
    return found.spec(name, folders) if found is not None and name in found.texts else None


def with_allowed(plan: Plan, kinds: Sequence[str]) -> Plan:
    """The plan with what the bay's file allows named before all else: who merges the file lets that through."""
    if not kinds:
        return plan
    message = (
        f"its file lets {some(kinds)} go under 'pulumi up' (bay:allow); it is meant for one run, so take it out after "
        "that"
    )
    return replace(plan, dangers=(Danger("allowed", message, tuple(kinds)), *plan.dangers))


def bays(session: Session, commit: str | None) -> tuple[list[str], list[Outcome]]:
    """The bays that there are files of, or else those of the state; and files whose names can be no bay's."""
    found = files(commit)
    if found is None:
        return stack_names(session.engine("")), []
    names, wrong = stack_files.bays(found)
    return names, [failed(name, error) for name, error in wrong]


def shared(
    os_cloud: str | None, state: str | None, models: Path | None, refresh: bool, commit: str | None
) -> list[str]:
    """The options that hold for each bay of a preview of all."""
    named = {"--os-cloud": os_cloud, "--state": state, "--models": str(models) if models else None, "--from": commit}
    said = [word for option, value in named.items() if value is not None for word in (option, value)]
    return [*said, *(["--refresh"] if refresh else [])]
