"""Entry of `bay`: the commands, and how an error ends."""

import sys
from typing import Annotated

import typer

from bay.cli.commands import config, create, doctor, model, preview, sandbox, show
from bay.cli.output import say

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Container clusters on OpenStack, as Pulumi stacks.",
)
app.command()(create.create)
app.command()(preview.preview)
app.command()(create.scale)
app.command()(create.update)
app.command()(create.delete)
app.command("list")(show.list_bays)
app.command()(show.show)
app.add_typer(show.node_commands, name="node")
app.command()(config.config)
app.add_typer(model.commands, name="model")
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
        import logging

        logging.basicConfig(level=logging.DEBUG)


def main() -> None:
    """Run; every error is a line of what is wrong and one of what to do, without traceback unless --debug."""
    try:
        app()
    except KeyboardInterrupt:
        say("interrupted")
        sys.exit(130)
    except Exception as error:
        if "--debug" in sys.argv[1:]:
            raise
        sys.exit(tell(error))


def tell(error: Exception) -> int:
    """Print an error and return its exit code; toolchain and sandbox have errors of their own, of the same shape."""
    message = getattr(error, "message", None)
    if message is None:
        message = f"{type(error).__name__}: {error}"
        hint = "this is a mistake in bay: run it again with 'bay --debug ...' and report what it prints"
    else:
        hint = getattr(error, "hint", "")
    say(f"error: {message}")
    if hint:
        say(f"       {hint}")
    return int(getattr(error, "exit_code", 1))
