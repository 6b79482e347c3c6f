"""The plans of many bays at once, by workers: one that fails, or is large, hides no other."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from bay.cli.console.plan_text import compared_with
from bay.components.errors import BayError
from bay.stacks.plan.document import from_document
from bay.stacks.plan.types import Plan
from bay.stacks.worker_client import WorkerProcess, started

WORKERS = 4
"""Processes: a Pulumi keeps a core busy, and each needs some hundred MB for a bay of 1000 nodes."""
LONGEST = 900.0
"""Seconds for the preview of one bay: ten times what one of 1000 nodes takes (docs/speed.md)."""
WORST_FIRST = (1, 3, 2, 0)
"""Exit codes of a preview: error, does not fit, changes, nothing."""
RESULTS = {0: "no changes", 2: "changes", 3: "does not fit"}


@dataclass(frozen=True)
class Outcome:
    """How the preview of one bay ended. code: its exit code. plan: None where it failed, and error says why."""

    bay: str
    code: int
    plan: Plan | None = None
    error: str = ""

    def row(self) -> dict[str, Any]:
        """As a row of the summary; counts are of things in the cloud."""
        if self.plan is None:
            return {"bay": self.bay, "result": f"error: {self.error}"}
        counts = self.plan.counts
        return {
            "bay": self.bay,
            "result": RESULTS[self.code],
            "added": counts.get("create", 0),
            "changed": counts.get("update", 0) + counts.get("resize", 0),
            "replaced": counts.get("replace", 0) + counts.get("rebuild", 0),
            "removed": counts.get("delete", 0),
            "risks": sorted({risk.kind for risk in self.plan.risks}),
            "fits": not any(row.shortfall for row in self.plan.quota),
            "compared_with": compared_with(self.plan),
            "seconds": self.plan.compared.seconds,
        }


def failed(bay: str, error: BayError) -> Outcome:
    """A bay that could not even be asked for."""
    return Outcome(bay, 1, error=error.message)


def outcomes(requests: Sequence[Mapping[str, Any]]) -> list[Outcome]:
    """Preview the bay of each request to a worker (`bay.stacks.worker.Request`)."""
    if not requests:
        return []
    workers = min(WORKERS, len(requests))
    with ExitStack() as stack, ThreadPoolExecutor(workers) as pool:
        idle: SimpleQueue[WorkerProcess | None] = SimpleQueue()
        for _ in range(workers):
            idle.put(None)  # started when it is needed; so is another in the place of one that died
        return list(pool.map(lambda request: _previewed(idle, stack, request), requests))


def _previewed(idle: "SimpleQueue[WorkerProcess | None]", stack: ExitStack, request: Mapping[str, Any]) -> Outcome:
    worker = idle.get() or stack.enter_context(started())
    try:
        with worker.limited(LONGEST):
            plan = from_document(worker.ask(request))
    except BayError as error:
        return failed(str(request["bay"]), error)
    finally:
        idle.put(worker if worker.is_alive else None)
    fits = not any(row.shortfall for row in plan.quota)
    return Outcome(plan.bay, 3 if not fits else 0 if plan.empty else 2, plan)


def worst(found: Iterable[Outcome]) -> int:
    """The exit code of all together."""
    codes = {outcome.code for outcome in found}
    return next((code for code in WORST_FIRST if code in codes), 0)
