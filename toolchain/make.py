"""Builds a toolchain: each part once, then all of them together."""

import errno
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bay.toolchain import golang, parts
from bay.toolchain.errors import ToolchainError
from bay.toolchain.failures import SPACE, explain
from bay.toolchain.find import Toolchain, built, find, on_path
from bay.toolchain.lock import exclusive
from bay.toolchain.parts import PARTS, Part
from bay.toolchain.process import ProcessFailed, Report, run

SDK = "github.com/pulumi/pulumi/sdk/v3"


def ensure(cache: Path, path: str, report: Report) -> Toolchain:
    """The Pulumi that `find` finds, else one built into `cache` now.

    A first build takes minutes; `report` gets a line for each step and every few seconds. It can be interrupted at any
    time: the next call goes on, because Go keeps what is compiled and finished parts are kept. A second call at the
    same time waits for the first. Raises ToolchainError.
    """
    toolchain = find(cache, path)
    if toolchain:
        return toolchain
    folder = cache / "toolchain"
    with _explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with exclusive(folder / "lock", report):
            # Whoever held the lock before may have built it.
            return built(cache, path) or _build(cache, path, report)


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Says what is wrong with the cache folder in a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ToolchainError(
                f"no space left on the disk of {folder}", f"a first build needs {SPACE}; make room, then again"
            ) from error
        raise ToolchainError(
            f"{error.filename or folder}: {error.strerror}",
            "make the folder writable, or name another cache folder with XDG_CACHE_HOME",
        ) from error


def _build(cache: Path, path: str, report: Report) -> Toolchain:
    folder = cache / "toolchain"
    for leftover in folder.glob("*.part"):  # of builds that were killed: the lock is ours
        shutil.rmtree(leftover)
    outside = on_path(path)
    if outside:
        report(f"{outside.program} {outside.fault}")
    log = folder / "build.log"
    log.write_text("")
    started = time.monotonic()
    missing = [part for part in PARTS if not parts.is_complete(_place(folder, part), [part])]
    if missing:
        go = golang.ensure(folder, path, log, report)
        for number, part in enumerate(missing, 1):
            report(f"building {part.title} ({number} of {len(missing)})")
            _build_part(folder, part, go, log, report)
    _put_together(folder, parts.root(cache))
    report(f"Pulumi is ready, after {time.monotonic() - started:.0f} s")
    toolchain = built(cache, path)
    assert toolchain is not None
    return toolchain


def _place(folder: Path, part: Part) -> Path:
    """Where a finished part is kept."""
    return folder / f"{part.module}-{part.digest}"


def _build_part(folder: Path, part: Part, go: Path, log: Path, report: Report) -> None:
    started = time.monotonic()
    place = _place(folder, part)
    unfinished = _fresh(place)
    output = unfinished / part.program
    output.parent.mkdir(parents=True)
    _run_go([go, *parts.GO_BUILD, "-ldflags", part.linker, "-o", output, part.package], part, log, report)
    for source, target in part.scripts:
        shutil.copyfile(part.folder / source, unfinished / target)
    if part.sdk_scripts:
        sdk = Path(_run_go([go, "list", "-m", "-f", "{{.Dir}}", SDK], part, log, report).strip())
        for source, target in part.sdk_scripts:
            shutil.copyfile(sdk / source, unfinished / target)
    for name in part.files:
        (unfinished / name).chmod(0o755)
    _finish(unfinished, place)
    size = sum((place / name).stat().st_size for name in part.files)
    report(f"built {part.title} in {time.monotonic() - started:.0f} s, {size / 1e6:.0f} MB")


def _run_go(command: list[str | Path], part: Part, log: Path, report: Report) -> str:
    try:
        return run(
            command, folder=part.folder, environment=golang.environment(), log=log, title=part.title, report=report
        )
    except ProcessFailed as failure:
        raise explain(f"building {part.title}", failure, log) from failure


def _put_together(folder: Path, root: Path) -> None:
    """One tree with the files of all parts, which share the parts' disk space."""
    unfinished = _fresh(root)
    for part in PARTS:
        for name in part.files:
            target = unfinished / name
            target.parent.mkdir(parents=True, exist_ok=True)
            _link_or_copy(_place(folder, part) / name, target)
    (unfinished / parts.NO_LOGS).touch()
    _finish(unfinished, root)


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copy2(source, target)


def _fresh(place: Path) -> Path:
    """A new folder in which `place` is made."""
    unfinished = place.with_name(f"{place.name}.part")
    unfinished.mkdir()
    return unfinished


def _finish(unfinished: Path, place: Path) -> None:
    """Put what was made in its place at once, so that nobody finds it half made."""
    if place.exists():  # files of it had been removed
        shutil.rmtree(place)
    unfinished.rename(place)
