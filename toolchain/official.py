"""The official Pulumi and OpenStack plugin of the pinned versions, where they can be downloaded."""

import hashlib
import os
import platform
import shutil
import tarfile
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bay.toolchain import parts, versions
from bay.toolchain.download import DownloadFailed, download
from bay.toolchain.process import HEARTBEAT, Report
from bay.toolchain.staging import UNFINISHED, making

#: Where the releases are: PROJECT/releases/download/vVERSION/FILE below it, each with a file of SHA-256 sums.
RELEASES = "https://github.com/pulumi"

#: Names another place of the same layout, such as a mirror; "off" (or nothing) builds at once.
SETTING = "BAY_PULUMI_RELEASES"

#: Bytes: more than four times what the files had in 2026 (110 MB packed, 330 MB unpacked).
_LARGEST_ARCHIVE, _LARGEST_CONTENT, _LARGEST_SUMS = 500_000_000, 1_500_000_000, 1_000_000

_MACHINES = {"x86_64": ("x64", "amd64"), "aarch64": ("arm64", "arm64"), "arm64": ("arm64", "arm64")}


@dataclass(frozen=True)
class Release:
    """An archive, the file of sums beside it, and what is taken out: path in the archive -> path in the toolchain."""

    title: str
    folder: str
    archive: str
    sums: str
    files: dict[str, str]


def base() -> str:
    """Below which URL the releases are; empty for none."""
    named = os.environ.get(SETTING, RELEASES).strip().rstrip("/")
    return "" if named == "off" else named


def root(cache: Path) -> Path:
    """Where in the cache folder the downloaded toolchain is, or will be."""
    own = hashlib.sha256(b"\n".join(script.read_bytes() for script, _ in _own_scripts())).hexdigest()[:16]
    return cache / "toolchain" / f"official-{versions.PULUMI}-{versions.PLUGIN}-{own}"


def releases(system: str = "", machine: str = "") -> list[Release]:
    """What is downloaded for a platform (empty: this one); nothing where there is nothing official for it."""
    system, machine = (system or platform.system()).lower(), machine or platform.machine()
    if system not in ("linux", "darwin") or machine not in _MACHINES:
        return []
    cli, plugin = _MACHINES[machine]
    host = {f"pulumi/{name}": f"bin/{name}" for name in ("pulumi", "pulumi-language-python")}
    scripts = {f"pulumi/{Path(source).name}": target for part in parts.PARTS for source, target in part.sdk_scripts}
    return [
        Release(
            f"Pulumi {versions.PULUMI}",
            f"pulumi/releases/download/v{versions.PULUMI}",
            f"pulumi-v{versions.PULUMI}-{system}-{cli}.tar.gz",
            f"pulumi-{versions.PULUMI}-checksums.txt",
            host | scripts,
        ),
        Release(
            f"its OpenStack plugin {versions.PLUGIN}",
            f"pulumi-openstack/releases/download/v{versions.PLUGIN}",
            f"pulumi-resource-openstack-v{versions.PLUGIN}-{system}-{plugin}.tar.gz",
            f"pulumi-openstack_{versions.PLUGIN}_checksums.txt",
            {"pulumi-resource-openstack": f"{parts.PLUGIN_FOLDER}/pulumi-resource-openstack"},
        ),
    ]


def fetch(cache: Path, url: str, report: Report, status: Report | None) -> bool:
    """Download and check both programs from below `url` into the cache; False, and a line why, where that cannot be.

    For who holds the cache's lock.
    """
    try:
        wanted = releases()
        if not wanted:
            raise DownloadFailed(f"there is none for {platform.system()} on {platform.machine()}")
        with (
            making(root(cache)) as tree,
            TemporaryDirectory(dir=cache / "toolchain", suffix=UNFINISHED) as scratch,
        ):
            for release in wanted:
                _take(release, url, Path(scratch), tree, report, status)
            _complete(tree)
    except DownloadFailed as failure:
        report(f"no official Pulumi ({failure}); it is built from Go modules instead, which takes minutes")
        return False
    return True


def _take(release: Release, url: str, scratch: Path, tree: Path, report: Report, status: Report | None) -> None:
    """Put the files of a release into the tree."""
    place = f"{url}/{release.folder}"
    sums, archive = scratch / release.sums, scratch / release.archive
    download(f"{place}/{release.sums}", sums, _LARGEST_SUMS, lambda done, total: None)
    wanted = _sum_of(release.archive, sums)
    report(f"downloading {release.title}")
    try:
        on_progress = _Progress(release.title, report, status)
        found = download(f"{place}/{release.archive}", archive, _LARGEST_ARCHIVE, on_progress)
    finally:
        if status:
            status("")
    if found != wanted:
        raise DownloadFailed(f"the checksum of {release.archive} is wrong")
    try:
        _unpack(archive, release, tree)
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise DownloadFailed(f"{release.archive}: {error}") from error


class _Progress:
    """Says how far a download is: on a terminal always, elsewhere now and then."""

    def __init__(self, title: str, report: Report, status: Report | None) -> None:
        self.title, self.report, self.status = title, report, status
        self.said = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        line = f"downloading {self.title}: {done / 1e6:.0f} of {total / 1e6:.0f} MB"
        if self.status:
            self.status(line)
        elif time.monotonic() - self.said >= HEARTBEAT:
            self.said = time.monotonic()
            self.report(f"  {line}")


def _sum_of(archive: str, sums: Path) -> str:
    """The SHA-256 that the file of sums has for the archive."""
    for line in sums.read_text(errors="replace").splitlines():
        value, _, name = line.partition(" ")
        if name.strip().lstrip("*") == archive:
            return value.lower()
    raise DownloadFailed(f"{sums.name} does not name {archive}")


def _unpack(archive: Path, release: Release, tree: Path) -> None:
    """Take the files that are wanted, out of an archive in which nothing leads out of its folder."""
    with tarfile.open(archive, "r:gz") as content:
        members = {}
        for member in content:
            tarfile.data_filter(member, str(tree))  # raises for what leads elsewhere, for devices and such links
            members[member.name.removeprefix("./")] = member
        if sum(member.size for member in members.values()) > _LARGEST_CONTENT:
            raise OSError("larger than it can be")
        for source, target in release.files.items():
            found = members.get(source)
            if found is None or not found.isfile():
                raise OSError(f"has no file {source}")
            (tree / target).parent.mkdir(parents=True, exist_ok=True)
            file = content.extractfile(found)
            assert file is not None
            with file, (tree / target).open("wb") as copy:
                shutil.copyfileobj(file, copy)


def _own_scripts() -> list[tuple[Path, str]]:
    """Scripts of ours that no release has, and where they go in the toolchain."""
    return [(part.folder / source, target) for part in parts.PARTS for source, target in part.scripts]


def _complete(tree: Path) -> None:
    """Add the files of our own: what ends dynamic resources with their engine, and what keeps no log."""
    for script, target in _own_scripts():
        shutil.copyfile(script, tree / target)
    (tree / parts.NO_LOGS).touch()
    for name in (name for part in parts.PARTS for name in part.files):
        (tree / name).chmod(0o755)
    found = versions.of(tree / "bin" / "pulumi")
    if found != f"v{versions.PULUMI}":
        raise DownloadFailed(f"what was downloaded says that it is {found or 'nothing'}, not v{versions.PULUMI}")
