"""A plan in a file: what `bay update --plan` does, and what it rests on, so that nothing else is done."""

import json
from datetime import datetime
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from bay.components.bay import Owner
from bay.components.errors import BayError
from bay.components.spec import BaySpec
from bay.stacks.plan.fingerprint import Basis, digest
from bay.stacks.settings import write_private

FORMAT: Literal["bay-plan"] = "bay-plan"
VERSION: Literal[1] = 1
CHECKSUM = "sha256"

Values = dict[str, Any]


class SavedPlan(BaseModel):
    """The content of the file. made_by: version of bay. engine: Pulumi's own update plan, see `engine_plan`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["bay-plan"] = FORMAT
    version: Literal[1] = VERSION
    made_by: str
    made_at: datetime
    bay: str
    managed_by: Owner
    spec: BaySpec
    basis: Basis
    engine: Values

    def write(self, path: Path) -> None:
        """Into a file that only its owner may read."""
        content = self.model_dump(mode="json")
        write_private(path, json.dumps({**content, CHECKSUM: digest(content)}, indent=1) + "\n")


def this_version() -> str:
    """Of bay: another one may write other boot data for the same spec."""
    return version_of("bay")


def engine_plan(path: Path) -> Values:
    """The plan that ``pulumi preview --save-plan`` wrote, without what it keeps of each thing's expected outputs.

    No run compares these with anything, and they hold the user data of new servers in the clear (in the plugin's
    ``__meta``, which Pulumi does not know to be secret). What is secret elsewhere is encrypted as in the state.
    """
    plan: Values = json.loads(path.read_text())
    for resource in plan.get("resourcePlans", {}).values():
        resource.pop("state", None)
    return plan


def read(path: Path) -> SavedPlan:
    """The plan in a file; BayError where it is none, is damaged, or was written by another version."""
    content = _content(path)
    checksum = content.pop(CHECKSUM, None)
    if content.get("version") != VERSION:
        raise BayError(
            f"{path}: a plan of format {content.get('version')}, and this bay reads format {VERSION}", AGAIN, 2
        )
    if checksum != digest(content):
        raise BayError(f"{path}: the plan is damaged: its checksum does not fit", AGAIN, 2)
    if content.get("made_by") != this_version():
        raise BayError(
            f"{path}: the plan was made by bay {content.get('made_by')}, and this is bay {this_version()}", AGAIN, 2
        )
    try:
        return SavedPlan.model_validate(content)
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise BayError(f"{path}: the plan is damaged: {field}", AGAIN, 2) from None


AGAIN = "make it again: bay preview NAME ... --save FILE"


def _content(path: Path) -> Values:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is no saved plan, or only a part of one"
        raise BayError(f"{path}: {reason}", "name a file that 'bay preview NAME --save FILE' wrote", 2) from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise BayError(f"{path}: is no saved plan", "name a file that 'bay preview NAME --save FILE' wrote", 2)
    return content
