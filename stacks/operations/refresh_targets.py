"""The state told what the cloud has, so that the engine mends it: a refresh, and what no refresh does."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bay.stacks.operations.drift_events import READ_ELSEWHERE, Difference
from bay.stacks.stack import BayStack
from bay.stacks.state.snapshot import INSTANCE_TYPE

ALWAYS = {INSTANCE_TYPE: {"powerState": "active"}}
"""Type -> what the plugin asks for by default, and the program never otherwise."""

Resource = Mapping[str, Any]


def tell(stack: BayStack, before: Iterable[Resource], urns: Sequence[str], differences: Sequence[Difference]) -> None:
    """Write what the cloud has of these, and of nothing else, into the state; what is gone leaves it.

    before: what the state held when it was compared with the cloud.
    """
    stack.refresh(urns)
    if not any(difference.field for difference in differences):
        return
    deployment = stack.export()
    content: dict[str, Any] = dict(deployment.deployment or {})
    content["resources"] = corrected(before, content.get("resources") or [], urns, differences)
    deployment.deployment = content
    stack.import_(deployment)


def corrected(
    before: Iterable[Resource], after: Iterable[Resource], urns: Iterable[str], differences: Iterable[Difference]
) -> list[Resource]:
    """The resources `after` a refresh of `urns`, with what they were asked to be `before` it.

    A refresh writes what it finds into the inputs as well. A default that it wrote there would count as asked for from
    then on: a stopped server stays stopped, also where somebody else's refresh wrote so. What the plugin does not read
    is written where it looks for it.
    """
    asked = {r["urn"]: r.get("inputs") for r in before}
    found = {(d.urn, d.field): d.found for d in differences if d.field}
    wanted = set(urns)
    return [_corrected(r, asked.get(r["urn"]), found) if r["urn"] in wanted else r for r in after]


def _corrected(resource: Resource, asked: Any, found: Mapping[tuple[str, str], Any]) -> Resource:
    fields = READ_ELSEWHERE.get(resource["type"], {})
    outputs = {field: found[resource["urn"], field] for field in fields if (resource["urn"], field) in found}
    always = ALWAYS.get(resource["type"], {})
    return {**resource, "inputs": {**(asked or {}), **always}, "outputs": {**resource.get("outputs", {}), **outputs}}
