"""Refreshes resources into the state, and restores what they were declared to be, so that Pulumi reconciles them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bay.stacks.cloud.kinds import kind_of_token
from bay.stacks.operations.drift_events import Difference
from bay.stacks.stack import BayStack

Resource = Mapping[str, Any]


def refresh_targets(
    bay: BayStack, before: Iterable[Resource], urns: Sequence[str], differences: Sequence[Difference]
) -> None:
    """Refresh the given resources into the state so that Pulumi reconciles them; what is gone leaves it.

    before: what the state held when it was compared with the cloud.
    """
    bay.refresh(urns)
    if any(difference.field for difference in differences):
        with bay.edit() as content:
            content["resources"] = with_declared_inputs(before, content.get("resources") or [], urns, differences)


def with_declared_inputs(
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
    kind = kind_of_token(resource["type"])
    fields, always = (kind.read_elsewhere, kind.defaults) if kind else ({}, {})
    outputs = {field: found[resource["urn"], field] for field in fields if (resource["urn"], field) in found}
    return {**resource, "inputs": {**(asked or {}), **always}, "outputs": {**resource.get("outputs", {}), **outputs}}
