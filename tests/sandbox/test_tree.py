"""What a node finds at its first boot."""

import stat
from pathlib import Path

import pytest

from bay.sandbox.services.sandbox_services.nodes.tree import Tree, take_over


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def upper(tmp_path: Path) -> Path:
    """The upper layer of a node over an image with a folder that others may not enter."""
    image, made = tmp_path / "image", tmp_path / "upper"
    (image / "var/lib").mkdir(parents=True)
    (image / "var").chmod(0o751)
    made.mkdir()
    before = {"openstack/latest/user_data": b"secret", "openstack/content/0000": b"file"}
    Tree(made, image).prepare(before)
    return made


def test_folders_are_as_open_as_the_images(upper: Path) -> None:
    assert mode(upper / "var") == 0o751
    assert mode(upper / "etc") == mode(upper / "etc/systemd") == 0o755


def test_the_configuration_drive_is_for_root(upper: Path) -> None:
    drive = upper / "var/lib/cloud/seed/config_drive"
    assert (drive / "openstack/latest/user_data").read_bytes() == b"secret"
    assert mode(drive) == 0o700
    assert mode(drive / "openstack/latest/user_data") == 0o600


def test_units_for_the_container_are_there_and_wanted(upper: Path) -> None:
    units = upper / "etc/systemd/system"
    assert "remount,rw,bind /proc/sys" in (units / "sandbox-writable.service").read_text()
    assert (units / "basic.target.wants/sandbox-writable.service").resolve() == units / "sandbox-writable.service"
    assert (units / "systemd-sysctl.service").readlink() == Path("/dev/null")


def test_content_of_an_image_is_shared_but_for_its_databases(tmp_path: Path) -> None:
    source, target = tmp_path / "containerd", tmp_path / "data"
    (source / "blobs").mkdir(parents=True)
    (source / "blobs/layer").write_text("never changes")
    (source / "meta.db").write_text("changes")
    take_over(source, target)
    assert (target / "blobs/layer").stat().st_ino == (source / "blobs/layer").stat().st_ino
    assert (target / "meta.db").stat().st_ino != (source / "meta.db").stat().st_ino
    assert (target / "meta.db").read_text() == "changes"


def test_without_content_the_folder_is_empty(tmp_path: Path) -> None:
    take_over(tmp_path / "none", tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []
