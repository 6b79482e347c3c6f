"""Fixtures: made-up parts, and a build that needs neither root nor a network."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bay.sandbox.images import make
from bay.sandbox.images.node import Node
from bay.sandbox.images.parts import Part
from bay.sandbox.images.workshop import Workshop

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bay" / "sandbox"
"""The sandbox's own: what it has is not built again."""


@dataclass(frozen=True)
class Pretended(Part):
    """A part that is one file; it tells the test when it is made."""

    CODE = ()
    FILE = "file"
    """Below its folder."""

    content: str = ""
    made: Callable[[str], None] = lambda name: None

    def recipe(self) -> Iterable[str]:
        return (self.content,)

    def make(self, shop: Workshop, folder: Path) -> None:
        self.made(self.name)
        file = folder / self.FILE
        file.parent.mkdir(exist_ok=True)
        file.write_text(self.content)


@dataclass(frozen=True)
class PretendedNode(Pretended, Node):
    """An image that is one file."""

    FILE = "rootfs/file"


@pytest.fixture
def nodes(tmp_path: Path) -> Path:
    """The cache's folder of node images, not there yet."""
    return tmp_path / "sandbox" / "nodes"


@pytest.fixture
def build(nodes: Path) -> Callable[[Node], list[str]]:
    """Makes an image and returns the lines that were reported, without their times."""

    def build_image(image: Node) -> list[str]:
        lines: list[str] = []
        make.make(nodes, image, "/nowhere", lines.append)
        return [line.partition(" s  ")[2] for line in lines]

    return build_image
