"""Container images of programs that were built, and of programs of the base image with the libraries they load."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bay.sandbox.images import archives
from bay.sandbox.images.parts import Part
from bay.sandbox.images.workshop import Workshop

LIBRARIES = 'for file; do ldd "$file" 2>/dev/null || true; done'
"""Static programs have none."""


@dataclass(frozen=True)
class Container:
    """One image.

    file: name of its archive, without ".tar". names: with tags. programs: (part and program, path in the image).
    tools: paths or patterns in the base image. links: (path, target). folders: empty ones. The rest as in an image.
    """

    file: str
    names: tuple[str, ...]
    programs: tuple[tuple[str, str], ...]
    tools: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    folders: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()


@dataclass(frozen=True)
class Archives(Part):
    """Archives of container images; the first part needed is the base image, the others have the programs."""

    CODE = ("containers.py", "archives.py")

    containers: tuple[Container, ...] = ()

    def recipe(self) -> Iterable[str]:
        """The images."""
        return map(repr, self.containers)

    def make(self, shop: Workshop, folder: Path) -> None:
        """Raises SandboxError."""
        rootfs = self.needs[0].place(shop.nodes) / "rootfs"
        built = {part.name: part.place(shop.nodes) for part in self.needs}
        for container in self.containers:
            files = {target: built[name.split("/")[0]] / name.split("/")[1] for name, target in container.programs}
            found, links = _tools(shop, rootfs, container.tools)
            content = archives.Content(
                names=container.names,
                files={**found, **files},
                links={**links, **dict(container.links)},
                folders=container.folders,
                entrypoint=container.entrypoint,
                command=container.command,
                environment=container.environment,
            )
            archives.write(folder / f"{container.file}.tar", content)


def _tools(shop: Workshop, rootfs: Path, patterns: Sequence[str]) -> tuple[dict[str, Path], dict[str, str]]:
    """Files and links of the base image that the patterns name, and the libraries that the files load."""
    paths = [path for pattern in patterns for path in sorted(rootfs.glob(pattern))]
    # Links among them count: iptables finds some of its extensions by other names.
    links = {str(path.relative_to(rootfs)): str(path.readlink()) for path in paths if path.is_symlink()}
    files = {str(path.relative_to(rootfs)): path for path in paths if not path.is_symlink()}
    if files:
        output = shop.inside(
            rootfs, ["sh", "-c", LIBRARIES, "sh", *(f"/{name}" for name in files)], "finding libraries"
        )
        files |= {name: (rootfs / name).resolve() for name in libraries(output) if name not in files}
    return files, links


def libraries(output: str) -> set[str]:
    """Paths of the files that `ldd` prints, without the leading slash.

    >>> sorted(libraries("libc.so.6 => /lib/libc.so.6 (0x7f)\\n/lib64/ld-linux.so.2 (0x7f)\\nlinux-vdso.so.1 (0x7f)"))
    ['lib/libc.so.6', 'lib64/ld-linux.so.2']
    """
    return set(re.findall(r"(?:^|\s)/(\S+\.so\S*) \(0x", output))
