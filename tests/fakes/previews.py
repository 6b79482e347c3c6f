"""Events of two previews of a bay of one master and three nodes, recorded on the sandbox and shortened."""

import json

from pulumi.automation import EngineEvent

from bay.stacks.plan.preview_events import PreviewSteps
from tests.paths import RECORDED

RECORDED = RECORDED / "previews.json"


def seen(name: str) -> PreviewSteps:
    """What the events say; changed: a flavor, an image, a node fewer, an open port; moved: another network.cidr."""
    steps = PreviewSteps()
    for event in json.loads(RECORDED.read_text())[name]:
        steps(EngineEvent.from_json(event))
    return steps
