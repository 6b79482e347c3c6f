"""Progress of the engine, one line a component of the bay, on stderr."""

import time
from collections import Counter
from types import TracebackType
from typing import TYPE_CHECKING

from rich.live import Live
from rich.text import Text

from bay.cli.output import errors

if TYPE_CHECKING:
    from pulumi.automation import EngineEvent
    from pulumi.automation.events import StepEventMetadata

INTERVAL = 5.0
"""Seconds between two lines where stderr is no terminal."""

DOING = {"create": "making", "delete": "deleting", "update": "changing", "replace": "replacing"}
DONE = {"create": "made", "delete": "deleted", "update": "changed", "replace": "replaced"}
TITLES = {
    "Network": "network",
    "Firewall": "firewall",
    "MasterPorts": "addresses",
    "Servers": "servers",
    "Bay": "image",
}


class Progress:
    """Counts what the engine begins and ends, by component; use as a context manager around a run."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.begun: Counter[tuple[str, str]] = Counter()
        self.ended: Counter[tuple[str, str]] = Counter()
        self.failed: Counter[str] = Counter()
        self.last_line = 0.0
        self.last_text = ""
        self.live = Live(get_renderable=self._text, console=errors, transient=False, refresh_per_second=4)

    def __enter__(self) -> "Progress":
        if errors.is_terminal:
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if errors.is_terminal:
            self.live.stop()
        else:
            self._line(force=True)

    def __call__(self, event: "EngineEvent") -> None:
        """One event of the engine; a listener of the Automation API."""
        if event.resource_pre_event:
            self._count(self.begun, event.resource_pre_event.metadata)
        elif event.res_outputs_event:
            self._count(self.ended, event.res_outputs_event.metadata)
        elif event.res_op_failed_event:
            self.failed[component(event.res_op_failed_event.metadata.urn)] += 1
        if not errors.is_terminal:
            self._line()

    def _count(self, counter: Counter[tuple[str, str]], metadata: "StepEventMetadata") -> None:
        operation = metadata.op.value
        if operation in DOING and _is_cloud_resource(metadata.urn):
            counter[component(metadata.urn), operation] += 1

    def _line(self, force: bool = False) -> None:
        now = time.monotonic()
        if not force and now - self.last_line < INTERVAL:
            return
        text = self._text().plain
        if text and text != self.last_text:
            errors.print(text, markup=False)
        self.last_line, self.last_text = now, text

    def _text(self) -> Text:
        seconds = time.monotonic() - self.started
        lines = []
        for (title, op), begun in sorted(self.begun.items()):
            ended = min(self.ended[title, op], begun)
            state = f"{DONE[op]} {ended}" if ended == begun else f"{DOING[op]} {ended} of {begun}"
            failed = f", {self.failed[title]} failed" if self.failed[title] else ""
            lines.append(f"{seconds:5.0f} s  {title:24} {state}{failed}")
        return Text("\n".join(lines))


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
