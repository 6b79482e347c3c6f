"""The commands of `bay`, and how an error ends."""

import logging
import warnings
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

from bay.cli import options as shared
from bay.cli.commands import ca, doctor, group, model, node, rotate, sandbox, state
from bay.cli.commands.backup import backup
from bay.cli.commands.cancel import cancel
from bay.cli.commands.completion import completion
from bay.cli.commands.config import config
from bay.cli.commands.create import create
from bay.cli.commands.delete import delete
from bay.cli.commands.drift import drift
from bay.cli.commands.env import env
from bay.cli.commands.export import export
from bay.cli.commands.graph import graph
from bay.cli.commands.history import history
from bay.cli.commands.list import list_bays
from bay.cli.commands.logs import logs
from bay.cli.commands.preview import preview
from bay.cli.commands.rebuild import rebuild
from bay.cli.commands.repair import repair
from bay.cli.commands.restore import restore
from bay.cli.commands.scale import scale
from bay.cli.commands.show import show
from bay.cli.commands.ssh import ssh
from bay.cli.commands.update import update
from bay.cli.commands.upgrade import upgrade
from bay.cli.commands.version import version
from bay.cli.commands.wait import wait
from bay.cli.console.formats import Format
from bay.cli.console.log import show_log
from bay.cli.errors import INTERRUPTED, Mistake, exit_code, print_error, unexpected
from bay.cli.neighbours import own_word
from bay.cli.parser import CommandBehindDashes, Commands, command_word
from bay.components.errors import BayError, InvalidInput

if TYPE_CHECKING:
    from bay.cli.console.run_log import RunLog

LOG = logging.getLogger(__name__)

app = Commands(
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
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
app.command()(upgrade)
app.command()(backup)
app.command()(restore)
app.add_typer(rotate.commands, name="rotate")
app.command("list")(list_bays)
app.command()(show)
app.add_typer(node.commands, name="node")
app.add_typer(group.commands, name="group")
app.command()(config)
app.add_typer(model.commands, name="model")
app.add_typer(ca.commands, name="ca")
app.command()(logs)
app.command(cls=CommandBehindDashes)(ssh)
app.command()(history)
app.command()(graph)
app.add_typer(state.commands, name="state")
app.command()(export)
app.command()(env)
app.command()(cancel)
app.command()(doctor.doctor)
app.command()(completion)
app.command()(version)
app.add_typer(sandbox.commands, name="sandbox")


def _print_version(asked: bool) -> None:
    if asked:
        from bay.components.distribution import installed_version

        typer.echo(f"bay {installed_version()}")
        raise typer.Exit()


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks and the calls to the cloud.")] = False,
    print_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    form: Annotated[
        str | None,
        typer.Option(
            "-f", "--format", metavar="FORMAT", help="Format of the output.", autocompletion=lambda: [*Format]
        ),
    ] = None,
    columns: shared.Columns = None,
    os_cloud: shared.OsCloud = None,
    os_region_name: shared.OsRegionName = None,
    state: shared.State = None,
) -> None:
    """Container clusters on OpenStack, as Pulumi stacks.

    What holds for a command, as --os-cloud and -f, may stand before it too: bay --os-cloud CLOUD list.
    """
    if debug:
        show_log()
    else:  # what libraries log beside their errors is for debugging
        logging.getLogger().addHandler(logging.NullHandler())
        warnings.simplefilter("ignore")


def run(words: list[str]) -> int:
    """Run a command and return its exit code.

    Every error is a line of what is wrong and one of what to do; no traceback unless --debug is among the `words`.
    """
    log = _log_of(words)
    try:
        return _run(words, log)
    finally:
        if log:
            log.end()


def _log_of(words: list[str]) -> "RunLog | None":
    from bay.cli.console.run_log import RunLog
    from bay.cli.environment import log_folder

    folder = log_folder()
    if folder is None:
        return None
    log = RunLog(folder, command_word(words), words)
    log.start()
    return log


def _run(words: list[str], log: "RunLog | None") -> int:
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
        return _fail(error, words, log)
    except Exception as error:
        if "--debug" in words:
            raise
        failure = unexpected(error)
        if isinstance(failure, Mistake):
            LOG.exception("a mistake in bay")
        return _fail(failure, words, log)
    if code == INTERRUPTED:
        raise KeyboardInterrupt  # typer answers Ctrl-C with the code alone
    return code


def _fail(error: BayError, words: list[str], log: "RunLog | None" = None) -> int:
    if log and log.exists:
        LOG.error("%s: %s", type(error).__name__, error.message)
    print_error(error, log.path if log and log.exists else None)
    return exit_code(error, command_word(words))


def _usage_error(error: TyperException) -> BayError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "bay"
    message = error.format_message().replace("Value error, ", "").replace("\n", " ").rstrip(".")
    return InvalidInput(message, own_word(message) or f"'{command} --help' shows what it takes")
