"""Pulumi's Automation API, made for many short runs: a folder with Pulumi.yaml, and stacks that end with Pulumi."""

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pulumi.automation import (
    LocalWorkspace,
    OutputMap,
    ProjectSettings,
    Stack,
    StackSettings,
    UpdateSummary,
)
from pulumi.automation._stack import StackInitMode  # only Stack's own class methods spare a caller this name

from bay.stacks.automation.errors import pulumi_errors
from bay.stacks.automation.process import PulumiProcess
from bay.stacks.program.config import PROJECT, PROVIDER_CONFIG


class Workspace(LocalWorkspace):
    """A folder with Pulumi.yaml for one operation; `--stack` names the stack in every call, so none is selected."""

    def select_stack(self, stack_name: str) -> None:
        """Nothing: `pulumi stack select` would cost a process and write the user's current stack."""


class QuickStack(Stack):
    """A stack whose runs end with Pulumi.

    The Automation API starts three more processes after each run, 0.8 s in all, for outputs and history
    that `bay` reads by itself where it needs them.
    """

    def outputs(self) -> OutputMap:
        """Nothing; `BayStack.outputs` has them."""
        return {}

    def info(self, show_secrets: bool = True) -> UpdateSummary:
        """Nothing but that the run went through: one that did not has raised before."""
        return UpdateSummary("", datetime.now(UTC), "", {}, {}, "succeeded")


def workspace(
    folder: Path, pulumi: PulumiProcess, salt: str = "", stack: str = "", project: str = PROJECT
) -> Workspace:
    """A workspace of a project in a folder; salt: of the secrets of its `stack`, where it has some."""
    settings = StackSettings(encryption_salt=salt or None, config=dict(PROVIDER_CONFIG))
    return Workspace(
        work_dir=str(folder),
        pulumi_command=pulumi,
        project_settings=ProjectSettings(name=project, runtime="python"),
        stack_settings={stack: settings} if stack else None,
    )


def open_stack(name: str, where: Workspace, *, new: bool = False) -> Stack:
    """The stack of that name (`new`: made)."""
    with pulumi_errors(name):
        return QuickStack(name, where, StackInitMode.CREATE if new else StackInitMode.SELECT)


def stack_names(pulumi: PulumiProcess, project: str = PROJECT) -> list[str]:
    """Names of a project's stacks in the state: of bay's own, the names of the bays."""
    return sorted(stack["name"].rsplit("/", 1)[-1] for stack in stack_rows(pulumi, project))


def stack_rows(pulumi: PulumiProcess, project: str = PROJECT) -> list[dict[str, Any]]:
    """What Pulumi lists of a project's stacks in the state."""
    with tempfile.TemporaryDirectory(prefix="bay-") as folder:
        where = workspace(Path(folder), pulumi)
        with pulumi_errors(""):
            output = pulumi.run(["stack", "ls", "--json", "--project", project], where.work_dir, {}).stdout
    return list(json.loads(output))
