"""Which servers of a bay are not what they would be if they were created now; Pulumi compares, nothing is changed."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from bay.components.disruption import HARD, KINDS, MEMBERS
from bay.components.openstack.resolved import ResolvedSpec
from bay.components.spec import BaySpec
from bay.stacks.opening import opened_aside
from bay.stacks.operations.outdated_labels import tell_labels
from bay.stacks.plan.preview_events import PreviewSteps
from bay.stacks.plan.types import Change
from bay.stacks.program.bay_program import program
from bay.stacks.stack import BayStack

LOG = logging.getLogger(__name__)

REASONS = {
    "imageId": "image",
    "flavorId": "flavor",
    "userData": "boot-data",
    "blockDevices": "volumes",
    "availabilityZone": "zone",
    "keyPair": "key",
    "schedulerHints": "affinity",
}
"""Property that a server keeps as it was created (`bay.components.servers.KEPT_AS_CREATED`) -> what users call it."""

BOOT_IMAGE = "blockDevices[0].uuid"
"""The image of a server, where it has volumes: the first of its disks is made of it."""

Reasons = Mapping[str, tuple[str, ...]]
"""Name of a server -> in what it is outdated, in the order of `REASONS`, then labels; only servers that are."""


@dataclass(frozen=True)
class Comparison:
    """reasons: of the servers that there are. unfinished: what a plain run would change, since the last one did not
    go through. relabelled: servers whose nodes can get the labels that they lack while they run."""

    reasons: Reasons = field(default_factory=dict)
    unfinished: tuple[Change, ...] = ()
    relabelled: frozenset[str] = frozenset()


def compare_as_new(bay: BayStack, spec: BaySpec, resolved: ResolvedSpec) -> Comparison:
    """Compare each server with the one that this spec, and this version of bay, would create in its place.

    The state says what a server was created from: a copy of it is compared, in which nothing is protected, with a
    program that keeps nothing (`Bay`, as_new). Labels and taints are compared with those that the nodes have.
    """
    found = tell_labels(bay, spec, _compare(bay, spec, resolved), lambda other: _compare(bay, other, resolved))
    LOG.info("%s: outdated: %s; unfinished: %d", bay.name, dict(found.reasons), len(found.unfinished))
    return found


def _compare(bay: BayStack, spec: BaySpec, resolved: ResolvedSpec) -> Comparison:
    steps = PreviewSteps()
    as_new = partial(program, bay.name, spec, managed_by=bay.state.managed_by, resolved=resolved)
    with opened_aside(bay, bay.unprotected_copy()) as copy:
        copy.preview(partial(as_new, allow=(*KINDS, HARD, MEMBERS), as_new=True), steps)
    return comparison(steps.changes(), {server.name for server in bay.state.servers})


def comparison(changes: Iterable[Change], servers: Iterable[str]) -> Comparison:
    """Tell what is outdated from what is unfinished. servers: names of those that the state has."""
    there = set(servers)
    reasons: dict[str, tuple[str, ...]] = {}
    unfinished = []
    for change in changes:
        own = reasons_of(change) if change.type == "Instance" and change.name in there else ()
        if own:
            reasons[change.name] = own
        if not own:
            unfinished.append(change)
        elif _has_other_reasons(change):
            unfinished.append(replace(change, operation="update"))
    return Comparison(reasons, tuple(unfinished))


def reasons_of(change: Change) -> tuple[str, ...]:
    """In what a server differs from a new one; empty where it is in nothing that servers keep."""
    if change.operation in ("create", "delete"):
        return ()
    found = {_reason(diff.path) for diff in change.diffs}
    return tuple(reason for reason in REASONS.values() if reason in found)


def _has_other_reasons(change: Change) -> bool:
    return any(not _reason(diff.path) for diff in change.diffs)


def _reason(path: str) -> str:
    """Empty for a property that a plain run sets on the server that is there."""
    if path == BOOT_IMAGE:
        return "image"
    return REASONS.get(path.partition("[")[0].partition(".")[0], "")
