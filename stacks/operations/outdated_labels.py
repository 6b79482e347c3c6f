"""Which servers differ from new ones in labels and taints alone: their nodes can have these while they run.

A label is part of a server's boot data, which never changes. So a server of a group whose labels were changed differs
from a new one for good; whether that matters, its node says. Pulumi tells whether it is the labels alone: it compares
once more, with a spec whose groups have the labels that the servers were created with.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from bay.components.engines.node_labels import Labelling
from bay.components.errors import BayError
from bay.components.spec import BaySpec
from bay.stacks.cluster.node_labels import NodesApi, boot_labels, node_labels_of, open_nodes_api, wanted_labels
from bay.stacks.stack import BayStack

if TYPE_CHECKING:
    from bay.stacks.operations.outdated import Comparison

LOG = logging.getLogger(__name__)

BOOT_DATA, LABELS = "boot-data", "labels"
MOST_ROUNDS = 3
"""Comparisons for servers of one group that were created with different labels; each takes seconds."""

Compare = Callable[[BaySpec], "Comparison"]


def tell_labels(bay: BayStack, spec: BaySpec, found: "Comparison", compare: Compare) -> "Comparison":
    """What was found, with ``labels`` in place of ``boot-data`` where nothing else of it differs.

    Servers whose nodes have the labels that are wanted are not outdated for them. compare: as `found` was, with another
    spec.
    """
    suspects = {name for name, reasons in found.reasons.items() if BOOT_DATA in reasons}
    wanted = wanted_labels(bay, spec, suspects)
    had = {name: one for name, one in boot_labels(bay, wanted.keys()).items() if one != wanted[name]}
    alone = set(_in_labels_alone(bay, spec, had, compare))
    if not alone:
        return found
    nodes = open_nodes_api(bay)
    due = _differing(nodes, {name: wanted[name] for name in alone}, had)
    LOG.info("%s: in labels alone: %s; not as wanted: %s", bay.name, sorted(alone), sorted(due))
    reasons = {}
    for name, own in found.reasons.items():
        told = own if name not in alone else tuple(one for one in own if one != BOOT_DATA)
        told += (LABELS,) if name in due else ()
        if told:
            reasons[name] = told
    running = set() if isinstance(nodes, str) else set(nodes.nodes)
    return replace(found, reasons=reasons, relabelled=frozenset(due & running))


def _differing(nodes: NodesApi | str, wanted: Mapping[str, Labelling], had: Mapping[str, Labelling]) -> set[str]:
    """Servers whose nodes are not as they are to be, or of which that is not known."""
    if isinstance(nodes, str):
        return set(wanted)
    differ = {patch.server for patch in nodes.patches(wanted, had)}
    return differ | (set(wanted) - set(nodes.nodes))


def _in_labels_alone(bay: BayStack, spec: BaySpec, had: Mapping[str, Labelling], compare: Compare) -> Iterator[str]:
    """Servers whose boot data is that of a new one but for the labels that they `had`."""
    rounds = 0
    left = dict(had)
    while left and rounds < MOST_ROUNDS:
        rounds += 1
        group_of = {server.name: server.group for server in bay.state.servers}
        labels = {group_of[name]: one for name, one in left.items()}  # one set of labels a group
        now = {name for name, one in left.items() if labels[group_of[name]] == one}
        left = {name: one for name, one in left.items() if name not in now}
        try:
            reasons = compare(_with_labels(spec, labels)).reasons
        except BayError as error:  # labels that no spec may have any more
            LOG.info("%s: not compared with the labels of before: %s", bay.name, error.message)
            return
        yield from (name for name in sorted(now) if BOOT_DATA not in reasons.get(name, ()))


def _with_labels(spec: BaySpec, labels: Mapping[str, Labelling]) -> BaySpec:
    engine = node_labels_of(spec.coe)
    for group, one in labels.items():
        if engine is not None:
            spec = spec.with_group(group, spec.groups[group].model_copy(update=engine.as_fields(one, group)))
    return spec
