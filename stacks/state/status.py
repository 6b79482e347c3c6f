"""Status of a bay in Magnum's words, from its state, its last run and whether one is running."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bay.components.text import join_names
from bay.stacks.state.snapshot import StateSnapshot


@dataclass(frozen=True)
class LastRun:
    """The last finished run of Pulumi: kind (update, destroy, ...), result.

    count: of updates that went through: 0, 1, or 2 for more; the first of them ended the creation. ended: when, in full
    seconds; empty where no run ever ended.
    """

    kind: str = ""
    result: str = ""
    count: int = 0
    ended: str = ""

    @classmethod
    def of_history(cls, entries: Sequence[Mapping[str, Any]]) -> "LastRun":
        """From entries of `pulumi stack history --json`, the newest first."""
        newest = entries[0] if entries else {}
        through = sum(_went_through(entry) for entry in entries)
        return cls(newest.get("kind", ""), newest.get("result", ""), min(through, 2), newest.get("endTime", ""))

    def went_through(self, changed_at: datetime | None) -> bool:
        """Whether the state, which was written last at `changed_at`, is what this run left, and all went well."""
        if self.result != "succeeded" or not self.ended or changed_at is None:
            return False
        # The run's end is noted in full seconds, and after the state was written.
        return changed_at - datetime.fromisoformat(self.ended) < timedelta(seconds=2)


def _went_through(entry: Mapping[str, Any]) -> bool:
    return entry.get("kind") == "update" and entry.get("result") == "succeeded"


@dataclass(frozen=True)
class Status:
    """word: Magnum's, as CREATE_COMPLETE, UPDATE_FAILED or DELETE_IN_PROGRESS. reason: one line; may be empty."""

    word: str
    reason: str = ""


def status_of(state: StateSnapshot, last: LastRun, is_running: bool) -> Status:
    """is_running: a run that changes the bay is going on now."""
    verb = "DELETE" if last.kind == "destroy" else "UPDATE" if state.is_complete else "CREATE"
    if is_running:
        return Status(f"{verb}_IN_PROGRESS")
    if state.interrupted_operations:
        return Status(f"{verb}_FAILED", f"interrupted while {join_names(state.interrupted_operations)}")
    if last.kind == "destroy":
        return Status("DELETE_FAILED", "the deletion did not finish")
    if last.result == "failed":
        return Status(f"{verb}_FAILED", _difference(state) or "the last run failed")
    if not state.is_complete or state.missing_servers or state.surplus_servers:
        return Status(f"{verb}_FAILED", _difference(state) or "the last run did not finish")
    return Status(("CREATE" if last.count <= 1 else "UPDATE") + "_COMPLETE")


def _difference(state: StateSnapshot) -> str:
    missing, surplus = state.missing_servers, state.surplus_servers
    parts = [f"missing: {join_names(missing)}"] if missing else []
    parts += [f"not yet deleted: {join_names(surplus)}"] if surplus else []
    return "; ".join(parts)
