"""How far Pulumi is, from its events: resources begun and finished, by component of the bay and operation."""

from collections import Counter
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING

from bay.stacks.events import Event, ResourceProgress
from bay.stacks.state.snapshot import kind_and_name

if TYPE_CHECKING:
    from pulumi.automation import EngineEvent
    from pulumi.automation.events import StepEventMetadata

OPERATIONS = ("create", "delete", "update", "replace")
TITLES = {
    "Network": "network",
    "Firewall": "firewall",
    "MasterPorts": "addresses",
    "Ports": "addresses",
    "Endpoint": "endpoint",
    "StateVolumes": "volumes",
    "CloudLogin": "login",
    "IdentityStore": "certificates",
    "Servers": "servers",
    "Bay": "image",
}
"""Component of a bay -> what people call it."""


NAMES = 3
"""Names of what is waited for that an event has at most."""


class Progress:
    """A listener of the Automation API: tells a `ResourceProgress` for each event that changes a count."""

    def __init__(self, bay: str, tell: Callable[[Event], None]) -> None:
        self.bay, self.tell = bay, tell
        self.begun: Counter[tuple[str, str]] = Counter()
        self.ended: Counter[tuple[str, str]] = Counter()
        self.failed: Counter[str] = Counter()
        self.waiting: dict[tuple[str, str], dict[str, str]] = {}

    def __call__(self, event: "EngineEvent") -> None:
        """One event of Pulumi."""
        if event.resource_pre_event:
            metadata = event.resource_pre_event.metadata
            self._in_flight(metadata)[metadata.urn] = _label(metadata.urn)
            self._count(self.begun, metadata)
        elif event.res_outputs_event:
            metadata = event.res_outputs_event.metadata
            self._in_flight(metadata).pop(metadata.urn, None)
            self._count(self.ended, metadata)
        elif event.res_op_failed_event:
            urn = event.res_op_failed_event.metadata.urn
            title = component(urn)
            self.failed[title] += 1
            for operation in OPERATIONS:  # a replacement fails in a step of its own: ``create-replacement``
                self.waiting.get((title, operation), {}).pop(urn, None)
                self._report(title, operation)

    def _in_flight(self, metadata: "StepEventMetadata") -> dict[str, str]:
        """URN -> name of what Pulumi waits for in the same component and operation, the first begun first."""
        return self.waiting.setdefault((component(metadata.urn), metadata.op.value), {})

    def _count(self, counter: Counter[tuple[str, str]], metadata: "StepEventMetadata") -> None:
        operation = metadata.op.value
        if operation in OPERATIONS and _is_cloud_resource(metadata.urn):
            title = component(metadata.urn)
            counter[title, operation] += 1
            self._report(title, operation)

    def _report(self, title: str, operation: str) -> None:
        total = self.begun[title, operation]
        if total:
            done = min(self.ended[title, operation], total)
            names = tuple(islice(self.waiting.get((title, operation), {}).values(), NAMES))
            self.tell(ResourceProgress(self.bay, title, operation, done, total, self.failed[title], names))


def component(urn: str) -> str:
    """The component a resource belongs to, in words: ``servers demo-node``; a server group is no server."""
    types = urn.split("::")[2].split("$")
    own = types[-1].rsplit(":", 1)[1]
    if own == "ServerGroup":
        return "server groups"
    owners = [t.rsplit(":", 1)[1] for t in types if t.startswith("bay:index:")]
    title = TITLES.get(owners[-1], owners[-1].lower()) if owners else own.lower()
    return f"servers {urn.rsplit('::', 1)[1].rsplit('-', 1)[0]}" if title == "servers" else title


def _label(urn: str) -> str:
    kind, name = kind_and_name(urn)
    return name if kind == "Instance" else f"{kind} {name}"


def _is_cloud_resource(urn: str) -> bool:
    own_type = urn.split("::")[2].rsplit("$", 1)[-1]
    return not own_type.startswith(("bay:index:", "pulumi:pulumi:", "pulumi:providers:"))
