"""What a run of the engine would change, from its preview events."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from bay.cli.workspace import BayStack
from bay.components.bay import Owner
from bay.components.place import Place
from bay.components.spec import BaySpec
from bay.stacks.program import program

if TYPE_CHECKING:
    from pulumi.automation import EngineEvent

CHANGES = {
    "create": "create",
    "update": "update",
    "delete": "delete",
    "replace": "replace",
    "create-replacement": "replace",
    "delete-replaced": "replace",
}
COLUMNS = ("operation", "type", "name", "fields")


@dataclass(frozen=True)
class Change:
    """One resource that would change: operation create, update, delete or replace; fields only by name."""

    operation: str
    type: str
    name: str
    fields: tuple[str, ...] = ()

    def row(self) -> dict[str, Any]:
        """As a row of `bay preview`."""
        return {"operation": self.operation, "type": self.type, "name": self.name, "fields": list(self.fields)}


def changes(stack: BayStack, spec: BaySpec, place: Place, owner: Owner) -> list[Change]:
    """Ask the engine what it would do; nothing is changed."""
    found: dict[tuple[str, str], Change] = {}
    run = partial(program, stack.name, spec, managed_by=owner, place=place)
    stack.preview(run, partial(_collect, found))
    order = list(dict.fromkeys(CHANGES.values()))
    return sorted(found.values(), key=lambda c: (-order.index(c.operation), c.type, c.name))


def _collect(found: dict[tuple[str, str], Change], event: "EngineEvent") -> None:
    if not event.resource_pre_event:
        return
    metadata = event.resource_pre_event.metadata
    operation = CHANGES.get(metadata.op.value)
    kind = metadata.type.rsplit(":", 1)[-1]
    if operation is None or metadata.type.startswith(("pulumi:", "bay:index:")):
        return  # components are only groups of what is made
    name = metadata.urn.rsplit("::", 1)[1]
    known = found.get((metadata.urn, operation))  # a replacement is three steps, and not all of them say why
    fields = tuple(metadata.diffs or ()) or (known.fields if known else ())
    found[metadata.urn, operation] = Change(operation, kind, name, fields)


def made_anew(found: list[Change], names: Collection[str]) -> list[Change]:
    """The plan where the servers of these names are not whole: the engine would keep them, `bay` makes them anew."""
    return [replace(change, operation="replace", fields=()) if change.name in names else change for change in found]


def summary(found: list[Change]) -> str:
    """``12 to create, 1 to delete``, or that nothing changes."""
    counts = {op: sum(c.operation == op for c in found) for op in dict.fromkeys(CHANGES.values())}
    parts = [f"{count} to {operation}" for operation, count in counts.items() if count]
    return ", ".join(parts) or "no changes"
