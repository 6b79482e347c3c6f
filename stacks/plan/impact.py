"""Impact of a change on the running cluster, in the words of its engine."""

from collections.abc import Iterator

from bay.components.engines import ENGINES, Engine
from bay.components.text import join_names
from bay.stacks.cluster.control_plane import majority
from bay.stacks.plan.members import find_member_impact
from bay.stacks.plan.risks import RiskContext
from bay.stacks.plan.types import DESTRUCTIVE, DISRUPTIVE, Operation

RESIZED: tuple[Operation, ...] = ("resize",)


def find_impact(context: RiskContext) -> tuple[str, ...]:
    """A sentence for each effect; none for a bay that is not there yet."""
    if not context.exists:
        return ()
    engine = ENGINES[context.spec.coe]
    return (*_masters(context, engine), *_nodes(context, engine))


def _masters(context: RiskContext, engine: Engine) -> Iterator[str]:
    there = context.servers.get("master", frozenset())
    change = context.members.change
    affected = {change.name for change in context.affected("master", DISRUPTIVE)} - set(change.leaving)
    terms, left = engine.impact_terms, len(there) - len(affected)
    if affected and not left:
        yield f"the API is not reachable during the change; {terms.meanwhile}"
    elif affected:
        needed = majority(len(there))
        quorum = "keeps quorum" if left >= needed else f"loses quorum, which is {needed}: {terms.meanwhile};"
        members = f"with {left} of {len(there)} members during the change"
        yield f"{terms.keeper} {quorum} {members}; API calls to the others fail"
    new = len(context.spec.masters.indices) - len(there)
    if change:
        yield from find_member_impact(context.spec, change, len(there))
    elif there and new > 0:
        yield f"{terms.keeper} grows from {len(there)} to {len(there) + new} members"


def _nodes(context: RiskContext, engine: Engine) -> Iterator[str]:
    terms = engine.impact_terms
    any_stays = any(members.count for name, members in context.spec.groups.items() if name != "master")
    for group in context.servers:
        if group == "master":
            continue
        gone = [change.name for change in context.affected(group, DESTRUCTIVE)]
        stopped = [change.name for change in context.affected(group, RESIZED)]
        if gone:
            yield f"{terms.work} on {join_names(gone)} {terms.moves}"
        if stopped:
            yield f"{terms.work} on {join_names(stopped)} {terms.moves}; the nodes come back once Nova has resized them"
        if gone and len(gone) == len(context.servers[group]) and not any_stays:
            yield f"no node is left for {terms.work}"
