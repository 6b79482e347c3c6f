"""Progress of the engine, one line a component of the bay, on stderr."""

from collections import Counter
from typing import TYPE_CHECKING

from bay.cli.console.live import Board

if TYPE_CHECKING:
    from pulumi.automation import EngineEvent
    from pulumi.automation.events import StepEventMetadata

DOING = {"create": "making", "delete": "deleting", "update": "changing", "replace": "replacing"}
DONE = {"create": "made", "delete": "deleted", "update": "changed", "replace": "replaced"}
TITLES = {
    "Network": "network",
    "Firewall": "firewall",
    "MasterPorts": "addresses",
    "Ports": "addresses",
    "Endpoint": "endpoint",
    "StateVolumes": "volumes",
    "CloudLogin": "login",
    "Servers": "servers",
    "Bay": "image",
}


class Progress(Board):
    """Counts what the engine begins and ends, by component; use as a context manager around a run."""

    def __init__(self) -> None:
        self.begun: Counter[tuple[str, str]] = Counter()
        self.ended: Counter[tuple[str, str]] = Counter()
        self.failed: Counter[str] = Counter()
        super().__init__(self._counted)

    def __call__(self, event: "EngineEvent") -> None:
        """One event of the engine; a listener of the Automation API."""
        if event.resource_pre_event:
            self._count(self.begun, event.resource_pre_event.metadata)
        elif event.res_outputs_event:
            self._count(self.ended, event.res_outputs_event.metadata)
        elif event.res_op_failed_event:
            self.failed[component(event.res_op_failed_event.metadata.urn)] += 1
        self.refresh()

    def _count(self, counter: Counter[tuple[str, str]], metadata: "StepEventMetadata") -> None:
        operation = metadata.op.value
        if operation in DOING and _is_cloud_resource(metadata.urn):
            counter[component(metadata.urn), operation] += 1

    def _counted(self) -> list[str]:
        lines = []
        for (title, op), begun in sorted(self.begun.items()):
            ended = min(self.ended[title, op], begun)
            state = f"{DONE[op]} {ended}" if ended == begun else f"{DOING[op]} {ended} of {begun}"
            failed = f", {self.failed[title]} failed" if self.failed[title] else ""
            lines.append(f"{title:24} {state}{failed}")
        return lines


def component(urn: str) -> str:
    """The component a resource belongs to, in words: ``servers demo-node``."""
    types = urn.split("::")[2].split("$")
    owners = [t.rsplit(":", 1)[1] for t in types if t.startswith("bay:index:")]
    title = TITLES.get(owners[-1], owners[-1].lower()) if owners else types[-1].rsplit(":", 1)[1].lower()
    if title != "servers":
        return title
    name = urn.rsplit("::", 1)[1]
    return f"servers {name if types[-1].endswith(':ServerGroup') else name.rsplit('-', 1)[0]}"


def _is_cloud_resource(urn: str) -> bool:
    own_type = urn.split("::")[2].rsplit("$", 1)[-1]
    return not own_type.startswith(("bay:index:", "pulumi:pulumi:", "pulumi:providers:"))
