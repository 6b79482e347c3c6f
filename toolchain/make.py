"""Gets a toolchain: the official one, else one that is built, each part once, then all of them together."""

import errno
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bay.toolchain import golang, official, parts
from bay.toolchain.compiler import Compiler
from bay.toolchain.errors import ToolchainError
from bay.toolchain.failures import SPACE
from bay.toolchain.find import Toolchain, built, downloaded, find, on_path
from bay.toolchain.lock import exclusive, report_waiting
from bay.toolchain.parts import PARTS, Part
from bay.toolchain.patch import patched
from bay.toolchain.process import Report
from bay.toolchain.staging import UNFINISHED, link_or_copy, making, remove_unfinished

SDK = "github.com/pulumi/pulumi/sdk/v3"


def ensure(cache: Path, path: str, report: Report, status: Report | None = None) -> Toolchain:
    """The Pulumi that `find` finds, else the official one downloaded into `cache`, else one built into it now.

    Nothing is downloaded where `official.base` is empty; an official one in the cache does not count then. `report`
    gets a line for each step of a build, which takes minutes; how far it is goes to `status` (see
    `display.status_line`), or without it to `report` every few seconds. It can be interrupted at any time: the next
    call goes on, because Go keeps what is compiled and finished parts are kept. A second call at the same time waits
    for the first. Raises ToolchainError.
    """
    toolchain = _there(cache, path)
    if toolchain:
        return toolchain
    folder = cache / "toolchain"
    with _explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with exclusive(folder / "lock", report_waiting(report, "another build")):
            # Whoever held the lock before may have built it.
            return _there(cache, path) or _make(cache, path, report, status)


def _there(cache: Path, path: str) -> Toolchain | None:
    toolchain = find(cache, path)
    return None if toolchain and toolchain.origin == "downloaded" and not official.base() else toolchain


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


def _make(cache: Path, path: str, report: Report, status: Report | None) -> Toolchain:
    folder = cache / "toolchain"
    remove_unfinished(folder)  # the lock is ours
    outside = on_path(path)
    if outside:
        report(f"{outside.program} {outside.fault}")
    started = time.monotonic()
    url = official.base()
    if not (url and official.fetch(cache, url, report, status)):
        _build_parts(folder, path, report, status)
        _put_together(folder, parts.root(cache))
    report(f"Pulumi is ready, after {time.monotonic() - started:.0f} s")
    toolchain = built(cache, path) or downloaded(cache, path)
    assert toolchain is not None
    return toolchain


def _build_parts(folder: Path, path: str, report: Report, status: Report | None) -> None:
    """Build the parts that are not there."""
    log = folder / "build.log"
    log.write_text("")
    missing = [part for part in PARTS if not parts.is_complete(_place(folder, part), [part])]
    if not missing:
        return
    go = golang.ensure(folder, path, log, report)
    with TemporaryDirectory(dir=folder, suffix=UNFINISHED) as scratch:
        for number, part in enumerate(missing, 1):
            report(f"building {part.title} ({number} of {len(missing)})")
            _build_part(folder, Compiler(go, part, Path(scratch), log, report, status))


def _place(folder: Path, part: Part) -> Path:
    """Where a finished part is kept."""
    return folder / f"{part.module}-{part.digest}"


def _build_part(folder: Path, compiler: Compiler) -> None:
    part, started = compiler.part, time.monotonic()
    place = _place(folder, part)
    with making(place) as unfinished:
        output = unfinished / part.program
        output.parent.mkdir(parents=True)
        with patched(compiler, folder / f"{part.module}-source{UNFINISHED}") as one:
            one.build(output)
        for source, target in part.scripts:
            shutil.copyfile(part.folder / source, unfinished / target)
        if part.sdk_scripts:
            sdk = compiler.module_folder(SDK)
            for source, target in part.sdk_scripts:
                shutil.copyfile(sdk / source, unfinished / target)
        for name in part.files:
            (unfinished / name).chmod(0o755)
    size = sum((place / name).stat().st_size for name in part.files)
    compiler.report(f"built {part.title} in {time.monotonic() - started:.0f} s, {size / 1e6:.0f} MB")


def _put_together(folder: Path, root: Path) -> None:
    """One tree with the files of all parts, which share the parts' disk space."""
    with making(root) as unfinished:
        for part in PARTS:
            for name in part.files:
                link_or_copy(_place(folder, part) / name, unfinished / name)
        (unfinished / parts.NO_LOGS).touch()
