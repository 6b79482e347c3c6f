"""What a preview starts from: the state, the files of the checkout around this folder, or those of a commit."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bay.cli.bulk_preview import Outcome, failed, outcomes
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
    if found is None:
        return outcomes([_request(bays, name, models, refresh=refresh) for name in bays.names()])
    names, wrong = stack_files.bays(found)
    requests, allowed, bad = [], {}, [failed(name, error) for name, error in wrong]
    for name in names:
        try:
            spec = found.spec(name, model_folders(bays, models))
            allowed[name] = found.allowed(name)
            requests.append(_request(bays, name, models, refresh=refresh, spec=spec, from_file=found.strict))
        except BayError as error:
            bad.append(failed(name, error))
    planned = [_with_allowed(outcome, allowed.get(outcome.bay, ())) for outcome in outcomes(requests)]
    return [*planned, *bad]


def _with_allowed(outcome: Outcome, kinds: Sequence[str]) -> Outcome:
    return replace(outcome, plan=with_allowed(outcome.plan, kinds)) if outcome.plan else outcome


def _request(
    bays: Bays,
    name: str,
    models: Path | None,
    *,
    refresh: bool,
    spec: BaySpec | None = None,
    from_file: bool = False,
) -> dict[str, Any]:
    """For a worker: spec: of the bay's file, which holds for a bay that is not there yet, or for every bay."""
    context = bays.context
    place = {
        "cache": context.settings.cache,
        "data": context.settings.data,
        "config": context.settings.config,
        "state": context.settings.state,
        "environment": dict(context.settings.environment),
        "cloud": context.resolved_login.cloud,
        "clouds_file": context.resolved_login.clouds_file,
        "checkout": context.checkout,
    }
    values = spec.model_dump(mode="json") if spec else None
    return {
        "id": name,
        "op": "preview",
        "bay": name,
        "place": place,
        "spec" if from_file else "new_spec": values,
        "models": model_folders(bays, models),
        "refresh": refresh,
        "from_file": from_file,
    }
