"""The commands of `bay`, and how an error ends."""

import logging
import warnings
from typing import Annotated

import typer
from typer.exceptions import TyperException

from bay.cli.commands import ca, doctor, model, node, sandbox
from bay.cli.commands.cancel import cancel
from bay.cli.commands.config import config
from bay.cli.commands.create import create
from bay.cli.commands.delete import delete
from bay.cli.commands.drift import drift
from bay.cli.commands.env import env
from bay.cli.commands.export import export
from bay.cli.commands.list import list_bays
from bay.cli.commands.preview import preview
from bay.cli.commands.rebuild import rebuild
from bay.cli.commands.repair import repair
from bay.cli.commands.scale import scale
from bay.cli.commands.show import show
from bay.cli.commands.update import update
from bay.cli.commands.wait import wait
from bay.cli.console.log import show_log
from bay.cli.errors import INTERRUPTED, exit_code, print_error, unexpected
from bay.components.errors import BayError, InvalidInput

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Container clusters on OpenStack, as Pulumi stacks.",
)
app.command()(create)
app.command()(preview)
app.command()(scale)
app.command()(update)
app.command()(wait)
app.command()(delete)
app.command()(drift)
app.command()(repair)
app.command()(rebuild)
app.command("list")(list_bays)
app.command()(show)
app.add_typer(node.commands, name="node")
app.command()(config)
app.add_typer(model.commands, name="model")
app.add_typer(ca.commands, name="ca")
app.command()(export)
app.command()(env)
app.command()(cancel)
app.command()(doctor.doctor)
app.add_typer(sandbox.commands, name="sandbox")


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"bay {version('bay')}")
        raise typer.Exit()


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks and the calls to the cloud.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Container clusters on OpenStack, as Pulumi stacks."""
    if debug:
        show_log()
    else:  # what libraries log beside their errors is for debugging
        logging.getLogger().addHandler(logging.NullHandler())
        warnings.simplefilter("ignore")


def run(words: list[str]) -> int:
    """Run a command and return its exit code.

    Every error is a line of what is wrong and one of what to do; no traceback unless --debug is among the `words`.
    """
    try:
        code: int = app(words, prog_name="bay", standalone_mode=False) or 0
    except typer.Abort:
        return 1  # what asked has said so
    except TyperException as error:
        if not error.format_message():
            return error.exit_code  # no command: help is printed
        return _fail(_usage_error(error), words)
    except BayError as error:
        if "--debug" in words:
            raise
        return _fail(error, words)
    except Exception as error:
        if "--debug" in words:
            raise
        return _fail(unexpected(error), words)
    if code == INTERRUPTED:
        raise KeyboardInterrupt  # typer answers Ctrl-C with the code alone
    return code


def _fail(error: BayError, words: list[str]) -> int:
    print_error(error)
    return exit_code(error, next((word for word in words if not word.startswith("-")), ""))


def _usage_error(error: TyperException) -> BayError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "bay"
    message = error.format_message().replace("Value error, ", "").replace("\n", " ").rstrip(".")
    return InvalidInput(message, f"'{command} --help' shows what it takes")
