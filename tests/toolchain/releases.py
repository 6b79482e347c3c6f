"""Releases as a local server has them, whole or not."""

import hashlib
import io
import tarfile
from dataclasses import dataclass, field
from threading import Event

from bay.toolchain import official
from bay.toolchain.official import Release

CLI, PLUGIN = official.releases()

PULUMI = b"#!/bin/sh\necho v3.259.0\n"


@dataclass
class Server:
    """What it has: path -> content. Paths in `hanging` are answered in part, after which nothing comes."""

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    hanging: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    ended: Event = field(default_factory=Event)

    def offer(self, release: Release, archive: bytes, checksum: str = "") -> None:
        checksum = checksum or hashlib.sha256(archive).hexdigest()
        others = f"{'0' * 64}  another-file.tar.gz\n"
        self.files[f"/{release.folder}/{release.archive}"] = archive
        self.files[f"/{release.folder}/{release.sums}"] = f"{others}{checksum}  {release.archive}\n".encode()


def packed(*members: tuple[str | tarfile.TarInfo, bytes]) -> bytes:
    """An archive of files, or of what a TarInfo says."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for member, content in members:
            info = tarfile.TarInfo(member) if isinstance(member, str) else member
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return target.getvalue()


def files_of(release: Release, pulumi: bytes = PULUMI) -> list[tuple[str, bytes]]:
    """Everything that is wanted of a release, and more."""
    wanted = [(name, pulumi if name == "pulumi/pulumi" else b"#!/bin/sh\n") for name in release.files]
    return [("README.md", b"read me"), *wanted]
