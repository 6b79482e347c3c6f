"""What Pulumi there is now: on PATH, built before, or downloaded before."""

import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bay.toolchain import official, parts, versions


@dataclass(frozen=True)
class Toolchain:
    """A Pulumi that can be used."""

    #: `root/bin/pulumi` is the command, as `pulumi.automation.PulumiCommand(root=...)` wants it.
    root: Path
    #: The value for PULUMI_HOME; None leaves the user's own.
    pulumi_home: Path | None
    origin: Literal["path", "built", "downloaded"]
    version: str
    #: The PATH that `environment()` extends.
    path: str = field(default="", repr=False)

    def environment(self) -> dict[str, str]:
        """Variables for a child process that runs Pulumi.

        The running interpreter comes first on PATH: dynamic resources and programs run under it. What a state says
        makes Pulumi fetch no plugin, and unpickles nothing (docs/decisions/0068).
        """
        interpreter = Path(sys.executable)
        folders = [str(interpreter.parent)]
        variables = {
            "PULUMI_PYTHON_CMD": str(interpreter),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }
        if self.origin == "path":
            folders.insert(0, str(parts.DYNAMIC_RESOURCES))  # before Pulumi's own
        else:
            folders.append(str(self.root / "bin"))
            variables["PULUMI_IGNORE_AMBIENT_PLUGINS"] = "true"  # it has all that a bay needs
        if self.pulumi_home:
            variables["PULUMI_HOME"] = str(self.pulumi_home)
        folders += [folder for folder in self.path.split(os.pathsep) if folder and folder not in folders]
        return variables | {"PATH": os.pathsep.join(folders)}


@dataclass(frozen=True)
class OnPath:
    """The `pulumi` that PATH leads to; `fault` says why bay cannot use it, empty if it can."""

    program: Path
    version: str
    fault: str


def find(cache: Path, path: str) -> Toolchain | None:
    """A suitable Pulumi on `path`, else the one built into `cache`, else the one downloaded into it, else None.

    Runs no other program unless there is a `pulumi` on `path` that bay did not build.
    """
    found = on_path(path)
    if found and not found.fault:
        return Toolchain(found.program.parent.parent, None, "path", found.version, path)
    return built(cache, path) or downloaded(cache, path)


def built(cache: Path, path: str) -> Toolchain | None:
    """The toolchain built into `cache` from today's sources, if it is whole."""
    root = parts.root(cache)
    if not parts.is_complete(root):
        return None
    return Toolchain(root, root / "home", "built", versions.PULUMI, path)


def downloaded(cache: Path, path: str) -> Toolchain | None:
    """The official toolchain of today's versions that was downloaded into `cache`, if it is whole."""
    root = official.root(cache)
    if not parts.is_complete(root):
        return None
    return Toolchain(root, root / "home", "downloaded", versions.PULUMI, path)


def on_path(path: str) -> OnPath | None:
    """The first `pulumi` on `path` that is not bay's own, and whether it will do."""
    for folder in path.split(os.pathsep):
        program = shutil.which("pulumi", path=folder) if folder else None
        if program and not _is_ours(Path(program)):
            return _examine(Path(program), path)
    return None


def _is_ours(program: Path) -> bool:
    """Whether bay has it in a cache: `bay env` puts that on PATH, and it works only with its own home."""
    return (program.parent.parent / "home" / "plugins").is_dir()


def _examine(program: Path, path: str) -> OnPath:
    text = versions.of(program)
    version = versions.parse(text)
    wanted = versions.parse(versions.PULUMI)
    assert wanted is not None
    if version is None:
        fault = "does not print its version"
    elif version < wanted or version.major != wanted.major:
        fault = f"is {text}; bay needs {versions.PULUMI} or later, below {wanted.major + 1}"
    elif program.parent.name != "bin":
        fault = "is not in a folder named bin"
    elif not shutil.which("pulumi-language-python", path=f"{program.parent}{os.pathsep}{path}"):
        fault = "comes without pulumi-language-python"
    else:
        fault = ""
    return OnPath(program, text.removeprefix("v"), fault)
