"""A plan in a file: what `bay update --plan` does, and what it rests on, so that nothing else is done."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from bay.components.distribution import installed_version
from bay.components.errors import BayError, InvalidInput
from bay.components.ownership import Owner
from bay.components.private_files import write_private
from bay.components.spec import BaySpec
from bay.components.text import join_names
from bay.stacks.approval import CHECKED_BY_PLAN, way_out
from bay.stacks.cluster.members import member_change
from bay.stacks.errors import NotFound, PlanRefused, PlanStale
from bay.stacks.plan.fingerprint import Fingerprint, capture, changes_since, digest
from bay.stacks.plan.members import require_one_run
from bay.stacks.plan.planner import OnCloud, PlanInput, build_plan
from bay.stacks.plan.types import Plan
from bay.stacks.stack import BayStack

FORMAT: Literal["bay-plan"] = "bay-plan"
VERSION: Literal[2] = 2
CHECKSUM = "sha256"

Values = dict[str, Any]


class SavedPlan(BaseModel):
    """The content of the file. made_by: version of bay. pulumi: Pulumi's own update plan, see `_pulumi_plan`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["bay-plan"] = FORMAT
    version: Literal[2] = VERSION
    made_by: str
    made_at: datetime
    bay: str
    managed_by: Owner
    spec: BaySpec
    fingerprint: Fingerprint
    pulumi: Values

    def write(self, path: Path) -> None:
        """Into a file that only its owner may read."""
        content = self.model_dump(mode="json")
        write_private(path, json.dumps({**content, CHECKSUM: digest(content)}, indent=1) + "\n")


def save(what: PlanInput, path: Path, *, started: float) -> Plan:
    """The plan of a bay, which is in the file then; BayError where it could not be carried out from there."""
    _require_finished(what.bay)
    rests_on = capture(what.bay, what.reached().resolved)
    with tempfile.TemporaryDirectory(prefix="bay-plan-") as folder:
        file = Path(folder) / "pulumi.json"
        plan = build_plan(what, save=file, started=started)
        _require_allowed(plan)
        require_one_run(what.name, member_change(what.bay.state, what.spec))
        SavedPlan(
            made_by=installed_version(),
            made_at=datetime.now(UTC),
            bay=what.name,
            managed_by=what.owner,
            spec=what.spec,
            fingerprint=rests_on,
            pulumi=_pulumi_plan(file),
        ).write(path)
    return plan


def _require_finished(bay: BayStack) -> None:
    state = bay.state
    if bay.exists and (state.interrupted_operations or state.failed_servers or not state.is_complete):
        raise BayError(
            f"bay {bay.name} is not complete: a run of it was interrupted or failed, and a change first resumes that",
            f"resume it, then save a plan: bay {'update' if state.is_complete else 'create'} {bay.name}",
        )


def _require_allowed(plan: Plan) -> None:
    for risk in plan.risks:
        if risk.refused and risk.allowed_by not in CHECKED_BY_PLAN:
            raise PlanRefused(f"the plan is not saved, since it would be refused: {risk.message}", way_out(risk))


def _pulumi_plan(path: Path) -> Values:
    """The plan that ``pulumi preview --save-plan`` wrote, without what it keeps of each thing's expected outputs.

    No run compares these with anything, and they hold the user data of new servers in the clear (in the plugin's
    ``__meta``, which Pulumi does not know to be secret). What is secret elsewhere is encrypted as in the state.
    """
    plan: Values = json.loads(path.read_text(encoding="utf-8"))
    for resource in plan.get("resourcePlans", {}).values():
        resource.pop("state", None)
    return plan


@dataclass(frozen=True)
class OpenPlan:
    """A saved plan that is carried out. pulumi: file with Pulumi's own part, from which it takes no step aside."""

    saved: SavedPlan
    pulumi: Path

    def specify(self, spec: BaySpec | None) -> BaySpec:
        """The spec that the plan leads to."""
        if spec is None and self.saved.fingerprint.bay_id:
            raise NotFound(f"there is no bay {self.saved.bay!r} in this state", "'bay list' shows the bays")
        return self.saved.spec

    def require_fresh(self, bay: BayStack, on: OnCloud) -> None:
        """PlanStale that says what is no longer as it was when the plan was made."""
        changes = changes_since(self.saved.fingerprint, capture(bay, on.resolved), self.saved.spec)
        if changes:
            made_at = self.saved.made_at.strftime("%Y-%m-%d %H:%M UTC")
            raise PlanStale(
                f"the plan of {made_at} is stale: bay {bay.name} has changed since: {join_names(changes)}",
                f"nothing was changed: make a new one: bay preview {bay.name} ... --save FILE",
            )


@contextmanager
def open_plan(path: Path, bay: str) -> Iterator[OpenPlan]:
    """The plan in a file, for as long as it is carried out; InvalidInput where it is none of this bay's."""
    saved = read(path)
    if saved.bay != bay:
        raise InvalidInput(f"{path}: the plan is for bay {saved.bay}, not for {bay}", "name the bay that it is for")
    with tempfile.TemporaryDirectory(prefix="bay-plan-") as folder:
        file = Path(folder) / "pulumi.json"
        file.write_text(json.dumps(saved.pulumi), encoding="utf-8")
        yield OpenPlan(saved, file)


def read(path: Path) -> SavedPlan:
    """The plan in a file; InvalidInput where it is none, is damaged, or was written by another version."""
    content = _content(path)
    checksum = content.pop(CHECKSUM, None)
    if content.get("version") != VERSION:
        raise InvalidInput(
            f"{path}: a plan of format {content.get('version')}, and this bay reads format {VERSION}", AGAIN
        )
    if checksum != digest(content):
        raise InvalidInput(f"{path}: the plan is damaged: its checksum does not match", AGAIN)
    if content.get("made_by") != installed_version():
        raise InvalidInput(
            f"{path}: the plan is from bay {content.get('made_by')}, and this is bay {installed_version()}", AGAIN
        )
    try:
        return SavedPlan.model_validate(content)
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise InvalidInput(f"{path}: the plan is damaged: {field}", AGAIN) from None


AGAIN = "make it again: bay preview NAME ... --save FILE"


def _content(path: Path) -> Values:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a saved plan, or truncated"
        raise InvalidInput(f"{path}: {reason}", "name a file that 'bay preview NAME --save FILE' wrote") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InvalidInput(f"{path}: not a saved plan", "name a file that 'bay preview NAME --save FILE' wrote")
    return content
