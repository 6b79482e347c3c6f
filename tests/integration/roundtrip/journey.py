"""Takes the resources round on a real engine and notes what it did to each of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from pulumi import automation
from pulumi.automation import EngineEvent, OpType

from bay.sandbox import Sandbox
from bay.toolchain import Toolchain
from tests.integration.roundtrip import lookups, trips

#: What the engine calls the steps of a replacement.
REPLACEMENT = {OpType.REPLACE, OpType.CREATE_REPLACEMENT, OpType.DELETE_REPLACED}

#: Options of a leg that changes the cloud: one resource that fails must not hide what the others do.
GO_ON: dict[str, Any] = {"continue_on_error": True, "parallel": 8}


@dataclass
class Journey:
    """What happened: leg of the journey -> logical name -> `create`, `same`, `update`, `replace` or `delete`."""

    steps: dict[str, dict[str, str]] = field(default_factory=dict)
    #: What the engine had to say of failures.
    complaints: list[str] = field(default_factory=list)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    def of(self, name: str) -> dict[str, str]:
        """What happened to one resource in each leg."""
        return {leg: steps.get(name, "nothing") for leg, steps in self.steps.items()}

    def note(self, leg: str, event: EngineEvent) -> None:
        """Keep what an event of the engine says of a resource or a failure."""
        if event.diagnostic_event and event.diagnostic_event.severity == "error":
            self.complaints.append(f"{leg}: {event.diagnostic_event.message}")
        step = event.resource_pre_event or event.res_outputs_event
        if step and step.metadata.op is not OpType.REFRESH:
            name = step.metadata.urn.rsplit("::", 1)[1]
            operation = "replace" if step.metadata.op in REPLACEMENT else step.metadata.op.value
            self.steps.setdefault(leg, {})[name] = operation


def take(toolchain: Toolchain, sandbox: Sandbox, folder: Path) -> Journey:
    """Create, look again, change, look again, destroy; goes on to the end whatever fails."""
    journey = Journey()
    stack = _stack(toolchain, sandbox, folder)

    def program(turn: int) -> None:
        journey.answers = lookups.answers()
        trips.program(turn)

    first, second = partial(program, 1), partial(program, 2)
    legs: dict[str, Callable[..., object]] = {
        "create": partial(stack.up, program=first, **GO_ON),
        "look": partial(stack.preview, program=first, refresh=True),
        "change": partial(stack.up, program=second, **GO_ON),
        "look again": partial(stack.preview, program=second, refresh=True),
        "destroy": partial(stack.destroy, **GO_ON),
    }
    for leg, run in legs.items():
        try:
            run(on_event=partial(journey.note, leg))
        except automation.CommandError as error:
            journey.complaints.append(f"{leg}: {error}")
    return journey


def _stack(toolchain: Toolchain, sandbox: Sandbox, folder: Path) -> automation.Stack:
    (folder / "state").mkdir()
    cloud = {"OS_CLOUD": "sandbox", "OS_CLIENT_CONFIG_FILE": str(sandbox.clouds_file)}
    state = {"PULUMI_BACKEND_URL": f"file://{folder}/state", "PULUMI_CONFIG_PASSPHRASE": "not a secret"}
    return automation.create_stack(
        "dev",
        project_name="roundtrip",
        program=lambda: None,
        opts=automation.LocalWorkspaceOptions(
            pulumi_command=automation.PulumiCommand(root=str(toolchain.root)),
            env_vars=toolchain.environment() | cloud | state,
        ),
    )
