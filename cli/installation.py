"""Whether the command `bay` of this machine is this project's: another one on the package index has one too."""

import shutil
import sysconfig
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from bay.components.distribution import DISTRIBUTION
from bay.toolchain import Check

OTHER = "bay"
"""Name on the package index of another project, with a command and a package of that name."""
ENTRY = "bay.cli.main"
"""What a script of this project imports."""
HEAD = 4096
"""Bytes at the begin of a script that are looked at: pip writes some 300."""


def check_command(path: str) -> Check:
    """A check of `bay doctor`; path: where this user's shell looks for commands."""
    other = _distribution(OTHER)
    if other is not None and not _is_ours(other):
        detail = f"{OTHER} {other.version} in this environment is another project, with a command and a package bay"
        return Check(
            "command", False, detail, f"pip uninstall --yes {OTHER}; pip install --force-reinstall {DISTRIBUTION}"
        )
    own = Path(sysconfig.get_path("scripts")) / "bay"
    found = shutil.which("bay", path=path)
    if found is None:
        return Check("command", True, f"{own}, not on PATH", f"PATH={own.parent}:$PATH")
    if not _imports_ours(Path(found)):
        detail = f"bay is {found}, of another project; this one's command is {own.with_name(DISTRIBUTION)} too"
        return Check("command", False, detail, f"PATH={own.parent}:$PATH")
    return Check("command", True, found, "")


def _distribution(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _is_ours(found: Distribution) -> bool:
    """Whether it is an earlier version of this project, which had the other's name."""
    return any(entry.name == "bay" and entry.module == ENTRY for entry in found.entry_points)


def _imports_ours(script: Path) -> bool:
    """Whether a script starts this project, of this environment or another; what cannot be read is none of ours."""
    try:
        with script.open("rb") as file:
            return ENTRY.encode() in file.read(HEAD)
    except OSError:
        return False
