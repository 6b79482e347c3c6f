"""The journal's own tests in Go, in the sources that Pulumi is built from."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from bay.toolchain import Toolchain, golang, parts
from bay.toolchain.compiler import Compiler
from bay.toolchain.parts import GO_FLAGS
from bay.toolchain.patch import patched

pytestmark = pytest.mark.toolchain

PACKAGE = "github.com/pulumi/pulumi/pkg/v3/backend/diy"


def test_the_tests_of_the_patch_pass(built_toolchain: Toolchain, test_cache: Path, tmp_path: Path) -> None:
    part = next(part for part in parts.PARTS if part.patch)
    test_cache.mkdir(parents=True, exist_ok=True)
    log = tmp_path / "log"
    go = golang.ensure(test_cache, os.environ["PATH"], log, print)
    compiler = Compiler(go, part, tmp_path, log, print)
    place = test_cache / f"source-{os.getpid()}"  # two test runs at a time must not share it
    with patched(compiler, place) as with_patch:
        done = subprocess.run(
            [go, "test", *GO_FLAGS, *with_patch.flags, PACKAGE],
            cwd=part.folder,
            env={**golang.environment(), "PULUMI_DIY_BACKEND_JOURNAL_LOST": ""},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"ok  \t{PACKAGE}" in done.stdout


def test_sources_of_another_version_do_not_build(tmp_path: Path) -> None:
    part = next(part for part in parts.PARTS if part.patch)
    assert part.patch is not None
    assert replace(part, patch=None).digest != part.digest
    assert f"{part.patch.module} v3.259.0" in (part.folder / "go.mod").read_text()
