"""`bay sandbox`: a real OpenStack on this machine, for trying things."""

from typing import TYPE_CHECKING, Annotated

import typer

from bay.cli import options
from bay.cli.commands import sandbox_image
from bay.cli.console.columns import SERVICE_COLUMNS
from bay.cli.console.formats import Format, print_list
from bay.cli.console.terminal import say
from bay.cli.parser import Commands

if TYPE_CHECKING:
    from bay.sandbox import Sandbox

commands = Commands(help="A real OpenStack on this machine, for trying things.")
commands.add_typer(sandbox_image.commands, name="image")


NONE = "none"

Boot = Annotated[
    bool | None,
    typer.Option(
        "--boot/--no-boot",
        help="Whether servers boot, as containers on real networks; needs root. Default: as before.",
        show_default=False,
    ),
]


With = Annotated[
    list[str] | None,
    typer.Option(
        "--with",
        metavar="SERVICE",
        help="Further services: magnum, with bay as its driver; none: without them. Default: as before.",
        autocompletion=lambda: ["magnum", NONE],
        show_default=False,
    ),
]


@commands.command()
def start(boot: Boot = None, extras: With = None) -> None:
    """Start the sandbox; the first start installs its services. Its servers boot only with --boot.

    Example: bay sandbox start && bay create demo --model swarm --os-cloud sandbox

    Example: bay sandbox start --with magnum && openstack --os-cloud sandbox coe cluster template list
    """
    sandbox = _sandbox()
    sandbox.start(say, boot, _names(extras))
    say("ready: use --os-cloud sandbox, or: export OS_CLOUD=sandbox OS_CLIENT_CONFIG_FILE=" + str(sandbox.clouds_file))


@commands.command()
def stop() -> None:
    """Stop the sandbox; what it holds is kept.

    Example: bay sandbox stop
    """
    _sandbox().stop()
    say("the sandbox is stopped")


@commands.command()
def status(form: options.Form = Format.TABLE, columns: options.Columns = None) -> None:
    """Show the sandbox's services; exit 0 where all run and do their work, else 1.

    Example: bay sandbox status
    """
    found = _sandbox().status()
    rows = [
        {
            "service": s.name,
            "running": s.running,
            "port": s.port or None,
            "pid": s.pid,
            "memory_mib": s.memory,
            "health": s.problem or ("ok" if s.running else "stopped"),
        }
        for s in found.services
    ]
    print_list(rows, SERVICE_COLUMNS, form, columns or [])
    raise typer.Exit(0 if found.healthy else 1)


@commands.command()
def reset() -> None:
    """Stop the sandbox and delete all it holds.

    Example: bay sandbox reset
    """
    _sandbox().reset(say)
    say("the sandbox is empty")


def _names(said: list[str] | None) -> list[str] | None:
    """Of `--with a,b --with c`; nothing for none, None where nothing was said."""
    if said is None:
        return None
    return [name for text in said for word in text.split(",") if (name := word.strip()) and name != NONE]


def _sandbox() -> "Sandbox":
    from bay.cli.environment import settings
    from bay.sandbox import Sandbox

    found = settings()
    return Sandbox(state=found.sandbox_state, cache=found.cache / "sandbox")
