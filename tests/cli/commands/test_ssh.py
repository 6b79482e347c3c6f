"""`bay ssh`: who it connects to is said, and words behind -- are the other side's."""

import json
import os
from collections.abc import MutableMapping
from pathlib import Path

import pytest

from bay.cli import app
from bay.stacks.bays import Bays
from bay.stacks.cluster.ssh import SshTarget

Captured = pytest.CaptureFixture[str]
Environment = MutableMapping[str, str]
TARGET = SshTarget("demo-node-0", "203.0.113.7", "debian", "ada", Path("/k"), "id 1", Path("/known"), False)


@pytest.fixture
def asked(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    calls: list[tuple[object, ...]] = []

    def ssh_target(_self: Bays, *arguments: object) -> SshTarget:
        calls.append(arguments)
        return TARGET

    monkeypatch.setattr(Bays, "ssh_target", ssh_target)
    return calls


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    commands: list[list[str]] = []
    monkeypatch.setattr(os, "execvp", lambda _program, words: commands.append(words))
    return commands


@pytest.mark.parametrize(
    ("words", "arguments", "behind"),
    [
        (["demo"], ("demo", None, None, None), []),
        (["demo", "--", "uptime", "-p"], ("demo", None, None, None), ["--", "uptime", "-p"]),
        (["demo", "node-0", "--", "ls", "--help"], ("demo", "node-0", None, None), ["--", "ls", "--help"]),
        (["demo", "-l", "root", "-i", "/mine"], ("demo", None, "root", Path("/mine")), []),
    ],
)
def test_ssh_is_executed_with_words_behind_dashes_as_they_are(
    words: list[str],
    arguments: tuple[object, ...],
    behind: list[str],
    asked: list[tuple[object, ...]],
    executed: list[list[str]],
    capsys: Captured,
) -> None:
    assert app.run(["ssh", *words]) == 0
    assert asked == [arguments]
    assert executed == [[*TARGET.command(), *behind]]
    assert capsys.readouterr() == ("", "demo-node-0: debian@203.0.113.7 with the key /k (keypair ada)\n")


def test_a_format_prints_how_and_connects_to_nothing(
    asked: list[tuple[object, ...]], executed: list[list[str]], capsys: Captured
) -> None:
    assert app.run(["ssh", "demo", "-f", "json", "--", "uptime"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["server"], shown["user"], shown["key"]) == ("demo-node-0", "debian", "/k")
    assert shown["command"].startswith("ssh -o 'HostKeyAlias=id 1'")
    assert shown["command"].endswith("-l debian 203.0.113.7 -- uptime")
    assert executed == []


def test_a_machine_without_ssh_is_told_what_to_install(
    asked: list[tuple[object, ...]], environment: Environment, capsys: Captured
) -> None:
    environment["PATH"] = "/nowhere"
    assert app.run(["ssh", "demo"]) == 1
    assert "there is no ssh on this machine" in capsys.readouterr().err
