"""Groups of a bay that is there: edits of its spec, which an update carries out."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from bay.components.errors import BayError, InvalidInput, nearest
from bay.components.spec import BaySpec
from bay.components.spec.bay_spec import GROUP_NAME, OF_EVERY_BAY
from bay.components.spec.groups import Nodes
from bay.components.spec.merge import changed_spec
from bay.components.text import join_names
from bay.stacks.approval import Approvable, Approval, Approve, Risk
from bay.stacks.errors import AlreadyExists, NoSpec
from bay.stacks.plan.planner import SpecSource
from bay.stacks.plan.types import Plan
from bay.stacks.state.snapshot import StateSnapshot

SERVERS = "bay:index:Servers"
"""Type of the component that holds what is a group's own."""


@dataclass(frozen=True)
class GroupEdit:
    """What is to become of a group. fields: of the spec's group, over those that it has; None: the default again.

    Labels are merged key by key, of which None removes one. add_taints: beside those that there are, in place of one
    of the same key and effect. remove_taints: ``KEY``, or ``KEY:EFFECT``.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    add_taints: Sequence[str] = ()
    remove_taints: Sequence[str] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it changes nothing."""
        return not (self.fields or self.add_taints or self.remove_taints)


def with_new_group(bay: str, group: str, fields: Mapping[str, Any], state: Callable[[], StateSnapshot]) -> SpecSource:
    """The spec with one group more: of one server, and of the flavor of the bay's nodes, unless `fields` say so.

    state: gives the bay's, which tells a group that is there from one whose creation was interrupted: the same words
    resume it.
    """

    def specify(spec: BaySpec | None) -> BaySpec:
        before = _require_spec(bay, spec)
        if group in before.node_groups and _is_unfinished(state(), group):
            again = _with(changed_spec(before, [_layer(group, None)]), group, fields)
            if again == before:
                return before
        _require_new(bay, before, group)
        return _with(before, group, fields)

    return specify


def with_changed_group(bay: str, group: str, edit: GroupEdit) -> SpecSource:
    """The spec with fields of one group changed; InvalidInput where there is no such group, label or taint."""

    def specify(spec: BaySpec | None) -> BaySpec:
        before = _require_spec(bay, spec)
        _require_group(bay, before, group)
        if edit.is_empty:
            raise InvalidInput(
                f"bay {bay}: nothing is to be changed in group {group}", f"bay group set {bay} {group} --count N"
            )
        _require_labels(bay, before, group, edit)
        fields = dict(edit.fields)
        if edit.add_taints or edit.remove_taints:
            fields["taints"] = _taints(bay, before, group, edit)
        return changed_spec(before, [_layer(group, fields)])

    return specify


def without_group(bay: str, group: str, state: Callable[[], StateSnapshot]) -> SpecSource:
    """The spec without a group; BayError for one that every bay has, and for the last one that has nodes.

    state: gives the bay's: a group that the spec has no more, and of which anything is left, is deleted to its end.
    """

    def specify(spec: BaySpec | None) -> BaySpec:
        before = _require_spec(bay, spec)
        if group not in before.groups and _has_remains(state(), group):
            return before
        _require_group(bay, before, group)
        if group == "master":
            raise InvalidInput(f"bay {bay} cannot be without masters", f"'bay delete {bay}' deletes the bay")
        if group == "node":
            raise InvalidInput(
                f"bay {bay}: group node is one that every bay has", f"'bay scale {bay} 0' leaves no server in it"
            )
        others = [one for name, one in before.groups.items() if name not in ("master", group)]
        if before.groups[group].count and not any(one.count for one in others):
            raise BayError(
                f"bay {bay}: group {group} has its last nodes, and what runs on them could go nowhere",
                f"'bay scale {bay} N' adds nodes to group node first; 'bay delete {bay}' deletes the bay",
            )
        return changed_spec(before, [_layer(group, None)])

    return specify


def _has_remains(state: StateSnapshot, group: str) -> bool:
    """Whether a deletion was interrupted: the component of a group is the last of it that goes."""
    component = f"{SERVERS}::{state.name}-{group}"
    is_there = any(str(resource["urn"]).endswith(component) for resource in state.resources)
    return is_there or any(server.group == group for server in state.servers)


