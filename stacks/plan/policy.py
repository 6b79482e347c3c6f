"""What a run of Pulumi may take away, from a plan and what was approved of it."""

from collections.abc import Collection
from dataclasses import dataclass

from bay.components.disruption import KINDS
from bay.components.errors import InvalidInput, nearest
from bay.stacks.approval import CHECKED_BY_PLAN, Approval
from bay.stacks.plan.types import Plan

PROTECTED = ("Instance", "Volume")
"""Types of what is protected and may go when that was allowed."""


@dataclass(frozen=True)
class Allowance:
    """kinds: disruptions that the program lets through. unprotected: URNs of what is to go though it is protected."""

    kinds: tuple[str, ...] = CHECKED_BY_PLAN
    unprotected: tuple[str, ...] = ()

    def for_members(self, leaving: Collection[str]) -> "Allowance":
        """For runs between which masters come and go: the others stay protected. leaving: URNs of what leaves, each
        of which is let go in its own run."""
        kinds = tuple(kind for kind in self.kinds if kind not in ("masters", "volumes"))
        return Allowance(kinds, tuple(urn for urn in self.unprotected if urn not in leaving))


NO_DISRUPTION = Allowance()
"""Nothing that is protected."""


def require_kinds(allow: Collection[str]) -> None:
    """InvalidInput for a word that is no kind of disruption which can be allowed."""
    for word in allow:
        if word not in KINDS:
            raise InvalidInput(f"{word!r} is no disruption that can be allowed", nearest(word, KINDS))


def allowance(plan: Plan, approval: Approval) -> Allowance:
    """What the run may take away, now that the plan was approved."""
    allow = approval.allow
    losing = [risk for risk in plan.risks if risk.kind in ("masters", "volumes") and risk.kind in allow]
    names = {name for risk in losing for name in risk.names}
    urns = [c.urn for c in plan.changes if c.name in names and c.operation == "delete" and c.type in PROTECTED]
    return Allowance((*CHECKED_BY_PLAN, *sorted(allow & set(KINDS) - {"batch"})), tuple(urns))
