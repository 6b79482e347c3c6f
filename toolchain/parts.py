"""The parts of a built toolchain and the digests under which they are kept."""

import hashlib
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bay.toolchain import versions

#: The Go modules, one a folder.
SOURCES = Path(__file__).parent / "go"

#: The folder of the script that serves dynamic resources, for the PATH of a Pulumi that bay did not put together.
DYNAMIC_RESOURCES = SOURCES / "language-python"

#: What the official builds pass, too: no C library, and no tracing of gRPC's own
#: events, which costs memory.
GO_FLAGS = ("-buildvcs=false", "-tags=osusergo,grpcnotrace")

#: The compiler's command; it prints each package that it begins with.
GO_BUILD = ("build", "-v", *GO_FLAGS)

PLUGIN_FOLDER = f"home/plugins/resource-openstack-v{versions.PLUGIN}"

#: An empty file where the engine would keep a debug log of each run, for which no option is: it goes on without one.
#: The log takes a third of the engine's time (docs/speed.md).
NO_LOGS = "home/logs"


@dataclass(frozen=True)
class Patch:
    """Changes of a module that a part is built from: files to add, and edits (see `patch`)."""

    module: str
    folder: Path


@dataclass(frozen=True)
class Part:
    """A program that is built from one Go module, kept under a digest of its own.

    A change of one part rebuilds that part only.
    """

    title: str
    module: str
    package: str
    program: str
    linker: str = "-s -w"
    #: Scripts to copy: path in the module -> path in the toolchain.
    scripts: tuple[tuple[str, str], ...] = ()
    #: The same for scripts of the Pulumi SDK's module.
    sdk_scripts: tuple[tuple[str, str], ...] = ()
    patch: Patch | None = None

    @property
    def folder(self) -> Path:
        """Where the module's sources are."""
        return SOURCES / self.module

    @property
    def files(self) -> tuple[str, ...]:
        """The finished part's files, as paths in the toolchain; all of them are programs."""
        return (self.program, *(target for _, target in self.scripts + self.sdk_scripts))

    @cached_property
    def digest(self) -> str:
        """Changes with the sources, the way they are built, and the platform."""
        recipe = (*GO_BUILD, self.package, self.linker, *self.files, platform.system(), platform.machine())
        total = hashlib.sha256("\n".join(recipe).encode())
        for folder in (self.folder, *([self.patch.folder] if self.patch else [])):
            for source in sorted(path for path in folder.rglob("*") if path.is_file()):
                name = source.relative_to(folder).as_posix()
                if name.endswith("_test.go"):
                    continue
                total.update(f"\n{name} {hashlib.sha256(source.read_bytes()).hexdigest()}".encode())
        return total.hexdigest()[:16]


PARTS = (
    Part(
        title="the OpenStack plugin",
        module="openstack",
        package=".",
        program=f"{PLUGIN_FOLDER}/pulumi-resource-openstack",
    ),
    Part(
        title="the Python language host",
        module="language-python",
        package=".",
        program="bin/pulumi-language-python",
        scripts=(("pulumi-resource-pulumi-python", "bin/pulumi-resource-pulumi-python"),),
        sdk_scripts=(("python/cmd/pulumi-language-python-exec", "bin/pulumi-language-python-exec"),),
    ),
    Part(
        title="the pulumi command",
        module="cli",
        package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        program="bin/pulumi",
        linker=f"-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{versions.PULUMI}",
        patch=Patch("github.com/pulumi/pulumi/pkg/v3", SOURCES / "pulumi"),
    ),
)


def digest(parts: Iterable[Part] = PARTS) -> str:
    """The digest of a whole toolchain."""
    return hashlib.sha256("\n".join([*(part.digest for part in parts), NO_LOGS]).encode()).hexdigest()[:16]


def root(cache: Path) -> Path:
    """Where in the cache folder the finished toolchain is, or will be."""
    return cache / "toolchain" / digest()


def is_complete(tree: Path, parts: Iterable[Part] = PARTS) -> bool:
    """Whether every file of the parts is there; a cache cleaner may have taken some."""
    return all((tree / name).is_file() for part in parts for name in part.files)
