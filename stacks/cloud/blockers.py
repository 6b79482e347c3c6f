"""Blockers: what others have on a bay's network, groups and volumes, so that the cloud would not delete these.

Nothing of it is ever deleted here; it is named, with the command by which its owner can remove it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bay.components.text import command
from bay.stacks.cloud.kind_lists import INTERFACE_OWNERS, Listing

if TYPE_CHECKING:
    from openstack.connection import Connection

THE_CLOUDS_OWN = ("network:dhcp", "network:distributed", "network:router_centralized_snat", "ovn-lb-hm:distributed")
"""Device owners of ports that Neutron and Octavia make on a network for themselves, and take away again."""

_ID = re.compile(r"[0-9A-Za-z][\w.-]*")
"""What ids look like; a port's device is any text that its owner gave."""

AMPHORA = "octavia-lb-vrrp-"
"""Beginning of the names of the ports of Octavia's own servers; they go with their load balancer."""


@dataclass(frozen=True)
class Blocker:
    """A resource that is not the bay's. why: where it blocks. remedy: the command that removes it."""

    kind: str
    id: str
    name: str
    why: str
    remedy: str


@dataclass(frozen=True)
class OwnedResources:
    """What a bay has, by its mark and by its engine's signs: kind -> id -> the thing as openstacksdk gives it.

    known: ids of everything that the state owns.
    """

    things: Mapping[str, Mapping[str, Any]]
    known: frozenset[str]

    def of(self, kind: str) -> Mapping[str, Any]:
        """Things of a kind, by id."""
        return self.things.get(kind, {})

    @cached_property
    def devices(self) -> set[str]:
        """Ids that ports have as their device."""
        return {*self.of("server"), *self.of("router"), *(f"lb-{one}" for one in self.of("load balancer"))}

    def has_port(self, port: Any) -> bool:
        """Whether a port is the bay's or goes with something of the bay."""
        vips = {balancer.vip_port_id for balancer in self.of("load balancer").values()}
        return port.id in self.known or port.id in self.of("port") or port.id in vips or port.device_id in self.devices


def find_blockers(listing: Listing, own: OwnedResources, *, strangers: bool = False) -> Iterator[Blocker]:
    """What blocks the bay's end.

    strangers: ports of other projects too. Services of the cloud have some on any network, for what they do for the
    bay itself, so they are only looked at once a delete has failed.
    """
    yield from _on_networks(listing, own, strangers)
    yield from _at_routers(listing, own)
    yield from _in_groups(listing, own)
    yield from _at_volumes(listing.cloud, own)


def _on_networks(listing: Listing, own: OwnedResources, strangers: bool) -> Iterator[Blocker]:
    for network in own.of("network").values():
        where = f"on network {network.name}"
        for subnet in listing.of_project("subnets"):
            if subnet.network_id == network.id and subnet.id not in own.known and subnet.id not in own.of("subnet"):
                yield Blocker(
                    "subnet", subnet.id, subnet.name, where, command("openstack", "subnet", "delete", subnet.id)
                )
        for port in _ports_on(listing, network.id, strangers):
            internal = port.device_owner in THE_CLOUDS_OWN or (port.name or "").startswith(AMPHORA)
            if not own.has_port(port) and not internal:
                yield _user_of(listing.cloud, port, f"{where} ({_addresses(port)})", network.id)


def _ports_on(listing: Listing, network_id: str, strangers: bool) -> Iterable[Any]:
    if strangers:
        return listing.cloud.network.ports(network_id=network_id)
    return (port for port in listing.of_project("ports") if port.network_id == network_id)


