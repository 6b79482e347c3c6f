"""Container images without a registry: what is in an archive, and that it is the same each time."""

import hashlib
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from bay.sandbox.images.archives import Content, write
from bay.sandbox.images.containers import libraries


@pytest.fixture
def content(tmp_path: Path) -> Content:
    program = tmp_path / "program"
    program.write_bytes(b"\x7fELF")
    program.chmod(0o755)
    return Content(
        names=("localhost/a:1", "localhost/b:2"),
        files={"usr/bin/program": program},
        links={"bin/sh": "/usr/bin/program"},
        folders=("data",),
        entrypoint=("/usr/bin/program",),
        command=("--verbose",),
        environment=("VERSION=1",),
    )


def documents(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as opened:
        return {member.name: opened.extractfile(member).read() for member in opened.getmembers()}  # type: ignore[union-attr]


def document(found: dict[str, bytes], name: str) -> Any:
    return json.loads(found[name])


def test_every_blob_is_called_by_its_digest(tmp_path: Path, content: Content) -> None:
    write(tmp_path / "a.tar", content)
    blobs = {name: text for name, text in documents(tmp_path / "a.tar").items() if name.startswith("blobs/")}
    assert len(blobs) == 3
    assert all(name == f"blobs/sha256/{hashlib.sha256(text).hexdigest()}" for name, text in blobs.items())


def test_containerd_finds_the_image_under_each_of_its_names(tmp_path: Path, content: Content) -> None:
    write(tmp_path / "a.tar", content)
    found = documents(tmp_path / "a.tar")
    entries = document(found, "index.json")["manifests"]
    assert [entry["annotations"]["io.containerd.image.name"] for entry in entries] == ["localhost/a:1", "localhost/b:2"]
    manifest = document(found, "blobs/" + entries[0]["digest"].replace(":", "/"))
    assert len(found["blobs/" + manifest["layers"][0]["digest"].replace(":", "/")]) == manifest["layers"][0]["size"]
    settings = document(found, "blobs/" + manifest["config"]["digest"].replace(":", "/"))
    assert settings["config"]["Entrypoint"] == ["/usr/bin/program"]
    assert settings["config"]["Cmd"] == ["--verbose"]
    assert "VERSION=1" in settings["config"]["Env"]
    assert settings["rootfs"]["diff_ids"] == [manifest["layers"][0]["digest"]]


def test_docker_finds_the_image_too(tmp_path: Path, content: Content) -> None:
    write(tmp_path / "a.tar", content)
    found = documents(tmp_path / "a.tar")
    (image,) = document(found, "manifest.json")
    assert image["RepoTags"] == ["localhost/a:1", "localhost/b:2"]
    assert {image["Config"], *image["Layers"]} <= set(found)


def test_the_layer_has_files_links_and_folders_of_root(tmp_path: Path, content: Content) -> None:
    write(tmp_path / "a.tar", content)
    (image,) = document(documents(tmp_path / "a.tar"), "manifest.json")
    with (
        tarfile.open(tmp_path / "a.tar") as outer,
        tarfile.open(fileobj=outer.extractfile(image["Layers"][0])) as layer,
    ):
        members = {member.name: member for member in layer.getmembers()}
    assert sorted(members) == ["bin", "bin/sh", "data", "usr", "usr/bin", "usr/bin/program"]
    assert members["usr/bin/program"].mode == 0o755
    assert members["bin/sh"].linkname == "/usr/bin/program"
    assert members["data"].isdir()
    assert {(member.uid, member.gid) for member in members.values()} == {(0, 0)}


def test_the_same_content_gives_the_same_bytes_and_leaves_nothing_beside(tmp_path: Path, content: Content) -> None:
    folder = tmp_path / "archives"
    folder.mkdir()
    write(folder / "a.tar", content)
    write(folder / "b.tar", content)
    assert (folder / "a.tar").read_bytes() == (folder / "b.tar").read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == ["a.tar", "b.tar"]


def test_libraries_are_read_from_what_ldd_prints() -> None:
    output = (
        "\tlinux-vdso.so.1 (0x00007f37)\n\tlibnft.so.1 => /lib/x86_64-linux-gnu/libnft.so.1 (0x00007f39)\n"
        "\t/lib64/ld-linux-x86-64.so.2 (0x00007f40)\n\tnot a dynamic executable\n"
    )
    assert libraries(output) == {"lib/x86_64-linux-gnu/libnft.so.1", "lib64/ld-linux-x86-64.so.2"}
