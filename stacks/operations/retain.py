"""What stays of a bay on request: it loses the bay's mark, so that no later delete takes it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bay.components.openstack.connection import explained
from bay.components.ownership import id_tag
from bay.stacks.cloud.cleanup import Leftover, release
from bay.stacks.stack import BayStack

if TYPE_CHECKING:
    from openstack.connection import Connection

KEPT = "bay:kept-from"
"""Key of the metadata, and beginning of the tag, that says of which bay a kept thing was."""

DATA = ("volume", "snapshot", "backup")
FLOATING_IP_TYPE = "openstack:networking/floatingIp:FloatingIp"
LONGEST_DESCRIPTION = 255


@dataclass(frozen=True)
class Keep:
    """What stays. volumes: those that the engine made, with snapshots and backups. floating_ips: all of the bay's."""

    volumes: bool = False
    floating_ips: bool = False

    def holds(self, kind: str) -> bool:
        """Whether things of this kind that the engine made stay."""
        return (self.volumes and kind in DATA) or (self.floating_ips and kind == "floating IP")


def unmark(cloud: "Connection", item: Leftover, bay: str, bay_id: str) -> None:
    """Take the bay's mark off, and say in its place which bay it was; a floating IP leaves its port."""
    with explained(f"keeping {item}"):
        if item.kind == "floating IP":
            _unmark_address(cloud, item.id, bay, bay_id)
        else:
            _unmark_data(cloud, item, bay, bay_id)


def _unmark_address(cloud: "Connection", address_id: str, bay: str, bay_id: str) -> None:
    address = cloud.network.get_ip(address_id)
    tags = [tag for tag in address.tags or [] if not tag.startswith("bay:")]
    description = (address.description or "").replace(id_tag(bay_id), "").replace(f" from cluster {bay_id}", "")
    kept = f"kept from bay {bay}{': ' if description else ''}{description}"
    release(cloud, address_id, kept[:LONGEST_DESCRIPTION], [*tags, f"{KEPT}={bay}"])


def _unmark_data(cloud: "Connection", item: Leftover, bay: str, bay_id: str) -> None:
    storage: Any = cloud.block_storage
    thing = getattr(storage, f"get_{item.kind}")(item.id)
    metadata = {key: value for key, value in (thing.metadata or {}).items() if value != bay_id} | {KEPT: bay}
    if item.kind == "backup":
        storage.update_backup(thing, metadata=metadata)
    else:  # as a whole: keys with a slash in them cannot be deleted one by one
        thing.replace_metadata(storage, metadata=metadata)


def retain_addresses(stack: BayStack) -> None:
    """Have the engine forget the bay's floating IPs, when it deletes the bay, without deleting them."""
    deployment = stack.export()
    for resource in (deployment.deployment or {}).get("resources", []):
        if resource["type"] == FLOATING_IP_TYPE:
            resource["retainOnDelete"] = True
    stack.import_(deployment)


def keep_addresses(
    stack: BayStack,
    cloud: "Connection",
    addresses: Iterable[Leftover],
    bay: str,
    bay_id: str,
    report: Callable[[str], None],
) -> None:
    """The floating IPs that the state knows stay in the project, without the bay's mark and on no port."""
    retain_addresses(stack)
    for address in addresses:
        unmark(cloud, address, bay, bay_id)
        report(f"kept: {address}")
