"""A saved plan that is carried out: what `bay update --plan` and `bay create --plan` are bound by."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bay.components.errors import BayError
from bay.components.openstack.resolved import Place
from bay.components.spec import BaySpec
from bay.components.text import some
from bay.stacks.automation.errors import NoSuchBay
from bay.stacks.plan import fingerprint
from bay.stacks.plan.saved import SavedPlan, read
from bay.stacks.state.snapshot import StateSnapshot

if TYPE_CHECKING:
    from openstack.connection import Connection


@dataclass(frozen=True)
class Bound:
    """saved: the plan. engine: file with Pulumi's own part, from which the engine takes no step aside."""

    saved: SavedPlan
    engine: Path

    def specify(self, record: StateSnapshot | None) -> BaySpec:
        """The spec that the plan leads to."""
        if (record is None or record.spec is None) and self.saved.basis.bay_id:
            raise NoSuchBay(f"there is no bay {self.saved.bay!r} in this state", "'bay list' shows the bays")
        return self.saved.spec

    def refuse_if_moved_on(self, record: StateSnapshot | None, place: Place, cloud: "Connection") -> None:
        """BayError that says what is no longer as it was when the plan was made."""
        moved = fingerprint.moved_on(self.saved.basis, fingerprint.take(record, place, cloud), self.saved.spec)
        if moved:
            made_at = self.saved.made_at.strftime("%Y-%m-%d %H:%M UTC")
            raise BayError(
                f"bay {self.saved.bay} is not what the plan of {made_at} was made for: {some(moved)}",
                f"nothing was changed: make a new one: bay preview {self.saved.bay} ... --save FILE",
            )


@contextmanager
def bound_by(path: Path, bay: str) -> Iterator[Bound]:
    """The plan in a file, for as long as it is carried out; BayError where it is none of this bay's."""
    saved = read(path)
    if saved.bay != bay:
        raise BayError(f"{path}: the plan is for bay {saved.bay}, not for {bay}", "name the bay that it is for", 2)
    with tempfile.TemporaryDirectory(prefix="bay-plan-") as folder:
        file = Path(folder) / "engine.json"
        file.write_text(json.dumps(saved.engine))
        yield Bound(saved, file)
