"""Commands of README, pages and help are taken by zsh as by bash: what it would take for a file's pattern is quoted."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from bay.cli.app import app
from tests.paths import PAGES, ROOT

COMMANDS = ("bay ", "openstack ", "pulumi ", "--set ", "--install ", "! bay ")
INLINE = re.compile(r"`((?:bay|pulumi|openstack) [^`]*)`")
SYNOPSIS = re.compile(r" \[(NAME|NODE)\]|\|show|\[same options\]")
PATTERN = re.compile(r"[\[\]*?]")


def commands(page: Path) -> Iterator[str]:
    """Lines of blocks that are typed, and commands in the text."""
    text = page.read_text(encoding="utf-8")
    for block in text.split("```")[1::2]:
        yield from (line.strip() for line in block.splitlines() if line.strip().startswith(COMMANDS))
    for prose in text.split("```")[::2]:
        yield from INLINE.findall(prose)


def unquoted(line: str) -> str:
    """What of a line a shell looks at: without quoted parts, variables, and the comment at its end."""
    bare = re.sub(r"'[^']*'|\"(?:\\.|[^\"])*\"|\\.|\$\?|\$\{[^}]*\}", "", line)
    return SYNOPSIS.sub("", re.split(r"(?:^|\s)#", bare)[0])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_page_has_a_pattern_that_is_not_quoted(page: Path) -> None:
    if "decisions" not in page.parts:
        assert [line for line in commands(page) if PATTERN.search(unquoted(line))] == []


def test_no_example_of_the_help_has_one() -> None:
    group = typer.main.get_command(app)
    groups = [group, *(one for one in getattr(group, "commands", {}).values() if hasattr(one, "commands"))]
    texts = [one.help or "" for holder in groups for one in getattr(holder, "commands", {}).values()]
    examples = [line.partition("Example: ")[2] for text in texts for line in text.splitlines() if "Example: " in line]
    assert len(examples) > 10
    assert [line for line in examples if PATTERN.search(unquoted(line))] == []


@pytest.mark.parametrize(
    ("line", "is_pattern"),
    [
        ("bay create x --set access.api=[192.0.2.0/24]", True),
        ("bay create x --set 'access.api=[192.0.2.0/24]'", False),
        ('bay create x --set "access.api=[192.0.2.0/24]"', False),
        ("bay list # [all]", False),
        ("bay drift x || test $? = 2", False),
        ("bay env [NAME]", False),
        ("apt install kubelet=1.34.2-*", True),
    ],
)
def test_a_pattern_is_told_from_what_is_quoted(line: str, is_pattern: bool) -> None:
    assert bool(PATTERN.search(unquoted(line))) is is_pattern
