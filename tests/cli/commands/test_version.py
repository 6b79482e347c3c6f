"""`bay version`: what a report of a fault should name."""

import json
import platform
from collections.abc import MutableMapping
from pathlib import Path

import pytest

from bay import toolchain
from bay.cli import app
from bay.components.distribution import installed_version
from bay.toolchain import Toolchain, versions

Captured = pytest.CaptureFixture[str]
Environment = MutableMapping[str, str]


def shown(capsys: Captured) -> dict[str, str | None]:
    assert app.run(["version", "-f", "json"]) == 0
    found: dict[str, str | None] = json.loads(capsys.readouterr().out)
    return found


def test_what_is_not_there_has_no_version(environment: Environment, capsys: Captured) -> None:
    environment["PATH"] = "/nowhere"
    python = platform.python_version()
    assert shown(capsys) == {"bay": installed_version(), "pulumi": None, "plugin": None, "python": python}


def test_the_pulumi_that_is_used_is_named(
    environment: Environment, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    found_one = Toolchain(Path("/opt/pulumi"), None, "path", "3.260.1")
    monkeypatch.setattr(toolchain, "find", lambda *_: found_one)
    found = shown(capsys)
    assert (found["pulumi"], found["plugin"]) == ("3.260.1", versions.PLUGIN)
