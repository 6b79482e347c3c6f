"""Root file systems of Debian packages, from the repositories that this machine's own apt uses."""

import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bay.sandbox.environment import child_environment
from bay.sandbox.images.parts import HERE, Part, fingerprint
from bay.sandbox.images.workshop import Workshop

SUITE = "bookworm"
SUITES = (SUITE, f"{SUITE}-updates", f"{SUITE}-security")

OPTIONS = re.compile(r"^Acquire::(?:https?::|ftp::|Check-|Retries)")
"""Settings of apt that have to do with reaching the repositories: proxies, and checks that a site has turned off."""

APT = ("apt-get", "-q", "-y", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold")

BUILD_FILES = ("etc/apt/apt.conf.d/90bay-build", "etc/apt/sources.list.d/bay-build.list", "usr/sbin/policy-rc.d")
"""There while packages are installed; not in the image."""


def sources(path: str) -> list[tuple[str, str]]:
    """(URL, suite) of the Debian repositories in this machine's apt configuration; none where it has no such.

    path: where apt's programs are searched.
    """
    output = _ask(path, "apt-get", "indextargets", "--format", "$(RELEASE) $(COMPONENT) $(ORIGIN) $(REPO_URI)")
    found = [line.split() for line in output.splitlines() if line.count(" ") == 3]
    urls = {
        suite: url
        for suite, component, origin, url in found
        if suite in SUITES and component == "main" and origin in ("Debian", "$(ORIGIN)")  # the latter: never updated
    }
    return [(urls[suite], suite) for suite in SUITES if suite in urls]


def options(path: str) -> list[str]:
    """The lines of this machine's apt configuration that its repositories need."""
    return [
        line
        for line in _ask(path, "apt-config", "dump").splitlines()
        if OPTIONS.match(line) and not line.endswith(' "";')
    ]


def _ask(path: str, program: str, *arguments: str) -> str:
    """What a program of apt prints; nothing where there is no apt."""
    found = shutil.which(program, path=path)
    if found is None:
        return ""
    command = [found, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=child_environment(), check=False).stdout


@dataclass(frozen=True)
class Base(Part):
    """The packages that every node has, by debootstrap."""

    CODE = ("debian.py",)

    packages: tuple[str, ...] = ()

    def recipe(self) -> Iterable[str]:
        """Suite, packages, and the files laid over them."""
        return (SUITE, *self.packages, *fingerprint(HERE / "files" / "base"))

    def make(self, shop: Workshop, folder: Path) -> None:
        """Raises SandboxError."""
        rootfs = folder / "rootfs"
        kept = shop.nodes / "packages"
        kept.mkdir(exist_ok=True)
        command = ["debootstrap", "--variant=minbase", f"--cache-dir={kept}", f"--include={','.join(self.packages)}"]
        mirror = [url for url, suite in sources(shop.path) if suite == SUITE]  # none: debootstrap knows one
        shop.root([*command, SUITE, str(rootfs), *mirror], "debootstrap")
        lay(HERE / "files" / "base" / "tree", rootfs)
        install(shop, rootfs, (), ())
        finish(shop, rootfs, HERE / "files" / "base")


def install(shop: Workshop, rootfs: Path, packages: Iterable[str], apt_sources: Iterable[str]) -> None:
    """Install packages, or bring those that are there up to date where none are named; no service is started."""
    lines = [f"deb {url} {suite} main" for url, suite in sources(shop.path)]
    if lines:  # else what debootstrap wrote
        (rootfs / "etc/apt/sources.list").write_text("\n".join(lines) + "\n")
    contents = ["\n".join(options(shop.path)), "\n".join(apt_sources), "#!/bin/sh\nexit 101"]
    keys = [Path(key) for line in apt_sources for key in re.findall(r"signed-by=([^\]\s,]+)", line)]
    resolver = rootfs / "etc/resolv.conf"
    resolver.unlink(missing_ok=True)  # a link to what systemd writes at run time
    try:
        for name, content in zip(BUILD_FILES, contents, strict=True):
            (rootfs / name).write_text(content + "\n")
        (rootfs / BUILD_FILES[-1]).chmod(0o755)
        for key in keys:
            (rootfs / key.relative_to("/")).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(key, rootfs / key.relative_to("/"))
        shutil.copy("/etc/resolv.conf", resolver)
        shop.inside(rootfs, ["apt-get", "update", "-q"], "reading the list of packages")
        if packages:
            shop.inside(rootfs, [*APT, "install", *packages], f"installing {', '.join(packages)}")
        else:
            shop.inside(rootfs, [*APT, "dist-upgrade"], "updating packages")
        shop.inside(rootfs, ["apt-get", "clean"], "cleaning up")
    finally:
        resolver.unlink(missing_ok=True)
        resolver.symlink_to("/run/systemd/resolve/stub-resolv.conf")
        for name in BUILD_FILES:
            (rootfs / name).unlink(missing_ok=True)


def lay(source: Path, rootfs: Path) -> None:
    """Copy files over a root file system; scripts keep being scripts, everything else is 0644."""
    for path in sorted(source.rglob("*")):
        if path.is_file():
            target = rootfs / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            target.chmod(0o755 if path.read_bytes().startswith(b"#!") else 0o644)


def finish(shop: Workshop, rootfs: Path, source: Path) -> None:
    """Run the folder's script ``finish`` in the root file system."""
    shop.inside(rootfs, ["sh", "-c", (source / "finish").read_text()], "finishing")
    shutil.rmtree(rootfs / "var/lib/apt/lists")
    (rootfs / "var/lib/apt/lists").mkdir()
