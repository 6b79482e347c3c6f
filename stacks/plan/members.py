"""What a plan says of masters that come and go: risks and impact. Only `look` asks, the engine."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bay.components.engines import ENGINES
from bay.components.engines.members import Refused
from bay.components.spec import BaySpec
from bay.components.text import join_names
from bay.stacks.approval import Risk
from bay.stacks.cluster.members import NO_CHANGE, MemberChange, members_of, open_members_api
from bay.stacks.errors import PlanRefused

if TYPE_CHECKING:
    from bay.stacks.stack import BayStack


@dataclass(frozen=True)
class MemberOutlook:
    """A change of masters, and what is known before it. unhealthy: masters that do not run, or not well.

    closed: why the engine's API, by which masters leave, cannot be asked from here; empty where it can.
    """

    change: MemberChange = NO_CHANGE
    unhealthy: frozenset[str] = frozenset()
    closed: str = ""


NO_OUTLOOK = MemberOutlook()


def look(bay: "BayStack", change: MemberChange, unhealthy: frozenset[str]) -> MemberOutlook:
    """Masters that have left already, by a run that was interrupted then, are not ill."""
    if not change:
        return NO_OUTLOOK
    if not change.leaving:
        return MemberOutlook(change, unhealthy)
    api = open_members_api(bay)
    if isinstance(api, str):
        return MemberOutlook(change, unhealthy, api)
    members = members_of(bay.state.require_spec().coe)
    try:
        left = set(change.leaving) - set(members.masters(api)) if members else set()
    except Refused as error:
        return MemberOutlook(change, unhealthy, f"the API does not answer from here: {error}")
    return MemberOutlook(change, unhealthy - left)


def find_member_risks(spec: BaySpec, outlook: MemberOutlook) -> Iterator[Risk]:
    """Nothing allows these."""
    title = ENGINES[spec.coe].title
    if outlook.closed:
        message = f"{join_names(outlook.change.leaving)} can leave {title} by its API alone: {outlook.closed}"
        yield Risk("members", message, outlook.change.leaving, True)
    if outlook.change and outlook.unhealthy:
        ill = sorted(outlook.unhealthy)
        message = f"{join_names(ill)} unhealthy: all masters have to be well before others come or go"
        yield Risk("quorum", message, tuple(ill), True)


def find_member_impact(spec: BaySpec, change: MemberChange, there: int) -> Iterator[str]:
    """How the quorum changes."""
    keeper = ENGINES[spec.coe].impact_terms.keeper
    if change.joining:
        how = "one by one, each healthy before the next" if len(change.joining) > 1 else "as it is healthy"
        yield f"{keeper} grows from {there} to {there + len(change.joining)} members, {how}"
    if change.leaving:
        left = there - len(change.leaving)
        yield (
            f"{keeper} shrinks from {there} to {left} members: {join_names(change.leaving)}, in this order, "
            "each out of the quorum before its server goes"
        )


def require_one_run(bay: str, change: MemberChange) -> None:
    """PlanRefused for a plan that is to be saved: masters come and go in several runs of Pulumi."""
    if change:
        raise PlanRefused(
            f"the plan is not saved: masters of bay {bay} come and go one by one, which one run of Pulumi cannot do",
            f"'bay update {bay}' does it, with this plan shown before",
        )
