"""Fields of a change that reach nodes while they run: labels and taints, where the engine's API answers from here."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bay.components.text import join_names
from bay.stacks.cluster.node_labels import open_nodes_api
from bay.stacks.plan.spec_diff import reached_servers
from bay.stacks.plan.types import FieldChange

if TYPE_CHECKING:
    from bay.stacks.stack import BayStack

LABEL = re.compile(r"(masters|nodes|node_groups\.[a-z0-9]+)\.(?P<what>labels|taints)(\.|\[|$)")
EVICTS = ":NoExecute"
"""Effect of a taint that ends what runs already."""


@dataclass(frozen=True)
class LiveLabels:
    """fields: those of the change, of which some are not `later` any more. notes: what that means."""

    fields: tuple[FieldChange, ...]
    notes: tuple[str, ...] = ()


def find_live(bay: "BayStack", fields: tuple[FieldChange, ...], servers: Mapping[str, Collection[str]]) -> LiveLabels:
    """Ask the engine, if any of the fields is one of labels that servers have. servers: names, by group."""
    changed = [field for field in fields if LABEL.match(field.path) and reached_servers(field.path, servers)]
    if not changed:
        return LiveLabels(fields)
    nodes = open_nodes_api(bay)
    if isinstance(nodes, str):
        return LiveLabels(fields, (f"labels and taints of servers that run stay as they are: {nodes}",))
    own = tuple(replace(field, later=False) if field in changed else field for field in fields)
    names = sorted({name for field in changed for name in reached_servers(field.path, servers)})
    paths = join_names([field.path for field in changed])
    notes = [f"{join_names(names)}: {paths} change while they run, by the engine's API"]
    if any(_evicts(field) for field in changed):
        notes.append("a new taint with NoExecute evicts at once what runs there and does not tolerate it")
    return LiveLabels(own, tuple(notes))


def relabelled_servers(fields: Iterable[FieldChange], servers: Mapping[str, Collection[str]]) -> list[str]:
    """Servers whose nodes are to get other labels or taints while they run, by the fields of an approved plan."""
    live = [field for field in fields if LABEL.match(field.path) and not field.later]
    return sorted({name for field in live for name in reached_servers(field.path, servers)})


def _evicts(field: FieldChange) -> bool:
    return LABEL.match(field.path) is not None and (field.new or "").count(EVICTS) > (field.old or "").count(EVICTS)
