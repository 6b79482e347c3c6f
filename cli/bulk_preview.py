"""The plans of many bays at once: one that fails, or takes long, hides no other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bay.cli.bulk import ask_all
from bay.cli.console.plan_text import compared_with
from bay.components.errors import BayError
from bay.stacks.bays import Bays
from bay.stacks.events import ignore
from bay.stacks.plan.planner import SpecSource
from bay.stacks.plan.types import Plan

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


@dataclass(frozen=True)
class Wanted:
    """A bay whose plan is asked for, as `Bays.preview` takes it."""

    bay: str
    specify: SpecSource
    refresh: bool = False
    from_file: bool = False


def outcomes(bays: Bays, asked: Sequence[Wanted]) -> list[Outcome]:
    """Preview these; BayError where there is no login to do so with. Notices of single bays are not shown."""
    return ask_all(bays, asked, _previewed, lambda one, error: failed(one.bay, error), ignore)


def _previewed(bays: Bays, one: Wanted) -> Outcome:
    plan = bays.preview(one.bay, one.specify, refresh=one.refresh, from_file=one.from_file)
    fits = not any(row.shortfall for row in plan.quota)
    return Outcome(plan.bay, 3 if not fits else 0 if plan.empty else 2, plan)


def worst(found: Iterable[Outcome]) -> int:
    """The exit code of all together."""
    codes = {outcome.code for outcome in found}
    return next((code for code in WORST_FIRST if code in codes), 0)
