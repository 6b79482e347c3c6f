"""The only module that speaks Pulumi's Automation API: one stack is one bay."""

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pulumi.automation import (
    Deployment,
    EngineEvent,
    LocalWorkspace,
    OutputMap,
    ProjectSettings,
    Stack,
    StackSettings,
    UpdateSummary,
)
from pulumi.automation._stack import StackInitMode  # only Stack's own class methods spare a caller this name

from bay.cli.console.output import say
from bay.stacks.automation.errors import Locked, explained
from bay.stacks.automation.process import Engine, planning
from bay.stacks.program.runtime import settling
from bay.stacks.state import file_backend
from bay.stacks.state import snapshot as record
from bay.stacks.state.snapshot import StateSnapshot
from bay.stacks.state.status import LastRun

PROJECT = "bay"
PARALLEL = 32
"""Resource operations in flight: the cloud answers slower than the engine asks (docs/speed.md)."""
PATIENCE = 30.0
"""Seconds to wait for another run on this machine that is about to end."""

Program = Callable[[], None]
Listener = Callable[[EngineEvent], None] | None


class Workspace(LocalWorkspace):
    """A folder with Pulumi.yaml for one run; `--stack` names the stack in every call, so none is selected."""

    def select_stack(self, stack_name: str) -> None:
        """Nothing: `pulumi stack select` would cost a process and write the user's current stack."""


class QuickStack(Stack):
    """A stack whose runs end with the engine.

    The Automation API starts three more processes after each run, 0.8 s in all, for outputs and history
    that `bay` reads by itself where it needs them.
    """

    def outputs(self) -> OutputMap:
        """Nothing; `BayStack.outputs` has them."""
        return {}

    def info(self, show_secrets: bool = True) -> UpdateSummary:
        """Nothing but that the run went through: one that did not has raised before."""
        return UpdateSummary("", datetime.now(UTC), "", {}, {}, "succeeded")


