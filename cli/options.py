"""Options that several commands share, and how they become a spec."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bay.cli import completion
from bay.cli.console.formats import Format

if TYPE_CHECKING:
    from bay.stacks.plan.planner import SpecSource
from bay.components.errors import InvalidInput

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the bay.", autocompletion=completion.bays)]
NameUnlessAll = Annotated[
    str | None, typer.Argument(metavar="NAME", help="Name of the bay.", autocompletion=completion.bays)
]
Node = Annotated[
    str,
    typer.Argument(
        metavar="NODE",
        help="Name of a server, with or without the bay's before it: physics-node-0 or node-0.",
        autocompletion=completion.nodes,
    ),
]
NodeUnlessFirst = Annotated[
    str | None,
    typer.Argument(
        metavar="NODE",
        help="Name of a server, with or without the bay's before it; default: the first master.",
        autocompletion=completion.nodes,
    ),
]
Every = Annotated[
    bool, typer.Option("--all", help="All bays: those of the checkout that this folder is in, else those of the state.")
]
FromCommit = Annotated[
    str | None,
    typer.Option("--from", metavar="COMMIT", help="Read the bays' files of a commit, as data; no code of it is run."),
]
SavePlan = Annotated[
    Path | None, typer.Option("--save", metavar="FILE", help="Keep the plan for 'bay update --plan FILE'.")
]
OsCloud = Annotated[
    str | None,
    typer.Option(
        "--os-cloud",
        metavar="CLOUD",
        help="Cloud in clouds.yaml; 'sandbox' is the local one.",
        autocompletion=completion.clouds,
    ),
]
OsRegionName = Annotated[
    str | None, typer.Option("--os-region-name", metavar="REGION", help="Region of the cloud, if it has several.")
]
State = Annotated[str | None, typer.Option("--state", metavar="URL", help="Pulumi backend that holds the state.")]
Project = Annotated[
    str | None,
    typer.Option(
        "--project",
        metavar="PROJECT",
        help="Pulumi project of a program of your own that declares the bay.",
        autocompletion=completion.projects,
    ),
]
Form = Annotated[Format, typer.Option("-f", "--format", help="Format of the output.")]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "-c", "--column", metavar="COLUMN", help="Column to print; repeatable.", autocompletion=completion.columns
    ),
]
Long = Annotated[bool, typer.Option("--long", help="Show every column in the table, also ids, however wide it is.")]
Parallel = Annotated[
    int | None,
    typer.Option(
        "--parallel",
        metavar="N",
        min=1,
        help="Resource operations in flight; 32 to 128 by the bay's size if not given.",
    ),
]
Secrets = Annotated[
    str | None,
    typer.Option(
        "--secrets",
        metavar="file|barbican",
        help="Where the bay's passphrase is kept: in a file of yours, or in Barbican for the whole project."
        " Default: BAY_SECRETS, else file.",
        autocompletion=completion.passphrase_places,
    ),
]
DryRunForm = Annotated[Format, typer.Option("-f", "--format", help="Format of what --dry-run prints.")]
MaxUnavailable = Annotated[
    str | None,
    typer.Option(
        "--max-unavailable",
        metavar="N|N%",
        help="Servers of a group that are replaced at the same time, 40% unless said; masters go one by one.",
    ),
]
BackupTo = Annotated[
    str | None,
    typer.Option(
        "--backup-to", metavar="DIR", help="Back up the masters into this folder before the first one is replaced."
    ),
]
LoseData = Annotated[bool, typer.Option("--lose-data", help="Replace masters even if control-plane data is lost.")]
NoWaitForLast = Annotated[
    bool,
    typer.Option("--no-wait", help="Do not wait for the engine after the last batch; each other batch is waited for."),
]
SshUser = Annotated[
    str | None, typer.Option("-l", "--user", metavar="USER", help="User to log in as; default: that of the image.")
]
SshKey = Annotated[
    Path | None,
    typer.Option(
        "-i", "--identity", metavar="FILE", help="Private key; default: the one in ~/.ssh of the bay's keypair."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Allow = Annotated[
    list[str] | None,
    typer.Option(
        "--allow",
        metavar="KIND",
        help="Allow losing masters, volumes or more than a batch of nodes: masters, volumes or batch; repeatable.",
        autocompletion=lambda: ["masters", "volumes", "batch"],
    ),
]
Refresh = Annotated[bool, typer.Option("--refresh", help="Compare with the cloud as it is now, not with the state.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not wait until the engine runs on the servers.")]
Timeout = Annotated[
    float, typer.Option("--timeout", metavar="MINUTES", min=0, help="How long to wait for the engine at most.")
]
MINUTES = 60.0
"""How long a command waits for the engine, as Magnum's `create_timeout`."""
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the plan and stop.")]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="MODEL",
        help="Model to start from; see 'bay model list'.",
        autocompletion=lambda: model_names(),
    ),
]
Nodes = Annotated[int | None, typer.Option("--nodes", metavar="N", help="Number of nodes.")]
MasterCount = Annotated[int | None, typer.Option("--masters", metavar="N", help="Number of masters (odd).")]
Keypair = Annotated[str | None, typer.Option("--keypair", metavar="KEYPAIR", help="Nova keypair for SSH.")]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FIELD=VALUE",
        help="Any field of the spec; repeatable.",
        autocompletion=completion.assignments,
    ),
]
SpecFile = Annotated[Path | None, typer.Option("--file", metavar="SPEC", help="YAML file with fields of the spec.")]
Addons = Annotated[
    list[str] | None,
    typer.Option(
        "--addon",
        metavar="ADDON",
        help="Add-on beside those of the model; repeatable; see 'bay model list --addons'.",
        autocompletion=lambda: _addon_names(),
    ),
]
SavedPlan = Annotated[
    Path | None, typer.Option("--plan", metavar="FILE", help="Carry out a saved plan, and nothing else.")
]
Models = Annotated[
    Path | None,
    typer.Option("--models", metavar="DIR", exists=True, file_okay=False, help="Folder with more models."),
]


