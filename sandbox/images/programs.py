"""Programs of nodes that are built from Go modules."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bay.sandbox.images.parts import HERE, Part, fingerprint
from bay.sandbox.images.workshop import Workshop
from bay.toolchain.parts import GO_BUILD

STATIC = ("-tags=osusergo,netgo,grpcnotrace", "-linkmode external -extldflags -static")
"""Tags and linker flags that leave no C library to be found at run time."""


@dataclass(frozen=True)
class Programs(Part):
    """The programs of one Go module, in one folder.

    packages: import paths of their main packages; a program is called as the last word of its own. linker: flags.
    c_library: whether C has to be compiled; the program is static all the same.
    """

    CODE = ("programs.py",)

    packages: tuple[str, ...] = (".",)
    linker: str = "-s -w"
    c_library: bool = False

    @property
    def module(self) -> Path:
        """Its sources."""
        return HERE / "go" / self.name

    def arguments(self, folder: Path) -> list[str | Path]:
        """What the compiler is told; -trimpath keeps this machine's folders out of the programs."""
        tags, flags = STATIC if self.c_library else ("", "")
        command = [*GO_BUILD, "-trimpath", *([tags] if tags else []), "-ldflags", f"{self.linker} {flags}".strip()]
        # A folder as the output names each program by its package, "." by the module.
        return [*command, "-o", f"{folder}/", *self.packages]

    def recipe(self) -> Iterable[str]:
        """Sources and flags."""
        return (*map(str, self.arguments(Path("out"))), str(self.c_library), *fingerprint(self.module))

    def make(self, shop: Workshop, folder: Path) -> None:
        """Raises ToolchainError."""
        shop.go(self.module, self.arguments(folder), self.title, self.c_library)


def copy(program: Path, target: Path) -> None:
    """Put a program in its place in a root file system."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(program, target)
    target.chmod(0o755)
