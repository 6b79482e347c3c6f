"""Images of nodes: the base and what one engine needs."""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bay.sandbox.images.containers import Archives
from bay.sandbox.images.debian import finish, install, lay
from bay.sandbox.images.parts import HERE, Part, fingerprint
from bay.sandbox.images.preload import preload
from bay.sandbox.images.programs import copy
from bay.sandbox.images.workshop import Workshop


@dataclass(frozen=True)
class Node(Part):
    """An image that servers boot from; the first part needed is the base.

    packages: added to the base's. apt_sources: lines of sources.list, of further repositories. programs: (part and
    program, path in the image). archives: folder in the image for the container images among the parts needed.
    preloaded: whether there is a data folder of containerd with these in it as well, beside the image.
    """

    CODE = ("node.py", "debian.py", "preload.py")

    packages: tuple[str, ...] = ()
    apt_sources: tuple[str, ...] = ()
    programs: tuple[tuple[str, str], ...] = ()
    archives: str = ""
    preloaded: bool = False

    @property
    def source(self) -> Path:
        """The folder of its files."""
        return HERE / "files" / self.name

    def recipe(self) -> Iterable[str]:
        """Packages, where they come from, and the files laid over them."""
        extra = (repr(self.programs), self.archives, str(self.preloaded))
        return (*self.packages, *self.apt_sources, *extra, *fingerprint(self.source))

    def place(self, nodes: Path) -> Path:
        """Beside the link that carries its name."""
        return nodes / f"{self.name}-{self.digest}"

    def make(self, shop: Workshop, folder: Path) -> None:
        """Raises SandboxError."""
        rootfs = folder / "rootfs"
        places = {part.name: part.place(shop.nodes) for part in self.needs}
        shop.root(["cp", "-a", "--reflink=auto", places[self.needs[0].name] / "rootfs", rootfs], "copying the base")
        install(shop, rootfs, self.packages, self.apt_sources)
        lay(self.source / "tree", rootfs)
        for name, target in self.programs:
            part, _, program = name.partition("/")
            copy(places[part] / program, rootfs / target)
        for part_needed in self.needs:
            if isinstance(part_needed, Archives):
                _link_files(places[part_needed.name], rootfs / self.archives)
        finish(shop, rootfs, self.source)
        if self.preloaded:
            preload(shop, rootfs, f"/{self.archives}", folder / "containerd")


def _link_files(source: Path, target: Path) -> None:
    """The same files in another folder, which take no space of their own where the file system can do that."""
    target.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        try:
            os.link(path, target / path.name)
        except OSError:
            shutil.copyfile(path, target / path.name)
