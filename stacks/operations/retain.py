"""What stays of a bay on request: it loses the bay's mark, so that no later delete takes it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bay.components.openstack.connection import openstack_errors
from bay.components.ownership import id_tag
from bay.stacks.cloud.cleanup import detach_floating_ip
from bay.stacks.cloud.discovery import CloudObject
from bay.stacks.cloud.kinds import KINDS

if TYPE_CHECKING:
    from openstack.connection import Connection

KEPT = "bay:kept-from"
"""Key of the metadata, and beginning of the tag, that says of which bay a kept resource was."""

LONGEST_DESCRIPTION = 255
BLOCK_STORAGE = frozenset(kind.name for kind in KINDS if kind.service == "block_storage")


@dataclass(frozen=True)
class Keep:
    """What stays. volumes: those of the engine's controllers, with snapshots and backups. floating_ips: all."""

    volumes: bool = False
    floating_ips: bool = False

    def holds(self, kind: str) -> bool:
        """Whether resources of this kind that the engine created stay."""
        return (self.volumes and kind in BLOCK_STORAGE) or (self.floating_ips and kind == "floating IP")


def remove_ownership(cloud: "Connection", item: CloudObject, bay: str, bay_id: str) -> None:
    """Take the bay's mark off, and say in its place which bay it was; a floating IP leaves its port."""
    with openstack_errors(f"keeping {item}"):
        if item.kind == "floating IP":
            _of_floating_ip(cloud, item.id, bay, bay_id)
        else:
            _of_data(cloud, item, bay, bay_id)


def _of_floating_ip(cloud: "Connection", address_id: str, bay: str, bay_id: str) -> None:
    address = cloud.network.get_ip(address_id)
    tags = [tag for tag in address.tags or [] if not tag.startswith("bay:")]
    description = (address.description or "").replace(id_tag(bay_id), "").replace(f" from cluster {bay_id}", "")
    kept = f"kept from bay {bay}{': ' if description else ''}{description}"
    detach_floating_ip(cloud, address_id, kept[:LONGEST_DESCRIPTION], [*tags, f"{KEPT}={bay}"])


def _of_data(cloud: "Connection", item: CloudObject, bay: str, bay_id: str) -> None:
    storage: Any = cloud.block_storage
    thing = getattr(storage, f"get_{item.kind}")(item.id)
    metadata = {key: value for key, value in (thing.metadata or {}).items() if value != bay_id} | {KEPT: bay}
    if item.kind == "backup":
        storage.update_backup(thing, metadata=metadata)
    else:  # as a whole: keys with a slash in them cannot be deleted one by one
        thing.replace_metadata(storage, metadata=metadata)
