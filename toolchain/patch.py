"""Builds a program from a module with changes of our own: a copy of it, some files more, and edits that have to fit.

A new version of the module in which the text that an edit looks for is not there exactly once is an error.
"""

import shutil
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bay.toolchain.compiler import Compiler
from bay.toolchain.errors import ToolchainError

#: What is not copied: nothing that is built needs it, and it is most of the module.
_LEFT_OUT = ("*_test.go", "testdata")


@dataclass(frozen=True)
class Edit:
    """A change of one file; `why` in a few words."""

    file: str
    old: str
    new: str
    why: str


def edits(folder: Path) -> list[Edit]:
    """The changes in a patch's folder."""
    with (folder / "edits.toml").open("rb") as file:
        return [Edit(**edit) for edit in tomllib.load(file)["edit"]]


@contextmanager
def patched(compiler: Compiler, place: Path) -> Iterator[Compiler]:
    """The compiler with a part's patch applied to a copy of its module, which is at `place` meanwhile.

    The same compiler for a part without a patch. Go's cache knows packages by their folder, so `place` has to stay
    the same from build to build.
    """
    patch = compiler.part.patch
    if patch is None:
        yield compiler
        return
    try:
        copy_module(compiler.module_folder(patch.module), place)
        apply(patch.folder, place)
        yield replace(compiler, flags=(f"-modfile={_go_mod(compiler, place)}",))
    finally:
        shutil.rmtree(place, ignore_errors=True)


def copy_module(source: Path, target: Path) -> None:
    """Copy a module's sources without its tests; unlike those in Go's cache, they can be written."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*_LEFT_OUT), copy_function=shutil.copyfile)
    for folder in (target, *(path for path in target.rglob("*") if path.is_dir())):
        folder.chmod(0o755)


def apply(folder: Path, target: Path) -> None:
    """Add the patch's Go files to the copy of a module, and make its edits."""
    for edit in edits(folder):
        path = target / edit.file
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        times = text.count(edit.old)
        if times != 1:
            raise ToolchainError(
                f"{edit.file} of the module is not as the patch wants it ({edit.why}: found {times} times)",
                f"see what has changed there, and change {folder / 'edits.toml'} accordingly",
            )
        path.write_text(text.replace(edit.old, edit.new), encoding="utf-8")
    for source in folder.rglob("*.go"):
        shutil.copyfile(source, target / source.relative_to(folder))


def _go_mod(compiler: Compiler, place: Path) -> Path:
    """The part's go.mod and go.sum, with the copy in the place of the module."""
    assert compiler.part.patch is not None
    target = compiler.scratch / "go.mod"
    original = (compiler.part.folder / "go.mod").read_text(encoding="utf-8")
    target.write_text(f"{original}\nreplace {compiler.part.patch.module} => {place}\n", encoding="utf-8")
    shutil.copyfile(compiler.part.folder / "go.sum", target.with_suffix(".sum"))
    return target
