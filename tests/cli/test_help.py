"""Every command helps, every example parses, and what the texts tell the user to type exists."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from bay.cli.app import app
from tests.paths import ROOT

BAY = Path(sys.executable).parent / "bay"
ENTRY = typer.main.get_command(app)
COMMAND_LINE = re.compile(r"\bbay (?P<words>[^|;&)>\n]+)")


def leaves(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """(words, command) of every command that does something."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from leaves(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


COMMANDS = dict(leaves(ENTRY))


def command_of(words: list[str]) -> tuple[Any, list[str]]:
    """The command that the words name, and the words after its name; AssertionError where there is none."""
    found, rest = ENTRY, list(words)
    while hasattr(found, "commands") and rest and not rest[0].startswith("-"):
        assert rest[0] in found.commands, f"there is no command: bay {shlex.join(words)}"
        found = found.commands[rest.pop(0)]
    return found, rest


def unknown_options(words: list[str]) -> list[str]:
    """Options among the words that their command does not have."""
    found, rest = command_of(words[: words.index("--")] if "--" in words else words)
    known = {option for parameter in found.params for option in (*parameter.opts, *parameter.secondary_opts)} | {
        "--help",
        "-h",
    }
    return [word for word in rest if word.startswith("-") and word.split("=")[0] not in known]


def examples(command: Any) -> list[str]:
    return [line.strip() for line in (command.help or "").splitlines() if line.strip().startswith("Example:")]


def test_the_commands_are_those_of_the_contract() -> None:
    assert set(COMMANDS) == {
        *(
            "create",
            "preview",
            "scale",
            "update",
            "drift",
            "repair",
            "rebuild",
            "upgrade",
            "backup",
            "restore",
            "wait",
            "delete",
            "list",
            "show",
            "node list",
            "config",
        ),
        *("group list", "group create", "group set", "group delete"),
        *("rotate passphrase", "rotate cloud-credential"),
        *("model list", "model show", "model fields", "model from-magnum", "ca show", "ca sign"),
        *("logs", "ssh", "history", "graph"),
        *("export", "env", "cancel", "doctor", "completion", "version", "state doctor", "state move", "state secrets"),
        *("sandbox start", "sandbox stop", "sandbox status", "sandbox reset"),
        *("sandbox image build", "sandbox image list"),
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_in_a_sentence_what_it_does(name: str) -> None:
    first = (COMMANDS[name].help or "").partition("\n")[0]
    assert first[:1].isupper()
    assert first.endswith(".")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_and_argument_is_explained(name: str) -> None:
    unexplained = [p.name for p in COMMANDS[name].params if not getattr(p, "help", None) and p.name != "help"]
    assert unexplained == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example_that_parses(name: str) -> None:
    lines = examples(COMMANDS[name])
    assert lines, f"bay {name} has no line 'Example: bay {name} ...'"
    for line in lines:
        invocations = [shlex.split(match["words"].strip()) for match in COMMAND_LINE.finditer(line)]
        assert name in {" ".join(words[: len(name.split())]) for words in invocations}, line
        for words in invocations:
            command, rest = command_of(words)
            command.make_context(name, rest)  # a wrong option, a missing argument or a bad number raises


def mentioned_in_texts() -> Iterator[tuple[str, str]]:
    """(file, words) of each command line that documents tell the user to type."""
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        text = path.read_text().replace("\\\n", " ")
        blocks = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.M | re.S)
        for block in blocks:
            typed = [line[2:] for line in block.splitlines() if line.startswith("$ ")] or block.splitlines()
            yield from ((path.name, line.partition("#")[0]) for line in typed)
        prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
        yield from ((path.name, code) for code in re.findall(r"`([^`\n]+)`", prose))
    for line in (ROOT / "docs" / "demo.sh").read_text().splitlines():
        yield "demo.sh", re.split(r"\s{2,}", line.strip().removeprefix("step "))[0]


def mentioned_in_messages() -> Iterator[tuple[str, str]]:
    """(file, words) of each ``'bay ...'`` in a hint or message, with values in place of what is filled in."""
    for package in ("cli", "stacks", "components", "sandbox", "toolchain"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for quoted in re.findall(r"'(bay [a-z-][^'\n]+)'", path.read_text()):
                yield path.name, re.sub(r"\{[^}]*\}", "x", quoted)


MENTIONED = [
    (file, match["words"].strip())
    for file, text in (*mentioned_in_texts(), *mentioned_in_messages())
    for match in re.finditer(r"^(?:eval \"\$\()?bay (?P<words>[^|;&)>\n]+)", text.strip())
]


def test_texts_and_messages_tell_the_user_to_type_only_what_exists() -> None:
    wrong = []
    for file, text in MENTIONED:
        words = [word for word in shlex.split(text.replace("...", "")) if word != "||"]
        try:
            wrong += [f"{file}: bay {text}: {option}" for option in unknown_options(words)]
        except AssertionError as error:
            wrong.append(f"{file}: {error}")
    assert wrong == []


def test_there_are_texts_and_messages_to_check() -> None:
    assert {"README.md", "demo.sh", "apply.py", "errors.py"} <= {file for file, _ in MENTIONED}
    assert len(MENTIONED) > 40


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_gets_a_completion_script(shell: str) -> None:
    script = completed({"_BAY_COMPLETE": f"source_{shell}"})
    assert "_BAY_COMPLETE=complete_" in script
    assert "bay" in script


def test_completing_a_bay_where_nothing_is_set_up_offers_nothing_and_says_nothing(tmp_path: Path) -> None:
    variables = {"_BAY_COMPLETE": "complete_bash", "COMP_WORDS": "bay show ", "COMP_CWORD": "2"}
    assert completed({**variables, "HOME": str(tmp_path), "PATH": "/nowhere"}).strip() == ""


def completed(variables: dict[str, str]) -> str:
    environment = {"HOME": "/nowhere", "PATH": "/usr/bin:/bin", **variables}
    shown = subprocess.run([BAY], env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in shown.stderr
    return shown.stdout
