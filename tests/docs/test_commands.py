"""Every `bay` command that README and pages show is one that bay takes: its words and options are known."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.exceptions import TyperException

from bay.cli.app import app
from tests.paths import PAGES, ROOT

INLINE = re.compile(r"`(bay [^`]+)`")
SUBSTITUTED = re.compile(r"\$\((bay [^()]*)\)|<\((bay [^()]*)\)")
OPERATORS = {"|", "||", "&&", ";", ">", ">>", "<", "&", "2>&1", "2>/dev/null"}
OMITTED = {"...", "[NAME]", "[NODE]", "[same", "options]"}
"""What stands for words that a reader adds."""
NUMBERS = {"N", "MINUTES"}
ABSENT = ("does not exist", "is a directory", "Missing argument", "requires an argument")
"""Of a command that is shown in part, or with a file of the reader's."""


def shown(page: Path) -> Iterator[str]:
    """Commands of a page: lines of blocks, what they substitute, and the text's own."""
    parts = page.read_text(encoding="utf-8").split("```")
    for block in parts[1::2]:
        lines = block.replace("\\\n", " ").splitlines()
        answered = any(line.startswith("$ ") for line in lines)  # the others are what was printed
        for line in (line for line in lines if line.startswith("$ ") or not answered):
            typed = line.strip().removeprefix("$ ").removeprefix("! ")
            yield from (found[0] or found[1] for found in SUBSTITUTED.findall(typed))
            yield from (one for one in commands_of(typed) if one.startswith("bay "))
    for prose in parts[::2]:
        yield from (one for text in INLINE.findall(prose) for one in commands_of(text.replace("\n", " ")))


def commands_of(line: str) -> Iterator[str]:
    """The commands of a line of a shell that are bay's, without what follows an operator."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    try:
        words = list(lexer)
    except ValueError:
        return  # a sentence, or the begin of a quotation
    command: list[str] = []
    for word in [*words, ";"]:
        if word in OPERATORS or set(word) <= set("|&;<>"):
            if command[:1] == ["bay"]:
                yield shlex.join(command)
            command = []
        else:
            command.append(word)


TREE = typer.main.get_command(app)
"""All commands, as typer makes them of functions: made once, for a thousand commands of pages."""


def refusal(command: str) -> str:
    """Why bay would not take a command; empty where it would."""
    words = ["1" if word in NUMBERS else word for word in shlex.split(command)[1:] if word not in OMITTED]
    current: Any = TREE
    context: Any = None
    try:
        while True:
            context = current.make_context("bay", list(words), parent=context)
            if not hasattr(current, "resolve_command"):
                return ""
            left = [*context._protected_args, *context.args]
            if not left:
                return ""
            _, current, words = current.resolve_command(context, left)
    except TyperException as error:
        text = error.format_message()
        return "" if any(words in text for words in ABSENT) else text
    except (SystemExit, typer.Exit):
        return ""  # --help, --version


EVERY = sorted({(page, command) for page in PAGES if "decisions" not in page.parts for command in shown(page)})


@pytest.mark.parametrize(
    "page", sorted({page for page, _ in EVERY}), ids=lambda page: page.relative_to(ROOT).as_posix()
)
def test_every_command_of_a_page_is_one_that_bay_takes(page: Path) -> None:
    refused = {command: refusal(command) for where, command in EVERY if where == page}
    assert {command: why for command, why in refused.items() if why} == {}


def test_there_are_many() -> None:
    assert len(EVERY) > 150


@pytest.mark.parametrize(
    ("command", "is_taken"),
    [
        ("bay create physics --model swarm --nodes 5", True),
        ("bay creat physics", False),
        ("bay create physics --node-size 5", False),
        ("bay node list physics", True),
        ("bay node lst physics", False),
        ("bay list -f jsn", False),
        ("bay --version", True),
    ],
)
def test_a_command_is_told_from_what_is_none(command: str, is_taken: bool) -> None:
    assert (refusal(command) == "") is is_taken


def test_commands_are_found_where_they_stand(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        'Type `bay list | cat` and\n```\neval "$(bay env x)" && bay show x  # this\nmake x\nbay a \\\n  b\n```\n'
    )
    assert list(shown(page)) == ["bay env x", "bay show x", "bay a b", "bay list"]
    page.write_text("```\n$ bay list\nbay x is printed\n```\n")
    assert list(shown(page)) == ["bay list"], "not what was printed"


def test_every_target_of_make_that_a_page_names_is_there() -> None:
    there = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for page in PAGES:
        parts = page.read_text(encoding="utf-8").split("```")
        named = {*re.findall(r"`make ([a-z-]+)`", "".join(parts[::2]))}
        named |= {*re.findall(r"^make ([a-z-]+)", "".join(parts[1::2]), re.M)}
        assert named <= there, page


ADVICE = [page for page in PAGES if page.parent.name != "decisions"]


@pytest.mark.parametrize("page", ADVICE, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_installs_the_other_project(page: Path) -> None:
    """The name `bay` on the package index is another project's."""
    assert not re.search(r"pip[x]? install [^`\n]*(?<![\w-])'?bay(?![\w./-])", page.read_text(encoding="utf-8"))
