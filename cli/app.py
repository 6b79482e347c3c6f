"""The commands of `bay`, and how an error ends."""

import logging
import warnings
from typing import Annotated

import typer
from typer.exceptions import TyperException

from bay.cli.commands import ca, config, create, delete, doctor, drift, model, preview, repair, sandbox, show, update
from bay.cli.console.output import say
from bay.cli.main import INTERRUPTED
from bay.components.errors import BayError

USAGE = 2
"""Exit code for wrong usage."""
COMPARING = ("preview", "drift")
"""Commands whose exit code 2 says that something differs: a script must not take a wrong option for that."""

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Container clusters on OpenStack, as Pulumi stacks.",
)
app.command()(create.create)
app.command()(preview.preview)
app.command()(update.scale)
app.command()(update.update)
app.command()(create.wait)
app.command()(delete.delete)
app.command()(drift.drift)
app.command()(repair.repair)
app.command("list")(show.list_bays)
app.command()(show.show)
app.add_typer(show.node_commands, name="node")
app.command()(config.config)
app.add_typer(model.commands, name="model")
app.add_typer(ca.commands, name="ca")
app.command()(config.export)
app.command()(config.env)
app.command()(config.cancel)
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
        logging.basicConfig(level=logging.DEBUG)
    else:  # what libraries say beside their errors is for who looks for a mistake
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
        return _fail(_unexpected(error), words)
    if code == INTERRUPTED:
        raise KeyboardInterrupt  # typer answers Ctrl-C with the code alone
    return code


def _fail(error: BayError, words: list[str]) -> int:
    """Say it; the exit code is 1 for wrong usage too where 2 means that something differs."""
    say(f"error: {error.message}")
    if error.hint:
        say(f"       {error.hint}")
    command = next((word for word in words if not word.startswith("-")), "")
    return 1 if error.exit_code == USAGE and command in COMPARING else error.exit_code


def _usage_error(error: TyperException) -> BayError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "bay"
    message = error.format_message().replace("Value error, ", "").replace("\n", " ").rstrip(".")
    return BayError(message, f"'{command} --help' shows what it takes", error.exit_code)


def _unexpected(error: Exception) -> BayError:
    if hasattr(error, "message") and hasattr(error, "hint"):  # of the sandbox or the toolchain, which know no BayError
        return BayError(error.message, error.hint)
    if isinstance(error, OSError) and error.filename:
        return BayError(
            f"{error.filename}: {error.strerror}", "make it writable and see that there is room, then try again"
        )
    return BayError(
        f"{type(error).__name__}: {error}",
        "this is a mistake in bay: run it again with 'bay --debug ...' and report what it prints",
    )
