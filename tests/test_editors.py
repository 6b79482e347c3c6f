"""Editors find what is imported: pyright, as its users run it in a checkout that `make setup` made ready."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT


@pytest.mark.toolchain  # half a minute, so not of `make check`
def test_pyright_resolves_every_import() -> None:
    command = [Path(sys.executable).with_name("basedpyright"), "--outputjson"]
    report = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout)
    assert report["generalDiagnostics"] == []
    assert report["summary"]["filesAnalyzed"] > len(list((ROOT / "tests").rglob("test_*.py")))
