"""Status of a bay in Magnum's words, from its state, its last run and whether one is running."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bay.components.text import some
from bay.stacks.state.snapshot import StateSnapshot


@dataclass(frozen=True)
class LastRun:
    """The last finished run of the engine: kind (update, destroy, ...), result; count: 0, 1, or 2 for more.

    ended: when, in full seconds; empty where no run ever ended.
    """

    kind: str = ""
    result: str = ""
    count: int = 0
    ended: str = ""

    def went_through(self, changed_at: datetime | None) -> bool:
        """Whether the state, which was written last at `changed_at`, is what this run left, and all went well."""
        if self.result != "succeeded" or not self.ended or changed_at is None:
            return False
        # The run's end is noted in full seconds, and after the state was written.
        return changed_at - datetime.fromisoformat(self.ended) < timedelta(seconds=2)


def status(record: StateSnapshot, last: LastRun, running: bool) -> tuple[str, str]:
    """(status, reason): CREATE_COMPLETE, UPDATE_FAILED, DELETE_IN_PROGRESS, ...; `running`: a run is going on now."""
    verb = "DELETE" if last.kind == "destroy" else "UPDATE" if record.completed else "CREATE"
    if running:
        return f"{verb}_IN_PROGRESS", ""
    if record.pending:
        return f"{verb}_FAILED", f"cut off while {some(record.pending)}"
    if last.kind == "destroy":
        return "DELETE_FAILED", "the deletion did not go through"
    if last.result == "failed":
        return f"{verb}_FAILED", _difference(record) or "the last run failed"
    if not record.completed or record.missing or record.surplus:
        return f"{verb}_FAILED", _difference(record) or "the last run did not finish"
    return ("CREATE" if last.count <= 1 else "UPDATE") + "_COMPLETE", ""


def _difference(record: StateSnapshot) -> str:
    missing, surplus = record.missing, record.surplus
    parts = [f"missing: {some(missing)}"] if missing else []
    parts += [f"not yet deleted: {some(surplus)}"] if surplus else []
    return "; ".join(parts)
