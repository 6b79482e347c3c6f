"""An official Pulumi that meets a journal loses nothing: it stops."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bay.toolchain import Toolchain, golang, parts
from bay.toolchain.compiler import Compiler
from bay.toolchain.lock import exclusive, report_waiting
from bay.toolchain.staging import making
from tests.toolchain import states
from tests.toolchain.trial import Trial, new_trial, things
from tests.waiting import eventually

pytestmark = [pytest.mark.toolchain, pytest.mark.long]

UP = ("up", "--yes", "--skip-preview")
REFUSAL = "this stack's deployment needs support for the following features: journal-beside-the-state"


@pytest.fixture(scope="module")
def official(built_toolchain: Toolchain, test_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Toolchain:
    """The same toolchain with a Pulumi from the unchanged sources, which are those of the official one."""
    part = next(part for part in parts.PARTS if part.patch)
    unchanged = replace(part, patch=None)
    root = test_cache / f"official-{unchanged.digest}"
    test_cache.mkdir(parents=True, exist_ok=True)
    with exclusive(test_cache / "official.lock", report_waiting(print, "another test")):
        if not root.exists():
            scratch = tmp_path_factory.mktemp("scratch")
            go = golang.ensure(test_cache, os.environ["PATH"], scratch / "log", print)
            with making(root) as tree:
                shutil.copytree(built_toolchain.root, tree, dirs_exist_ok=True)
                (tree / "bin" / "pulumi").unlink()
                Compiler(go, unchanged, scratch, scratch / "log", print).build(tree / "bin" / "pulumi")
    return replace(built_toolchain, root=root)


@pytest.fixture
def killed(built_toolchain: Toolchain, tmp_path: Path) -> Iterator[Trial]:
    """A stack whose update was killed, with the journal that it left."""
    with states.folder(tmp_path / "state") as (url, settings):
        stack = new_trial(built_toolchain, tmp_path / "project", url, settings)
        stack.succeed(*UP, wanted=things(3))
        (stack.folder / "before.json").write_text(stack.succeed("stack", "export"))
        update = stack.start(*UP, wanted=things(30), SLOW="0.5")
        eventually(lambda: len(stack.created()) >= 20, pause=0.02)
        update.send_signal(signal.SIGKILL)
        update.wait()
        time.sleep(2)  # its plugins end by themselves
        yield stack


@pytest.mark.parametrize(
    "arguments",
    [
        ("stack", "ls"),
        ("stack", "export"),
        ("preview",),
        UP,
        ("refresh", "--yes", "--skip-preview"),
        ("destroy", "--yes", "--skip-preview"),
        ("stack", "rm", "--yes", "--force"),
        ("stack", "rename", "other"),
        ("state", "unprotect", "--yes", "--all"),
    ],
    ids=" ".join,
)
def test_it_stops_even_when_the_lock_is_taken_away(
    killed: Trial, official: Toolchain, arguments: tuple[str, ...]
) -> None:
    theirs = replace(killed, toolchain=official)
    theirs.succeed("cancel", "--yes")
    created = killed.created()
    done = theirs.run(*arguments, wanted=things(30))
    assert done.returncode != 0
    assert REFUSAL in " ".join((done.stdout + done.stderr).split())
    assert killed.created() == created
    killed.known().require_all_of(created)
    killed.succeed(*UP, wanted=things(30))
    assert len(killed.known().resources) == 30
    assert len(theirs.known().resources) == 30, "and then it goes on"


def test_what_it_imports_over_a_journal_leaves_the_journal_aside(killed: Trial, official: Toolchain) -> None:
    theirs = replace(killed, toolchain=official)
    theirs.succeed("cancel", "--yes")
    theirs.succeed("stack", "import", "--file", "before.json")
    assert len(theirs.known().resources) == 3
    done = killed.run(*UP, wanted=things(3))
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 0
    assert "a journal of stack dev is about another state than the one that is there now" in said
    kept = list((killed.folder.parent / "state" / ".pulumi" / "journals" / "trial" / "dev").glob("*.kept-*"))
    assert len(kept) == 1
    assert '"id":"t10-0"' in kept[0].read_text(), "a person can look at what was created"
    assert len(killed.known().resources) == 3


def test_it_reads_every_state_that_no_operation_runs_on(
    built_toolchain: Toolchain, official: Toolchain, tmp_path: Path
) -> None:
    with states.folder(tmp_path / "state") as (url, settings):
        stack = new_trial(built_toolchain, tmp_path / "project", url, settings)
        stack.succeed(*UP, wanted=things(5))
        theirs = replace(stack, toolchain=official)
        assert "unchanged" in theirs.succeed("preview", "--expect-no-changes", wanted=things(5))
        theirs.succeed(*UP, wanted=things(7))
        stack.succeed(*UP, wanted=things(6))
        assert stack.known() == theirs.known()
        assert len(stack.known().resources) == 6
