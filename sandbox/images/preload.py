"""A data folder of containerd with container images in it, unpacked: what a node starts with instead of a registry."""

from pathlib import Path

from bay.sandbox.images.parts import HERE
from bay.sandbox.images.workshop import Workshop

SCRIPT = HERE / "files" / "preload"


def preload(shop: Workshop, rootfs: Path, archives: str, target: Path) -> None:
    """Import the archives in that folder of the root file system by its own containerd; raises SandboxError.

    The folder becomes ``target``, beside the root file system: containerd's overlays cannot lie on those of a node.
    """
    shop.inside(rootfs, ["sh", "-c", SCRIPT.read_text(), "sh", archives], "unpacking container images")
    data = rootfs / "var/lib/containerd"
    data.rename(target)
    data.mkdir(mode=0o711)
