# mypy: disable-error-code="import-not-found,misc"
"""A volume driver whose volumes are files, which take no more room than was written to them."""

import subprocess
from pathlib import Path
from typing import Any

from cinder import interface
from cinder.volume import driver
from oslo_config import cfg

GIB = 2**30


@interface.volumedriver
class SandboxVolumeDriver(driver.VolumeDriver):
    """A volume is empty until something is written to it, also one that is made from an image."""

    VERSION = "1.0"
    CI_WIKI_NAME = "none"

    def check_for_setup_error(self) -> None:
        """Make the folder."""
        _folder().mkdir(parents=True, exist_ok=True)

    def create_volume(self, volume: Any) -> None:
        """An empty one."""
        with _file(volume.id).open("ab") as file:
            file.truncate(volume.size * GIB)

    def delete_volume(self, volume: Any) -> None:
        """Delete the file."""
        _file(volume.id).unlink(missing_ok=True)

    def create_snapshot(self, snapshot: Any) -> None:
        """A copy."""
        _copy(snapshot.volume_id, snapshot.id)

    def delete_snapshot(self, snapshot: Any) -> None:
        """Delete the copy."""
        _file(snapshot.id).unlink(missing_ok=True)

    def create_volume_from_snapshot(self, volume: Any, snapshot: Any) -> None:
        """A copy, which may be larger."""
        _copy(snapshot.id, volume.id)
        self.create_volume(volume)

    def create_cloned_volume(self, volume: Any, src_vref: Any) -> None:
        """A copy, which may be larger."""
        _copy(src_vref.id, volume.id)
        self.create_volume(volume)

    def copy_image_to_volume(self, *arguments: Any, **options: Any) -> None:
        """Images hold nothing."""

    def clone_image(self, context: Any, volume: Any, *arguments: Any) -> tuple[dict[str, Any], bool]:
        """Say that the image was cloned, so that Cinder does not fetch it."""
        self.create_volume(volume)
        return {}, True

    def extend_volume(self, volume: Any, new_size: int) -> None:
        """A larger file."""
        with _file(volume.id).open("ab") as file:
            file.truncate(new_size * GIB)

    def ensure_export(self, context: Any, volume: Any) -> None:
        """Nothing to export."""

    def create_export(self, context: Any, volume: Any, connector: Any) -> None:
        """Nothing to export."""

    def remove_export(self, context: Any, volume: Any) -> None:
        """Nothing is exported."""

    def initialize_connection(self, volume: Any, connector: Any, **options: Any) -> dict[str, Any]:
        """What Nova's drivers take; the file is made for a volume that is older than this driver."""
        if not _file(volume.id).exists():
            self.create_volume(volume)
        return {"driver_volume_type": "fake", "data": {"volume_id": volume.id, "path": str(_file(volume.id))}}

    def terminate_connection(self, volume: Any, connector: Any, **options: Any) -> None:
        """Nothing is connected."""

    def get_volume_stats(self, refresh: bool = False) -> dict[str, Any]:
        """Room without end."""
        return {
            "volume_backend_name": "sandbox",
            "vendor_name": "bay",
            "driver_version": self.VERSION,
            "storage_protocol": "fake",
            "total_capacity_gb": "infinite",
            "free_capacity_gb": "infinite",
            "reserved_percentage": 0,
            "multiattach": True,
            "thin_provisioning_support": True,
        }


def _folder() -> Path:
    return Path(cfg.CONF.state_path) / "volumes"


def _file(name: str) -> Path:
    return _folder() / name


def _copy(source: str, target: str) -> None:
    _file(source).touch()  # a volume that is older than this driver has none
    subprocess.run(
        ["cp", "--sparse=always", "--reflink=auto", str(_file(source)), str(_file(target))],
        check=True,
        capture_output=True,
    )
