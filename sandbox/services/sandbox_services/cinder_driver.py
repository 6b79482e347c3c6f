# mypy: disable-error-code="import-not-found,misc"
"""A volume driver that stores nothing: volumes are rows of Cinder's database."""

from typing import Any

from cinder import interface
from cinder.volume import driver


@interface.volumedriver
class SandboxVolumeDriver(driver.VolumeDriver):
    """Every operation succeeds at once."""

    VERSION = "1.0"
    CI_WIKI_NAME = "none"

    def check_for_setup_error(self) -> None:
        """Nothing to set up."""

    def create_volume(self, volume: Any) -> None:
        """Nothing to make."""

    def delete_volume(self, volume: Any) -> None:
        """Nothing to delete."""

    def create_snapshot(self, snapshot: Any) -> None:
        """Nothing to copy."""

    def delete_snapshot(self, snapshot: Any) -> None:
        """Nothing to delete."""

    def create_volume_from_snapshot(self, volume: Any, snapshot: Any) -> None:
        """Nothing to copy."""

    def create_cloned_volume(self, volume: Any, src_vref: Any) -> None:
        """Nothing to copy."""

    def copy_image_to_volume(self, *arguments: Any, **options: Any) -> None:
        """Nothing to copy."""

    def clone_image(self, *arguments: Any) -> tuple[dict[str, Any], bool]:
        """Say that the image was cloned, so that Cinder does not fetch it."""
        return {}, True

    def extend_volume(self, volume: Any, new_size: int) -> None:
        """The size is a column."""

    def ensure_export(self, context: Any, volume: Any) -> None:
        """Nothing to export."""

    def create_export(self, context: Any, volume: Any, connector: Any) -> None:
        """Nothing to export."""

    def remove_export(self, context: Any, volume: Any) -> None:
        """Nothing is exported."""

    def initialize_connection(self, volume: Any, connector: Any, **options: Any) -> dict[str, Any]:
        """What Nova's fake driver attaches."""
        return {"driver_volume_type": "fake", "data": {"volume_id": volume.id}}

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
