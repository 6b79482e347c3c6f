"""A part of a node image: what it is made of, and where it is kept once it is made."""

import hashlib
import platform
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from bay.sandbox.images.workshop import Workshop

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Part(ABC):
    """Something that is made once and kept under a digest of its own: a change of one part remakes no other.

    name: of its folder. title: in messages. space: MiB that it takes while it is made. needs: parts it is made from.
    """

    CODE: ClassVar[tuple[str, ...]]
    """The modules that make it: what they do differently makes another part."""

    name: str
    title: str
    space: int
    needs: tuple["Part", ...] = ()

    @abstractmethod
    def recipe(self) -> Iterable[str]:
        """What the result depends on, beside the parts that it needs and the machine's architecture."""

    @abstractmethod
    def make(self, shop: Workshop, folder: Path) -> None:
        """Fill the empty ``folder``."""

    @cached_property
    def digest(self) -> str:
        """Changes with the recipe, the code, the parts needed and the machine's architecture."""
        code = [hashlib.sha256((HERE / module).read_bytes()).hexdigest() for module in self.CODE]
        words = [self.name, platform.machine(), *code, *self.recipe(), *(part.digest for part in self.needs)]
        return hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]

    def place(self, nodes: Path) -> Path:
        """Its folder below the cache's ``nodes``."""
        return nodes / "parts" / f"{self.name}-{self.digest}"


def in_order(part: Part) -> Iterator[Part]:
    """The part and all that it needs, each once, in an order in which they can be made."""
    seen: dict[str, Part] = {}
    _collect(part, seen)
    yield from seen.values()


def _collect(part: Part, seen: dict[str, Part]) -> None:
    for needed in part.needs:
        _collect(needed, seen)
    seen.setdefault(part.digest, part)


def fingerprint(folder: Path) -> Iterator[str]:
    """Names and contents of the files of a source folder; nothing for one that is not there."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield f"{path.relative_to(folder)} {hashlib.sha256(path.read_bytes()).hexdigest()}"
