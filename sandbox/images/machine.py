"""What this machine needs to have before a node image is made on it."""

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from bay.sandbox.errors import SandboxError
from bay.sandbox.images.parts import Part

TOOLS = {"debootstrap": "debootstrap", "unshare": "util-linux", "setpriv": "util-linux"}
"""Program -> Debian's package of it."""


def check(path: str, user: int | None = None) -> None:
    """Raise SandboxError where images cannot be made; ``user`` is this process's unless given."""
    if sys.platform != "linux":
        raise SandboxError(
            f"node images are built on Linux, this is {sys.platform}", "use a Linux machine or container"
        )
    if (os.geteuid() if user is None else user) != 0:
        raise SandboxError(
            "only root can make node images: they have devices and files of other users",
            "run the command as root; without it the sandbox works as ever, but its servers do not boot",
        )
    missing = sorted({package for tool, package in TOOLS.items() if shutil.which(tool, path=path) is None})
    if missing:
        raise SandboxError(
            f"node images are built by programs that are not here: {', '.join(missing)}",
            f"apt-get install {' '.join(missing)}",
        )


def check_space(nodes: Path, parts: Iterable[Part]) -> None:
    """Raise SandboxError where the disk has not enough room for what is still to be made."""
    needed = sum(part.space for part in parts)
    free = shutil.disk_usage(nodes).free // 2**20
    if free < needed:
        raise SandboxError(
            f"the cache folder {nodes} has {free} MiB left; the image needs {needed} MiB",
            "make room there, or set XDG_CACHE_HOME to a folder with more",
        )
