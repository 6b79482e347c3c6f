"""Container images without a registry: archives that `docker load` and `ctr images import` both read."""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from bay.sandbox.images.workshop import architecture

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

OCI = "application/vnd.oci.image"


@dataclass(frozen=True)
class Content:
    """What an image consists of.

    names: all its names, each with a tag. files: path in the image -> file on this machine. links: path -> target.
    folders: empty ones. entrypoint: what a container runs in any case, command: what it runs, or adds to that, unless
    told otherwise. environment: "NAME=VALUE".
    """

    names: Sequence[str]
    files: Mapping[str, Path]
    links: Mapping[str, str] = field(default_factory=dict)
    folders: Sequence[str] = ()
    entrypoint: Sequence[str] = ()
    command: Sequence[str] = ()
    environment: Sequence[str] = ()


def write(target: Path, content: Content) -> None:
    """Write an image of one layer, the same bytes for the same content: OCI's layout, with Docker's own index too."""
    layer = target.with_suffix(".layer")
    try:
        with tarfile.open(layer, "w", format=tarfile.GNU_FORMAT) as archive:
            _write_layer(archive, content)
        with layer.open("rb") as file:
            layer_digest = hashlib.file_digest(file, "sha256").hexdigest()
        with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as archive:
            _add_file(archive, f"blobs/sha256/{layer_digest}", layer)
            _write_documents(archive, content, layer_digest, layer.stat().st_size)
    finally:
        layer.unlink(missing_ok=True)


def _write_layer(archive: tarfile.TarFile, content: Content) -> None:
    for folder in _folders(content):
        entry = tarfile.TarInfo(folder)
        entry.type, entry.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(entry)
    for name, source in sorted(content.files.items()):
        _add_file(archive, name, source)
    for name, aim in sorted(content.links.items()):
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = tarfile.SYMTYPE, aim
        archive.addfile(entry)


def _folders(content: Content) -> list[str]:
    """All folders of an image, the upper ones first."""
    above = (folder for name in [*content.files, *content.links] for folder in PurePosixPath(name).parents)
    return sorted({*map(str, above), *content.folders} - {"."})


def _add_file(archive: tarfile.TarFile, name: str, source: Path) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = source.stat().st_size, source.stat().st_mode & 0o777
    with source.open("rb") as file:
        archive.addfile(entry, file)


def _write_documents(archive: tarfile.TarFile, content: Content, layer: str, size: int) -> None:
    """What describes the layer: the image, its manifest, and the two indices."""
    platform = {"architecture": architecture(), "os": "linux"}
    settings = {
        "Env": [PATH, *content.environment],
        "Entrypoint": list(content.entrypoint),
        "Cmd": list(content.command),
    }
    layers = {"type": "layers", "diff_ids": [f"sha256:{layer}"]}
    image = _add_blob(archive, {**platform, "config": settings, "rootfs": layers, "history": [{"created_by": "bay"}]})
    tar = {"mediaType": f"{OCI}.layer.v1.tar", "digest": f"sha256:{layer}", "size": size}
    kind = {"schemaVersion": 2, "mediaType": f"{OCI}.manifest.v1+json"}
    manifest = _add_blob(archive, {**kind, "config": {"mediaType": f"{OCI}.config.v1+json", **image}, "layers": [tar]})
    entries = [
        {
            "mediaType": f"{OCI}.manifest.v1+json",
            **manifest,
            "platform": platform,
            "annotations": {
                "io.containerd.image.name": name,
                "org.opencontainers.image.ref.name": name.rpartition(":")[2],
            },
        }
        for name in content.names
    ]
    _add_text(archive, "oci-layout", json.dumps({"imageLayoutVersion": "1.0.0"}))
    _add_text(archive, "index.json", json.dumps({"schemaVersion": 2, "manifests": entries}))
    blobs = {"Config": _blob(image), "RepoTags": list(content.names), "Layers": [f"blobs/sha256/{layer}"]}
    _add_text(archive, "manifest.json", json.dumps([blobs]))


def _add_blob(archive: tarfile.TarFile, document: Mapping[str, Any]) -> dict[str, Any]:
    """Add a document under its digest; what refers to it."""
    text = json.dumps(document)
    reference = {"digest": f"sha256:{hashlib.sha256(text.encode()).hexdigest()}", "size": len(text)}
    _add_text(archive, _blob(reference), text)
    return reference


def _blob(reference: Mapping[str, Any]) -> str:
    return "blobs/" + str(reference["digest"]).replace(":", "/")


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(text)
    archive.addfile(entry, io.BytesIO(text.encode()))