def expecting_removal(plan: Plan, group: str) -> Plan:
    """The plan of a group's deletion: that all its servers go at once is what was asked for, and has a risk of its own.

    Servers of other groups are as in any plan.
    """
    going = [one for one in plan.servers("delete") if _group_of(plan.bay, one) == group]
    others = [risk for risk in plan.risks if not (risk.kind == "batch" and set(risk.names) <= set(going))]
    if not going:
        return plan
    count = f"{len(going)} server{'s' if len(going) > 1 else ''}"
    message = f"group {group} goes with its {count}: {join_names(going)}; they are drained, and what is on them is lost"
    return replace(plan, risks=(*others, Risk("delete", message, tuple(going), True, "delete")))


def approve_removal(approve: Approve, group: str) -> Approve:
    """An `Approve` that is shown the plan so."""

    def approve_plan(plan: Approvable) -> Approval:
        return approve(expecting_removal(cast(Plan, plan), group))

    return approve_plan


def _with(spec: BaySpec, group: str, fields: Mapping[str, Any]) -> BaySpec:
    count = max(1, _number(fields.get("min")))
    values = {"count": count, "flavor": spec.nodes.flavor, **fields}
    return changed_spec(spec, [_layer(group, values)])


def _is_unfinished(state: StateSnapshot, group: str) -> bool:
    """Whether servers of a group that the recorded spec has were never created, or not to their end."""
    missing = any(_group_of(state.name, server) == group for server in state.missing_servers)
    return missing or bool(state.interrupted_operations)


def _layer(group: str, fields: Any) -> dict[str, Any]:
    """A layer of the spec with fields of one group."""
    own = OF_EVERY_BAY.get(group)
    return {own: fields} if own else {"node_groups": {group: fields}}


def _require_spec(bay: str, spec: BaySpec | None) -> BaySpec:
    if spec is None:
        raise NoSpec(bay)
    return spec


def _require_new(bay: str, spec: BaySpec, group: str) -> None:
    if group in spec.groups:
        raise AlreadyExists(f"bay {bay} has a group {group!r} already", f"'bay group set {bay} {group}' changes it")
    if not re.fullmatch(GROUP_NAME, group):
        raise InvalidInput(
            f"{group!r} is no name of a group",
            "use at most 15 lower-case letters and digits, starting with a letter, for example gpu",
        )


def _require_group(bay: str, spec: BaySpec, group: str) -> None:
    if group not in spec.groups:
        raise InvalidInput(f"bay {bay} has no group {group!r}", nearest(group, list(spec.groups)))


def _require_labels(bay: str, spec: BaySpec, group: str, edit: GroupEdit) -> None:
    """InvalidInput for a label that is to be removed and is not there."""
    there = spec.groups[group].labels
    labels = edit.fields.get("labels")
    for key, value in labels.items() if isinstance(labels, Mapping) else ():
        if value is None and key not in there:
            raise InvalidInput(f"bay {bay}: group {group} has no label {key!r}", nearest(key, list(there)))


def _taints(bay: str, spec: BaySpec, group: str, edit: GroupEdit) -> list[str]:
    members = spec.groups[group]
    if not isinstance(members, Nodes):
        raise InvalidInput(f"bay {bay}: masters have the taints of their engine alone", "taint a group of nodes")
    taints = list(members.taints)
    for unwanted in edit.remove_taints:
        kept = [taint for taint in taints if unwanted not in _names(taint)]
        if kept == taints:
            raise InvalidInput(f"bay {bay}: group {group} has no taint {unwanted!r}", nearest(unwanted, taints))
        taints = kept
    for taint in edit.add_taints:
        same = _key_and_effect(taint)
        taints = [*(one for one in taints if _key_and_effect(one) != same), taint]
    return taints


def _names(taint: str) -> Collection[str]:
    """By which a taint may be called: its key, key and effect, or all of it."""
    key, effect = _key_and_effect(taint)
    return {taint, key, f"{key}:{effect}"}


def _key_and_effect(taint: str) -> tuple[str, str]:
    pair, _, effect = taint.rpartition(":")
    return pair.partition("=")[0], effect


def _number(value: object) -> int:
    """0 for what is no number, of which the spec's own check says what is wrong."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _group_of(bay: str, server: str) -> str:
    return server.removeprefix(f"{bay}-").rpartition("-")[0]