def layers(
    *,
    model: str | None = None,
    nodes: int | None = None,
    masters: int | None = None,
    keypair: str | None = None,
    assignments: list[str] | None = None,
    file: Path | None = None,
) -> list[dict[str, Any]]:
    """What the user said, lowest first: the file, then the options, then each --set."""
    from bay.components.spec.merge import assignment
    from bay.components.yaml_file import read_yaml

    named = {"model": model, "nodes": nodes, "masters": masters, "keypair": keypair}
    options = {field: value for field, value in named.items() if value is not None}
    return [read_yaml(file) if file else {}, options, *(assignment(text) for text in assignments or [])]


def refuse_beside_plan(*said: object) -> None:
    """A usage error where anything was said beside --plan."""

    if any(value is not None for value in said):
        raise InvalidInput(
            "--plan takes no other change beside it", "make a new plan: bay preview NAME ... --save FILE"
        )


def refuse_beside_all(name: str | None, every: bool, *said: object, command: str = "preview") -> None:
    """A usage error where --all has a name or a change beside it, or where neither it nor a name was said."""
    if name is None and not every:
        raise InvalidInput("no bay is named", f"bay {command} NAME, or bay {command} --all")
    if every and (name is not None or any(value is not None for value in said)):
        raise InvalidInput("--all takes no name and no change beside it", f"bay {command} NAME ... for one bay")


def text_of(file: Path) -> str:
    """The text of a file that the user named; ``-`` is standard input."""

    if str(file) == "-":
        return sys.stdin.read()
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise InvalidInput(f"{file}: {reason}", "name a file that can be read") from None


def waiting(no_wait: bool, minutes: float) -> timedelta | None:
    """How long to wait for the engine; None for not at all."""
    return timedelta(minutes=minutes) if minutes and not no_wait else None


def planned(plan: Path | None, bay: str) -> "SpecSource | None":
    """The spec that a saved plan leads to; None where none was named."""
    if plan is None:
        return None
    from bay.stacks.plan.saved import open_plan

    with open_plan(plan, bay) as opened:
        return opened.specify


def model_names() -> list[str]:
    """Models that need no --models, for shell completion."""
    from bay.cli.environment import settings
    from bay.components.spec.models import model_files

    return sorted(model_files([settings().models]))


def _addon_names() -> list[str]:
    from bay.cli.environment import settings
    from bay.components.spec.models import addon_files

    return sorted(addon_files([settings().models]))
