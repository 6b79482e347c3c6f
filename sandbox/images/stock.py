"""Which node images there are."""

import json
from dataclasses import dataclass
from pathlib import Path

from bay.sandbox.images import catalog
from bay.sandbox.images.node import Node

RECORD = "image.json"
"""In an image's folder once it is complete: its name, its digest, further repositories, MiB on the disk."""


@dataclass(frozen=True)
class Stocked:
    """An image and whether it is there.

    engines: what it is for. state: ready, outdated (made from other sources than this bay's) or absent. size: MiB,
    None where it is absent. folder: in which its `rootfs` is, or will be.
    """

    name: str
    engines: tuple[str, ...]
    state: str
    size: int | None
    folder: Path


def stock(cache: Path) -> list[Stocked]:
    """Every image that there is or could be; ``cache`` is the sandbox's."""
    return [_stocked(cache / "nodes", name) for name in dict.fromkeys(catalog.ENGINES.values())]


def _stocked(nodes: Path, name: str) -> Stocked:
    engines = tuple(engine for engine, image in catalog.ENGINES.items() if image == name)
    folder = nodes / name
    record = folder / RECORD
    if not record.exists():
        return Stocked(name, engines, "absent", None, folder)
    made = json.loads(record.read_text())
    current = catalog.image(engines[0], made["apt_sources"]).digest
    return Stocked(name, engines, "ready" if made["digest"] == current else "outdated", made["size_mib"], folder)


def write_record(image: Node, folder: Path) -> None:
    """Say in an image's folder what it is."""
    record = {"name": image.name, "digest": image.digest, "apt_sources": image.apt_sources, "size_mib": _size(folder)}
    (folder / RECORD).write_text(json.dumps(record, indent=1) + "\n")


def _size(folder: Path) -> int:
    """MiB on the disk; of a file that has several names, once."""
    files = [path.lstat() for path in folder.rglob("*") if path.is_symlink() or path.is_file()]
    return sum({file.st_ino: file.st_blocks for file in files}.values()) * 512 >> 20
