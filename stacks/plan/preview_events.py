"""From the engine's events to the changes of a plan."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bay.stacks.cloud.kinds import address_of
from bay.stacks.plan.open_ports import ANYWHERE, OpenedPort, find_opened
from bay.stacks.plan.types import DESTRUCTIVE, OPERATIONS, Change, Diff, Group, Operation
from bay.stacks.redaction import get_path, redact

if TYPE_CHECKING:
    from pulumi.automation import EngineEvent
    from pulumi.automation.events import StepEventMetadata

STEPS: Mapping[str, Operation] = {
    "create": "create",
    "update": "update",
    "delete": "delete",
    "replace": "replace",
    "create-replacement": "replace",
    "delete-replaced": "replace",
}
"""The engine's step -> what happens to the thing; a replacement is three steps."""

BOOKKEEPING = ("Image", "Guard")
"""Types that exist in the state only; what they stand for is told by fields of the spec and by the servers."""

GROUP_OF_COMPONENT = {
    "Servers": Group.NODES,
    "StateVolumes": Group.VOLUMES,
    "Firewall": Group.FIREWALL,
    "Endpoint": Group.ENDPOINT,
    "MasterPorts": Group.NETWORK,
    "Ports": Group.NETWORK,
    "Network": Group.NETWORK,
}
"""Innermost component of the bay around a resource -> group."""

REBUILDS = {"imageId", "imageName"}
"""Properties of a server whose update Nova does by rebuilding it: its disk is made anew (Terraform's provider)."""
RESIZES = {"flavorId", "flavorName"}
"""Properties of a server whose update Nova does by resizing it: it is stopped, and started on another host."""


@dataclass
class PreviewSteps:
    """Collects events of a preview; a listener of the Automation API.

    images: server name -> id of the image it was made from. resolved: image resource -> id that it stands for now.
    rules: those that let packets in afterwards.
    """

    found: dict[str, Change] = field(default_factory=dict)
    images: dict[str, str] = field(default_factory=dict)
    resolved: dict[str, str] = field(default_factory=dict)
    rules: dict[str, OpenedPort] = field(default_factory=dict)

    def __call__(self, event: "EngineEvent") -> None:
        """One event of the engine."""
        if not event.resource_pre_event:
            return
        metadata = event.resource_pre_event.metadata
        kind, name = short_type(metadata.type), metadata.urn.rsplit("::", 1)[1]
        if kind == "Instance" and metadata.old:
            self.images[name] = str((metadata.old.inputs or {}).get("imageId") or "")
        if kind == "Image" and metadata.new:
            self.resolved[name] = str((metadata.new.inputs or {}).get("image_id") or "")
        operation = STEPS.get(metadata.op.value)
        if kind == "SecGroupRule" and operation != "delete" and metadata.new:
            self._look_at_rule(name, metadata.urn.split(":")[2], metadata.new.inputs or {}, changes=bool(operation))
        if operation and not _is_grouping(metadata.type) and kind not in BOOKKEEPING:
            self._add(operation, kind, name, metadata)

    def _add(self, operation: Operation, kind: str, name: str, metadata: "StepEventMetadata") -> None:
        diffs = _diffs(metadata) or _addresses_that_go(metadata, kind)
        known = self.found.get(metadata.urn)
        if not diffs and known:  # not all steps of a replacement say why
            diffs = known.diffs
        if kind == "Instance" and operation == "update":
            operation = _of_a_server(diffs)
        group = group_of(metadata.urn, kind)
        self.found[metadata.urn] = Change(operation, group, kind, name, diffs, metadata.urn)

    def _look_at_rule(self, name: str, bay: str, rule: Mapping[str, Any], *, changes: bool) -> None:
        if rule.get("direction") == "ingress" and not rule.get("remoteGroupId"):
            role = name.removeprefix(f"{bay}-").split("-")[0]
            first, last = rule.get("portRangeMin"), rule.get("portRangeMax")
            ports = "" if first is None else f" {first:.0f}" if first == last else f" {first:.0f}-{last:.0f}"
            port = f"{rule.get('protocol') or 'everything'}{ports} of the {role}s"
            family = 6 if rule.get("ethertype") == "IPv6" else 4
            self.rules[name] = OpenedPort(port, rule.get("remoteIpPrefix") or ANYWHERE[family], changes)

    @property
    def opened(self) -> dict[str, str]:
        """Name of a rule that comes or changes -> what of a port it opens to the world, alone or with other rules."""
        return find_opened(self.rules)

    @property
    def destroyed_servers(self) -> set[str]:
        """Names of the servers that lose their disk."""
        return {c.name for c in self.found.values() if c.type == "Instance" and c.operation in DESTRUCTIVE}

    def changes(self, made_anew: Collection[str] = ()) -> tuple[Change, ...]:
        """What was found, by group and the most dangerous first.

        made_anew: servers that are not whole: the engine would keep them, `bay` makes them anew.
        """
        order = list(Group)
        found = [replace(c, operation="replace", diffs=()) if c.name in made_anew else c for c in self.found.values()]
        return tuple(
            sorted(found, key=lambda c: (order.index(c.group), OPERATIONS.index(c.operation), c.type, natural(c.name)))
        )


def _addresses_that_go(metadata: "StepEventMetadata", kind: str) -> tuple[Diff, ...]:
    """As a diff: others may have written them down."""
    if metadata.op.value != "delete" or metadata.old is None:
        return ()
    address = address_of(kind, metadata.old.outputs or {})
    return (Diff("address", address, None),) if address else ()


def short_type(token: str) -> str:
    """``openstack:compute/instance:Instance`` -> ``Instance``."""
    return token.rsplit(":", 1)[-1]


def component_of(urn: str) -> str:
    """The innermost component of the bay around a resource, ``Servers``; empty where there is none."""
    types = urn.split("::")[2].split("$")[:-1]
    return next((short_type(token) for token in reversed(types) if token.startswith("bay:index:")), "")


def group_of(urn: str, kind: str) -> Group:
    """What a person calls the part of the bay that a resource belongs to."""
    if kind == "Identity":
        return Group.IDENTITY
    component = component_of(urn)
    if component == "MasterPorts" and kind == "FloatingIp":
        return Group.ENDPOINT
    return GROUP_OF_COMPONENT.get(component, Group.OTHER)


def natural(name: str) -> tuple[str, int]:
    """Sort key of a name that ends with a number: node-9 before node-10."""
    stem, _, number = name.rpartition("-")
    return (stem, int(number)) if number.isdecimal() else (name, -1)


def _is_grouping(token: str) -> bool:
    return token.startswith(("pulumi:", "bay:index:"))


def _of_a_server(diffs: Collection[Diff]) -> Operation:
    """An update of a server by what Nova does for it, which is more than the engine knows."""
    changed = {diff.path for diff in diffs}
    return "rebuild" if changed & REBUILDS else "resize" if changed & RESIZES else "update"


def _diffs(metadata: "StepEventMetadata") -> tuple[Diff, ...]:
    """The properties that differ: of the inputs where the engine compared those, else of what the cloud had."""
    old, new = metadata.old, metadata.new
    if old is None or new is None:
        return ()
    before: Mapping[str, Any] = {**(old.inputs or {}), **(old.outputs or {})}
    after: Mapping[str, Any] = new.inputs or {}
    detailed = metadata.detailed_diff or dict.fromkeys(metadata.diffs or ())
    return tuple(
        Diff(
            path,
            redact(path, get_path(path, (old.inputs or {}) if how is not None and how.input_diff else before)),
            redact(path, get_path(path, after)),
        )
        for path, how in sorted(detailed.items())
        if not path.startswith("__")
    )
