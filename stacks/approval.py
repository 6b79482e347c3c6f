"""Consent to a plan: asked with the bay's lock held, after planning and before the first change.

An operation never asks a person. It calls an `Approve` with its plan; that returns what may be done, or raises. What it
has seen is what is done.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from bay.components.disruption import HARD, MEMBERS
from bay.stacks.errors import PlanRefused

CHECKED_BY_PLAN = ("batch", HARD, MEMBERS)
"""Disruptions that the program lets through for `bay`, which names all of them in its plan and asks for consent."""


@dataclass(frozen=True)
class Risk:
    """Why somebody should think twice.

    kind: members (they cannot leave), quorum (masters are ill), masters, volumes, batch, network, identity, locked,
    open, endpoint, bay, certificates (some end soon), or allowed (by the bay's file).
    names: of the resources that it affects. refused: a change is refused for it, unless `allowed_by` is allowed; None:
    nothing allows it.
    """

    kind: str
    message: str
    names: tuple[str, ...] = ()
    refused: bool = False
    allowed_by: str | None = None


class Approvable(Protocol):
    """What every plan tells who is asked for consent."""

    @property
    def bay(self) -> str:
        """Name of the bay that it is of."""

    @property
    def risks(self) -> tuple[Risk, ...]:
        """The worst first."""

    @property
    def disruption(self) -> str:
        """What it takes away or stops, as ``delete 2 servers of bay demo: demo-node-1, demo-node-2``; may be empty."""


@dataclass(frozen=True)
class Approval:
    """What may be done. allow: kinds of risk that were allowed, beside what needs no word."""

    allow: frozenset[str] = frozenset()


Approve = Callable[[Approvable], Approval]
"""Raises PlanRefused or Declined where the plan is not to be carried out."""


def require_allowed(plan: Approvable, allow: Collection[str]) -> None:
    """PlanRefused for the first risk of the plan that a change is refused for and that is not among `allow`."""
    for risk in plan.risks:
        if risk.refused and (risk.allowed_by is None or risk.allowed_by not in allow):
            raise PlanRefused(f"bay {plan.bay}: {risk.message}", way_out(risk))


def allow(*kinds: str) -> Approve:
    """An `Approve` for scripts and services: what these kinds of risk stand for may happen, nothing worse."""

    def approve(plan: Approvable) -> Approval:
        require_allowed(plan, kinds)
        return Approval(frozenset(kinds))

    return approve


deny_disruptions: Approve = allow()
"""Nothing that is refused unless somebody allows it."""

WAYS_OUT = {
    "members": "let this machine in: 'bay update BAY --set access.api=[CIDR]'; 'bay show BAY' tells whether it is",
    "quorum": "'bay wait BAY' waits for a master that boots, 'bay repair BAY --node NODE' replaces one",
    "masters": "keep the masters: 'bay repair' recreates unhealthy ones, and 'bay scale' removes nodes",
    "network": "create another bay",
    "locked": "'openstack server unlock SERVER', by who locked it, then try again",
    "identity": "'bay show' tells which state this is; look for the bay's own",
}
"""Kind of a risk that nothing allows -> what to do."""


def way_out(risk: Risk) -> str:
    """What to say, or to do, where a change is refused for this."""
    if risk.allowed_by is not None:
        return f"add --allow {risk.allowed_by} if that is what you want; --dry-run shows the whole plan"
    return WAYS_OUT.get(risk.kind, "")
