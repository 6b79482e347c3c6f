"""How a command ends: its exit code, one line of what is wrong, one of what to do, no traceback."""

from collections.abc import MutableMapping

import pytest
import typer

from bay.cli import app
from bay.components.errors import BayError, InvalidInput
from bay.sandbox.errors import SandboxError
from bay.stacks.errors import QuotaExceeded
from bay.toolchain.errors import ToolchainError

Captured = pytest.CaptureFixture[str]
pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    """A command line with one command, `fail`, which each test fills."""
    made = typer.Typer(pretty_exceptions_enable=False)
    made.callback()(app.options)
    monkeypatch.setattr(app, "app", made)
    return made


def ending(error: BaseException, made: typer.Typer, *words: str) -> int:
    @made.command()
    def fail() -> None:
        raise error

    return app.run([*words, "fail"])


@pytest.mark.parametrize(
    ("error", "code", "lines"),
    [
        (BayError("it is so", "do that"), 1, ["error: it is so", "       do that"]),
        (BayError("it is so"), 1, ["error: it is so"]),
        (InvalidInput("no such thing", "say it"), 2, ["error: no such thing", "       say it"]),
        (QuotaExceeded("too much", "less"), 3, ["error: too much", "       less"]),
        (SandboxError("port taken", "free it"), 1, ["error: port taken", "       free it"]),
        (ToolchainError("no Go", "install it"), 1, ["error: no Go", "       install it"]),
        (
            PermissionError(13, "Permission denied", "/x"),
            1,
            ["error: /x: Permission denied", "       make it writable and see that there is space, then try again"],
        ),
    ],
)
def test_an_error_is_one_line_of_what_is_wrong_and_one_of_what_to_do(
    error: Exception, code: int, lines: list[str], fails: typer.Typer, capsys: Captured
) -> None:
    assert ending(error, fails) == code
    shown = capsys.readouterr()
    assert (shown.out, shown.err.splitlines()) == ("", lines)


def test_a_mistake_of_bay_itself_asks_for_a_report(fails: typer.Typer, capsys: Captured) -> None:
    assert ending(ZeroDivisionError("inside"), fails) == 1
    log, first, second = capsys.readouterr().err.splitlines()
    assert log.startswith("the log of this run: ")
    assert first == "error: ZeroDivisionError: inside"
    assert "bay --debug" in second


@pytest.mark.parametrize("error", [BayError("it is so"), ZeroDivisionError("inside")])
def test_debug_shows_the_traceback(error: Exception, fails: typer.Typer) -> None:
    with pytest.raises(type(error)):
        ending(error, fails, "--debug")


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["creat"], "creat"),
        (["create"], "NAME"),
        (["create", "demo", "--modell", "swarm"], "--modell"),
        (["create", "demo", "--nodes", "many"], "--nodes"),
        (["list", "-f", "jsonn"], "jsonn"),
        (["model", "list", "--models", "/nowhere/at/all"], "/nowhere/at/all"),
    ],
)
def test_wrong_usage_ends_with_2_and_names_the_help(words: list[str], part: str, capsys: Captured) -> None:
    assert app.run(words) == 2
    shown = capsys.readouterr()
    first, second = shown.err.splitlines()
    assert shown.out == ""
    assert first.startswith("error: ")
    assert part in first
    assert second.strip().startswith("'bay")
    assert "--help" in second


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["preview"], "no bay is named"),
        (["preview", "demo", "--all"], "--all takes no name"),
        (["preview", "demo", "--nods", "3"], "--nods"),
        (
            ["preview", "demo", "--refresh", "--save", "x.plan"],
            "a plan to be saved cannot be compared with the cloud first",
        ),
        (["drift"], "no bay is named"),
        (["drift", "demo", "--all"], "--all takes no name"),
        (["drift", "demo", "-f", "jsonn"], "jsonn"),
        (["--debug", "drift", "--everything"], "--everything"),
    ],
)
def test_where_2_means_that_something_differs_wrong_usage_ends_with_1(
    words: list[str], part: str, capsys: Captured
) -> None:
    assert app.run(words) == 1
    assert part in capsys.readouterr().err.splitlines()[0]


def test_a_command_that_succeeds_ends_with_0(capsys: Captured) -> None:
    assert app.run(["model", "list", "-f", "value", "-c", "name"]) == 0
    assert capsys.readouterr().out == "kubernetes\nkubernetes-ha\nmesos\nmesos-ha\nswarm\nswarm-ha\n"


def test_models_of_the_user_are_listed_beside_the_built_in(
    environment: MutableMapping[str, str], capsys: Captured
) -> None:
    from bay.cli.environment import settings

    folder = settings().models
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text("# Of mine.\ncoe: swarm\nimage: x\nnodes: 7\n")
    assert app.run(["model", "list", "-f", "csv"]) == 0
    assert "mine,swarm,1,7,Of mine." in capsys.readouterr().out.splitlines()


def test_a_model_is_shown_with_every_default(capsys: Captured) -> None:
    assert app.run(["model", "show", "swarm", "-f", "value", "-c", "floating_ips", "-c", "image"]) == 0
    assert capsys.readouterr().out == "auto\ndebian-12-docker\n"