@dataclass
class BayStack:
    """One bay's stack, opened for one run of `bay`."""

    name: str
    engine: Engine
    stack: Stack

    def export(self, secrets: bool = False) -> Deployment:
        """The whole state; secrets stay encrypted, unless they are asked for in the clear."""
        state = json.loads(self.command("stack", "export", *(["--show-secrets"] if secrets else [])))
        return Deployment(state["version"], state["deployment"])

    def import_(self, deployment: Deployment) -> None:
        """Put an edited state back."""
        self._alone(lambda: self.stack.import_stack(deployment))

    def record(self) -> StateSnapshot:
        """What the state says of the bay."""
        folder = self.engine.state_folder
        written = file_backend.deployment(folder, PROJECT, self.name) if folder else None
        return record.read(self.name, written or self.export().deployment)

    def up(
        self,
        program: Program,
        on_event: Listener = None,
        replace: Sequence[str] = (),
        exclude: Sequence[str] = (),
        plan: Path | None = None,
    ) -> None:
        """Make the cloud what the program says.

        replace: URNs of what is made anew though it is as it should be. exclude: of what stays as it is.
        plan: file that `preview` saved; a step that is not in it ends the run.
        """
        self._alone(
            lambda: self.stack.up(
                program=settling(program),
                on_event=on_event,
                replace=list(replace),
                exclude=list(exclude),
                plan=str(plan) if plan else None,
                parallel=PARALLEL,
                suppress_outputs=True,
                color="never",
                run_program=False,  # only then does the engine read again first what was adopted
            )
        )

    def compare(self, on_event: Listener) -> None:
        """Read all that the state has from the cloud and tell, by events, what differs; nothing is changed."""
        with explained(self.name):
            self.stack.preview_refresh(on_event=on_event, parallel=PARALLEL, color="never", run_program=False)

    def refresh(self, urns: Sequence[str], on_event: Listener = None) -> None:
        """Write what the cloud says of these, and of nothing else, into the state; what is gone leaves it."""
        self._alone(
            lambda: self.stack.refresh(
                target=list(urns),
                on_event=on_event,
                parallel=PARALLEL,
                suppress_outputs=True,
                color="never",
                run_program=False,
            )
        )

    def preview(
        self, program: Program, on_event: Listener = None, *, refresh: bool = False, save: Path | None = None
    ) -> None:
        """Tell, by events, what `up` would do; Protected where it would refuse to.

        refresh: compare with the cloud as it is now, not with the state. save: file for the engine's own plan.
        """
        self.stack.workspace.env_vars = planning()
        with explained(self.name):
            self.stack.preview(
                program=settling(program),
                on_event=on_event,
                refresh=refresh or None,
                plan=str(save) if save else None,
                parallel=PARALLEL,
                color="never",
                run_program=False,
            )

    def destroy(self, on_event: Listener = None, targets: Sequence[str] = ()) -> None:
        """Delete everything the state knows; no node is drained first, since all of them go.

        targets: URNs of what goes alone, with what depends on it.
        """
        self._alone(
            lambda: self.stack.destroy(
                target=list(targets),
                target_dependents=bool(targets),
                on_event=on_event,
                parallel=PARALLEL,
                suppress_outputs=True,
                color="never",
                run_program=False,
            )
        )

    def unprotect(self, *urns: str) -> None:
        """Lift the protection of these: the user asked for their end.

        The next run of the program protects again what it keeps.
        """
        self._alone(lambda: self.command("state", "unprotect", *urns, "--yes"))

    def outputs(self) -> dict[str, Any]:
        """Stack outputs with their secrets in the clear; empty before the first update went through."""
        outputs: dict[str, Any] = json.loads(self.command("stack", "output", "--json", "--show-secrets"))
        if "api_address" in outputs:  # alone, where an earlier version made the bay
            outputs.setdefault("api_addresses", [outputs["api_address"]])
        return outputs

    def last_run(self) -> LastRun:
        """The newest entry of the stack's history, and whether there is an older one (file backends number none)."""
        text = self.command("stack", "history", "--json", "--page-size", "2")
        entries = json.loads(text or "[]")
        newest = entries[0] if entries else {}
        return LastRun(newest.get("kind", ""), newest.get("result", ""), len(entries), newest.get("endTime", ""))

    def remove(self) -> None:
        """Forget the stack, its history and its settings; only an empty one goes."""
        self.command("stack", "rm", "--yes")

    def cancel(self) -> None:
        """Take away the lock of a run that is no more."""
        self.command("cancel", "--yes")

    def _alone(self, run: Callable[[], object]) -> None:
        """Run once nobody else holds the stack: a dead run's lock is taken away, an ending one is waited for.

        An engine whose `bay` was killed ends by itself, but first finishes what is in flight.
        """
        deadline, waiting = time.monotonic() + PATIENCE, False
        while True:
            try:
                with explained(self.name):
                    run()
                return
            except Locked as locked:
                if locked.dead:
                    self.cancel()
                elif not locked.here or time.monotonic() > deadline:
                    raise
                else:
                    if not waiting:
                        say(f"{locked.message}; waiting for its end")
                    waiting = True
                    time.sleep(1)

    def command(self, *words: str) -> str:
        """Any `pulumi` command on this stack."""
        with explained(self.name):
            workspace = self.stack.workspace
            return self.engine.run([*words, "--stack", self.name], workspace.work_dir, {}).stdout


@contextmanager
def opened(engine: Engine, name: str, *, new: bool = False, salt: str = "") -> Iterator[BayStack]:
    """Open the stack of a bay (`new`: make it); its folder is temporary and goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="bay-") as folder:
        workspace = Workspace(
            work_dir=folder,
            pulumi_command=engine,
            project_settings=ProjectSettings(name=PROJECT, runtime="python"),
            stack_settings={name: StackSettings(encryption_salt=salt)} if salt else None,
        )
        with explained(name):
            stack = QuickStack(name, workspace, StackInitMode.CREATE if new else StackInitMode.SELECT)
        yield BayStack(name, engine, stack)


def stack_names(engine: Engine) -> list[str]:
    """Names of the bays that the state holds."""
    with tempfile.TemporaryDirectory(prefix="bay-") as folder:
        workspace = Workspace(
            work_dir=folder,
            pulumi_command=engine,
            project_settings=ProjectSettings(name=PROJECT, runtime="python"),
        )
        with explained(""):
            output = engine.run(["stack", "ls", "--json", "--project", PROJECT], workspace.work_dir, {}).stdout
    return sorted(stack["name"].rsplit("/", 1)[-1] for stack in json.loads(output))