def _user_of(cloud: "Connection", port: Any, why: str, network_id: str) -> Blocker:
    """What a foreign port belongs to: the thing that a person knows, and can take away.

    Whoever has a port may call its device anything; what is no id goes into no command.
    """
    owner, device = port.device_owner or "", port.device_id or ""
    if not _ID.fullmatch(device):
        owner = ""
    if owner.startswith("compute:"):
        remove = command("openstack", "server", "remove", "network", device, network_id)
        return Blocker("server", device, _name(cloud.compute.find_server(device)), why, remove)
    if _ID.fullmatch(device) and device.startswith("lb-"):
        balancer = device.removeprefix("lb-")
        name = _name(cloud.load_balancer.find_load_balancer(balancer))
        return Blocker(
            "load balancer", balancer, name, why, command("openstack", "loadbalancer", "delete", "--cascade", balancer)
        )
    if owner in INTERFACE_OWNERS:
        remove = command("openstack", "router", "remove", "port", device, port.id)
        return Blocker("router", device, _name(cloud.network.find_router(device)), why, remove)
    used = f"{why}, owner {port.device_owner or 'none'}, device {device or 'none'}"
    return Blocker("port", port.id, port.name, used, command("openstack", "port", "delete", port.id))


def _at_routers(listing: Listing, own: OwnedResources) -> Iterator[Blocker]:
    for router in own.of("router").values():
        for port in listing.ports_of(router.id):
            if port.device_owner in INTERFACE_OWNERS and port.network_id not in own.of("network"):
                network = _name(listing.cloud.network.find_network(port.network_id)) or port.network_id
                remove = command("openstack", "router", "remove", "port", router.id, port.id)
                yield Blocker("port", port.id, port.name, f"joins router {router.name} to network {network}", remove)


def _in_groups(listing: Listing, own: OwnedResources) -> Iterator[Blocker]:
    """Rules that name a group of the bay, which Neutron would delete with it, and ports that a group protects."""
    groups = own.of("security group")
    for rule in listing.of_project("security_group_rules"):
        if rule.remote_group_id in groups and rule.security_group_id not in groups:
            holder = _name(listing.cloud.network.find_security_group(rule.security_group_id))
            why = f"in security group {holder} lets security group {groups[rule.remote_group_id].name} in"
            yield Blocker(
                "rule", rule.id, "", why, command("openstack", "security", "group", "rule", "delete", rule.id)
            )
    for port in listing.of_project("ports"):
        for group in set(port.security_group_ids or ()) & set(groups):
            on_own = port.network_id in own.of("network")
            if not own.has_port(port) and not on_own:  # on the bay's own network it is named already
                yield _protected(listing.cloud, port, groups[group])


def _protected(cloud: "Connection", port: Any, group: Any) -> Blocker:
    why = f"is in security group {group.name}"
    remove = command("openstack", "port", "unset", "--security-group", group.id, port.id)
    if (port.device_owner or "").startswith("compute:") and _ID.fullmatch(port.device_id or ""):
        return Blocker("server", port.device_id, _name(cloud.compute.find_server(port.device_id)), why, remove)
    return Blocker("port", port.id, port.name, why, remove)


def _at_volumes(cloud: "Connection", own: OwnedResources) -> Iterator[Blocker]:
    volumes = own.of("volume")
    for volume in volumes.values():
        for attachment in volume.attachments or []:
            server = attachment["server_id"]
            if server not in own.of("server"):
                name = _name(cloud.compute.find_server(server))
                remove = command("openstack", "server", "remove", "volume", server, volume.id)
                yield Blocker("server", server, name, f"has volume {volume.name or volume.id}", remove)
    if volumes:
        for snapshot in cloud.block_storage.snapshots():
            if snapshot.volume_id in volumes and snapshot.id not in own.of("snapshot"):
                why = f"is of volume {volumes[snapshot.volume_id].name or snapshot.volume_id}"
                remove = command("openstack", "volume", "snapshot", "delete", snapshot.id)
                yield Blocker("snapshot", snapshot.id, snapshot.name, why, remove)


def _name(thing: Any) -> str:
    return (thing.name or "") if thing else ""


def _addresses(port: Any) -> str:
    return ", ".join(fixed["ip_address"] for fixed in port.fixed_ips or []) or "no address"
