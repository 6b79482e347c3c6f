"""What a preview starts from: the state, the files of the checkout around this folder, or those of a commit."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bay.cli.bulk_preview import Outcome, Wanted, failed, outcomes
from bay.cli.planning import with_allowed
from bay.cli.session import model_folders
from bay.components.errors import BayError
from bay.components.spec import BaySpec
from bay.stacks.bays import Bays
from bay.stacks.files import stack_files
from bay.stacks.files.stack_files import SpecFiles
from bay.stacks.plan.planner import SpecSource
from bay.stacks.spec_request import SpecRequest


def files(checkout: Path | None, commit: str | None) -> SpecFiles | None:
    """The files that speak for the bays, if any do."""
    if commit:
        return stack_files.of_commit(checkout, commit)
    return stack_files.of_folder(checkout) if checkout else None


def over_file(name: str, found: SpecFiles | None, request: SpecRequest) -> SpecSource:
    """What was asked for over the spec of a commit's file, else of the bay, else of the file of its name."""

    def specify(spec: BaySpec | None) -> BaySpec:
        if found is not None and (found.strict or (spec is None and name in found.texts)):
            spec = found.spec(name, request.models)
        return request(spec)

    return specify


def preview_all(bays: Bays, found: SpecFiles | None, models: Path | None, *, refresh: bool) -> list[Outcome]:
    """The plans of all bays: those that there are files of, or else those of the state."""
    unchanged = bays.spec(models=[models] if models else ())
    if found is None:
        return outcomes(bays, [Wanted(name, unchanged, refresh) for name in bays.names()])
    names, wrong = stack_files.bays(found)
    asked, allowed, bad = [], {}, [failed(name, error) for name, error in wrong]
    for name in names:
        try:
            spec = found.spec(name, model_folders(bays, models))
            allowed[name] = found.allowed(name)
            asked.append(Wanted(name, _of_file(spec, unchanged, found), refresh, found.strict))
        except BayError as error:
            bad.append(failed(name, error))
    planned = [_with_allowed(outcome, allowed.get(outcome.bay, ())) for outcome in outcomes(bays, asked)]
    return [*planned, *bad]


def _of_file(spec: BaySpec, unchanged: SpecRequest, found: SpecFiles) -> SpecSource:
    """That of the bay's file, which holds for a bay that is not there yet, or for every bay."""
    return lambda before: spec if found.strict else unchanged(before or spec)


def _with_allowed(outcome: Outcome, kinds: Sequence[str]) -> Outcome:
    return replace(outcome, plan=with_allowed(outcome.plan, kinds)) if outcome.plan else outcome
