"""What a restore of a bay does, before it is done: pure, from a backup and from a repair of the masters."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from bay.components.errors import BayError
from bay.components.text import join_names
from bay.stacks.approval import Risk
from bay.stacks.cluster.backup_reader import Backup
from bay.stacks.operations.repair_plan import RepairAction, RepairPlan

LOST = "masters"
"""The kind of risk, and what allows it: that a control plane which serves is replaced by an earlier one."""


@dataclass(frozen=True)
class RestorePlan:
    """repair: of the masters alone, with what they need. masters: names of all, in the order of their numbers.

    serving: of these, the ones that serve now. loads_everywhere: as `Snapshots` says. left: other servers that a repair
    would be for. refusal: why a restore would not do it; None where nothing is known.
    """

    backup: Backup
    repair: RepairPlan
    masters: tuple[str, ...]
    serving: tuple[str, ...] = ()
    loads_everywhere: bool = False
    left: tuple[RepairAction, ...] = ()
    refusal: BayError | None = None

    @property
    def bay(self) -> str:
        """Name of the bay that it is of."""
        return self.repair.bay

    @property
    def made_at(self) -> str:
        """When the backup was made, ``2026-01-02 03:04:05 UTC``."""
        return f"{self.backup.header.created:%Y-%m-%d %H:%M:%S} UTC"

    @property
    def summary(self) -> str:
        """What the backup is, in a line."""
        header, summary = self.backup.header, self.backup.summary
        version = f", {header.coe} {summary.version}" if summary.version else ""
        return f"backup of {self.made_at} from {header.master}{version}, {summary.size / 1024:.0f} KiB"

    @property
    def risks(self) -> tuple[Risk, ...]:
        """That what serves would be lost."""
        if not self.serving:
            return ()
        serve = f"{join_names(list(self.serving))} serve{'' if len(self.serving) > 1 else 's'}"
        text = f"{serve}: what was changed since {self.made_at} would be lost"
        return (Risk(LOST, text, self.serving, refused=True, allowed_by=LOST),)

    @property
    def disruption(self) -> str:
        """What it takes away, in words."""
        created = [name for name in self.masters if name in self._created]
        begin = f"create {join_names(created)} and " if created else ""
        return f"{begin}load the {self.summary} into bay {self.bay}"

    @property
    def _created(self) -> set[str]:
        actions = [action for batch in self.repair.batches for action in batch.actions]
        finished = [action for action in self.repair.supporting_resources if action.type == "Instance"]
        return {action.name for action in (*actions, *finished) if action.action in ("recreate", "replace", "finish")}

    @property
    def rows(self) -> list[dict[str, Any]]:
        """As `bay restore --dry-run` prints it, in the columns of a repair."""
        last = len(self.repair.batches)
        return [*self.repair.rows, *(self._row(name, last) for name in self.masters)]

    def _row(self, name: str, last: int) -> dict[str, Any]:
        loads = self.loads_everywhere or name == self.masters[0]
        reason = f"backup of {self.made_at}" if loads else f"with what {self.masters[0]} has loaded"
        number = last + (1 if loads else 2)
        return {
            "batch": number,
            "action": "load" if loads else "join",
            "type": "Master",
            "name": name,
            "reason": reason,
        }


def of_masters(plan: RepairPlan, masters: Collection[str]) -> tuple[RepairPlan, tuple[RepairAction, ...]]:
    """What of a repair is of these masters, or what they need, and what it would do with other servers."""
    batches = tuple(batch for batch in plan.batches if batch.group == "master")
    left = [action for batch in plan.batches if batch.group != "master" for action in batch.actions]
    others = [one for one in plan.supporting_resources if one.type == "Instance" and one.name not in masters]
    needed = tuple(one for one in plan.supporting_resources if one not in others)
    mine = replace(plan, supporting_resources=needed, batches=batches, unrecorded=0, removed=(), skipped=(), left=())
    return mine, (*others, *left)
