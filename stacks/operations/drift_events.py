"""What the engine finds when it compares a state with the cloud, from the events of its refresh."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bay.stacks.cloud.kinds import kind_of_token
from bay.stacks.cloud.rules import is_everybody
from bay.stacks.redaction import PULUMI_SECRET

if TYPE_CHECKING:
    from pulumi.automation import EngineEvent
    from pulumi.automation.events import StepEventMetadata, StepEventStateMetadata


class What(StrEnum):
    """How a thing differs."""

    MISSING = "missing"
    CHANGED = "changed"
    EXTRA = "extra"
    ADDED = "added"


@dataclass(frozen=True)
class Difference:
    """A resource, or one property of it, that is another in the cloud than in the state.

    type: Pulumi's, in short (``Instance``). field: the property that changed. recorded, found: its value in the state
    and in the cloud, with secrets masked; found, of what was added: where it is. urn: empty for what the state does
    not know. severity: ``high`` for what lets anybody in, else empty. remedy: command for what a repair leaves.
    """

    what: What
    type: str
    name: str
    id: str = ""
    field: str = ""
    recorded: Any = None
    found: Any = None
    urn: str = ""
    severity: str = ""
    remedy: str = ""

    @property
    def text(self) -> str:
        """``Port demo-master-0``."""
        return f"{self.type} {self.name}"

    def row(self, bay: str) -> dict[str, Any]:
        """As `bay drift` prints it."""
        return {
            "bay": bay,
            "difference": str(self.what),
            "type": self.type,
            "name": self.name,
            "field": self.field,
            "recorded": self.recorded,
            "found": self.found,
            "id": self.id,
            "severity": self.severity,
            "remedy": self.remedy,
        }


SECRET = "[secret]"
HIGH = "high"
"""Severity of what lets anybody in, or turns off what keeps them out."""


def of_event(event: "EngineEvent") -> list[Difference]:
    """Differences that one event of the engine's refresh tells."""
    if not event.res_outputs_event:
        return []
    step = event.res_outputs_event.metadata
    if not step.type.startswith("openstack:"):
        return []  # what is not in the cloud cannot differ
    kind, name = step.type.rsplit(":", 1)[-1], step.urn.rsplit("::", 1)[-1]
    thing = (kind, name, step.old.id if step.old else "")
    if step.op.value == "delete":
        return [Difference(What.MISSING, *thing, urn=step.urn)]
    return [
        Difference(What.CHANGED, *thing, *values, urn=step.urn, severity=HIGH if _opens(*values) else "")
        for values in _changed(step)
    ]


def _opens(field: str, _recorded: Any, found: Any) -> bool:
    """Whether a changed property of a port or network lets through what its security groups would stop."""
    if field == "portSecurityEnabled":
        return found is False
    if field == "allowedAddressPairs":
        return any(is_everybody(pair.get("ipAddress")) for pair in found or ())
    return False


def _changed(step: "StepEventMetadata") -> Iterator[tuple[str, Any, Any]]:
    """(property, recorded, found) of each that is not what the state says."""
    if step.old is None or step.new is None:
        return
    if step.op.value == "update":
        for field in step.diffs or ():
            yield field, _value(step.old, field), _cloud_value(step.new, field)
    kind = kind_of_token(step.type)
    for field, real in (kind.read_elsewhere if kind else {}).items():
        recorded = shown((step.old.inputs or {}).get(field))
        found = _as_declared(recorded, shown((step.new.outputs or {}).get(real)))
        if recorded and found != recorded:
            yield field, recorded, found


def _value(state: "StepEventStateMetadata", field: str) -> Any:
    """As it was asked for, else as the cloud gave it."""
    return shown({**(state.outputs or {}), **(state.inputs or {})}.get(field))


def _cloud_value(state: "StepEventStateMetadata", field: str) -> Any:
    """As the cloud gave it: of some properties Pulumi keeps the inputs as they were asked for."""
    return shown({**(state.inputs or {}), **(state.outputs or {})}.get(field))


def _as_declared(recorded: Any, found: Any) -> Any:
    """What is found of what was asked for: lists in any order, maps without what others have added."""
    if isinstance(recorded, dict) and isinstance(found, dict):
        return {key: found[key] for key in recorded if key in found}
    if isinstance(recorded, list) and isinstance(found, list) and sorted(recorded) == sorted(found):
        return recorded
    return found


def shown(value: Any) -> Any:
    """A value without its secrets and the engine's own remarks in it."""
    if isinstance(value, dict):
        if PULUMI_SECRET in value:
            return SECRET
        return {key: shown(item) for key, item in value.items() if not key.startswith("__")}
    if isinstance(value, list):
        return [shown(item) for item in value]
    return value
