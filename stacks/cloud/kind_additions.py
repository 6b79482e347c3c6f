"""Additions: what others have put into, onto or beside a resource that is a bay's, for each kind of resource.

Nothing of it is in the bay's state. Some of it blocks the bay's end, since the cloud would not delete what is used.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bay.components.text import command
from bay.stacks.cloud.kind_lists import INTERFACE_OWNERS, Listing
from bay.stacks.cloud.rules import is_everybody, lets_everybody_in, rule_text

if TYPE_CHECKING:
    from openstack.connection import Connection

THE_CLOUDS_OWN = ("network:dhcp", "network:distributed", "network:router_centralized_snat", "ovn-lb-hm:distributed")
"""Device owners of ports that Neutron and Octavia make on a network for themselves, and take away again."""

AMPHORA = "octavia-lb-vrrp-"
"""Beginning of the names of the ports of Octavia's own servers; they go with their load balancer."""


@dataclass(frozen=True)
class Addition:
    """A resource that is not the bay's. why: where it is. remedy: the command that removes it.

    blocks: whether what it is on cannot be deleted while it is there. exposes: whether it lets anybody in, so that
    nobody should wait. remove: takes it away; None where it is, or may be, of use to somebody beside the bay, who then
    decides.
    """

    kind: str
    id: str
    name: str
    why: str
    remedy: str
    blocks: bool = True
    exposes: bool = False
    remove: "Callable[[Connection], object] | None" = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class OwnedResources:
    """What a bay has, by its mark and by its engine's signs: kind -> id -> the thing as openstacksdk gives it.

    known: ids of everything that the state owns. strangers: whether ports of other projects count too. Services of the
    cloud have some on any network, for what they do for the bay itself, so they are only looked at once a delete has
    failed.
    """

    things: Mapping[str, Mapping[str, Any]]
    known: frozenset[str]
    strangers: bool = False

    def of(self, kind: str) -> Mapping[str, Any]:
        """Things of a kind, by id."""
        return self.things.get(kind, {})

    def has(self, kind: str, id: str) -> bool:
        """Whether one of a kind is the bay's."""
        return id in self.known or id in self.of(kind)

    @cached_property
    def devices(self) -> set[str]:
        """Ids that ports have as their device."""
        return {*self.of("server"), *self.of("router"), *(f"lb-{one}" for one in self.of("load balancer"))}

    def has_port(self, port: Any) -> bool:
        """Whether a port is the bay's or goes with something of the bay."""
        vips = {balancer.vip_port_id for balancer in self.of("load balancer").values()}
        return self.has("port", port.id) or port.id in vips or port.device_id in self.devices


_ID = re.compile(r"[0-9A-Za-z][\w.-]*")
"""What ids look like; a port's device is any text that its owner gave."""


def openstack(words: str, *names: str) -> str:
    """A command of the OpenStack client; each name stays one word in a shell, whoever gave it."""
    return command("openstack", *words.split(), *names)


Additions = Callable[[Listing, OwnedResources, Any], Iterable[Addition]]
"""What was added to one resource of a kind."""


def on_network(listing: Listing, own: OwnedResources, network: Any) -> Iterator[Addition]:
    """Subnets and ports of others, and projects that it is shared with."""
    where = f"on network {network.name}"
    for subnet in listing.of_project("subnets"):
        if subnet.network_id == network.id and not own.has("subnet", subnet.id):
            yield Addition("subnet", subnet.id, subnet.name, where, openstack("subnet delete", subnet.id))
    for port in _ports_on(listing, network.id, own.strangers):
        internal = port.device_owner in THE_CLOUDS_OWN or (port.name or "").startswith(AMPHORA)
        if not own.has_port(port) and not internal:
            yield _user_of(listing.cloud, port, f"{where} ({_addresses(port)})", network.id)
    yield from shared(listing, own, network)


def _ports_on(listing: Listing, network_id: str, strangers: bool) -> Iterable[Any]:
    if strangers:
        return listing.cloud.network.ports(network_id=network_id)
    return (port for port in listing.of_project("ports") if port.network_id == network_id)


def _user_of(cloud: "Connection", port: Any, why: str, network_id: str) -> Addition:
    """What a foreign port belongs to: the thing that a person knows, and can take away.

    Whoever has a port may call its device anything; what is no id goes into no command.
    """
    owner, device = port.device_owner or "", port.device_id or ""
    if not _ID.fullmatch(device):
        return _port_itself(port, why)
    if owner.startswith("compute:"):
        remove = openstack("server remove network", device, network_id)
        return Addition("server", device, _name(cloud.compute.find_server(device)), why, remove)
    if device.startswith("lb-"):
        balancer = device.removeprefix("lb-")
        name = _name(cloud.load_balancer.find_load_balancer(balancer))
        return Addition("load balancer", balancer, name, why, openstack("loadbalancer delete --cascade", balancer))
    if owner in INTERFACE_OWNERS:
        remove = openstack("router remove port", device, port.id)
        return Addition("router", device, _name(cloud.network.find_router(device)), why, remove)
    return _port_itself(port, why)


def _port_itself(port: Any, why: str) -> Addition:
    used = f"{why}, owner {port.device_owner or 'none'}, device {port.device_id or 'none'}"
    return Addition("port", port.id, port.name, used, openstack("port delete", port.id))


def at_router(listing: Listing, own: OwnedResources, router: Any) -> Iterator[Addition]:
    """Networks of others that it joins, and routes."""
    for port in listing.ports_of(router.id):
        if port.device_owner in INTERFACE_OWNERS and not own.has("network", port.network_id):
            network = _name(listing.cloud.network.find_network(port.network_id)) or port.network_id
            remove = openstack("router remove port", router.id, port.id)
            why = f"joins router {router.name} to network {network}"
            yield Addition("router interface", port.id, port.name, why, remove)
    for route in router.routes or ():
        way = f"destination={route['destination']},gateway={route['nexthop']}"
        yield Addition(
            "route",
            router.id,
            route["destination"],
            f"on router {router.name}, by way of {route['nexthop']}",
            openstack("router unset --route", way, router.id),
            blocks=False,
            exposes=is_everybody(route["destination"]),
            remove=_without_route(router.id, route),
        )


def _without_route(router_id: str, route: Mapping[str, str]) -> "Callable[[Connection], object]":
    body = {"router": {"routes": [dict(route)]}}
    return lambda cloud: cloud.network.remove_extra_routes_from_router(router_id, body)


def in_security_group(listing: Listing, own: OwnedResources, group: Any) -> Iterator[Addition]:
    """Rules in it, rules elsewhere that name it, which Neutron would delete with it, and ports that it protects."""
    for rule in group.security_group_rules or ():
        if not own.has("rule", rule["id"]):
            yield _rule_in(group, rule)
    for rule in listing.of_project("security_group_rules"):
        if rule.remote_group_id == group.id and not own.has("security group", rule.security_group_id):
            holder = _name(listing.cloud.network.find_security_group(rule.security_group_id))
            why = f"in security group {holder} lets security group {group.name} in"
            yield Addition("rule", rule.id, "", why, openstack("security group rule delete", rule.id))
    for port in listing.of_project("ports"):
        foreign = not own.has_port(port) and port.network_id not in own.of("network")  # there it is named already
        if foreign and group.id in (port.security_group_ids or ()):
            yield _protected(listing.cloud, port, group)
    yield from shared(listing, own, group)


def _rule_in(group: Any, rule: Mapping[str, Any]) -> Addition:
    remove = rule["id"]
    return Addition(
        "rule",
        rule["id"],
        "",
        f"in security group {group.name}: {rule_text(rule)}",
        openstack("security group rule delete", rule["id"]),
        blocks=False,
        exposes=lets_everybody_in(rule),
        remove=lambda cloud: cloud.network.delete_security_group_rule(remove),
    )


def _protected(cloud: "Connection", port: Any, group: Any) -> Addition:
    why = f"is in security group {group.name}"
    remove = openstack("port unset --security-group", group.id, port.id)
    if (port.device_owner or "").startswith("compute:") and _ID.fullmatch(port.device_id or ""):
        return Addition("server", port.device_id, _name(cloud.compute.find_server(port.device_id)), why, remove)
    return Addition("port", port.id, port.name, why, remove)


def on_volume(listing: Listing, own: OwnedResources, volume: Any) -> Iterator[Addition]:
    """Servers of others that it is attached to, and snapshots."""
    for attachment in volume.attachments or []:
        server = attachment["server_id"]
        if not own.has("server", server):
            name = _name(listing.cloud.compute.find_server(server))
            remove = openstack("server remove volume", server, volume.id)
            yield Addition("server", server, name, f"has volume {volume.name or volume.id}", remove)
    for snapshot in listing.project_snapshots:
        if snapshot.volume_id == volume.id and not own.has("snapshot", snapshot.id):
            why = f"is of volume {volume.name or volume.id}"
            remove = openstack("volume snapshot delete", snapshot.id)
            yield Addition("snapshot", snapshot.id, snapshot.name, why, remove)


def on_server(listing: Listing, own: OwnedResources, server: Any) -> Iterator[Addition]:
    """Interfaces, what is on its first port where Nova made that, and volumes."""
    ports = sorted(listing.ports_of(server.id), key=lambda port: str(port.created_at or ""))
    recorded = [port for port in ports if own.has("port", port.id)]
    for port in ports:
        if port not in (recorded or ports[:1]):  # Nova makes the first with the server
            remove = openstack("server remove port", server.id, port.id)
            why = f"on server {server.name} ({_addresses(port)})"
            yield Addition("port", port.id, port.name, why, remove, blocks=False)
        yield from _floating_on(listing, own, port.id, f"on the bay's server {server.name}, without its mark")
    if not recorded:
        for port in ports[:1]:  # Pulumi compares those that it made
            yield from _loosened(listing, port, server)
    for volume in listing.volumes_by_server[server.id]:
        if not own.has("volume", volume.id):
            why = f"on the bay's server {server.name}, without its mark"
            remove = openstack("server remove volume", server.id, volume.id)
            yield Addition("volume", volume.id, volume.name or "", why, remove, blocks=False)


def _loosened(listing: Listing, port: Any, server: Any) -> Iterator[Addition]:
    """Addresses that a server may use beside its own, and port security that was turned off."""
    for pair in port.allowed_address_pairs or ():
        words = ",".join(f"{key.replace('_', '-')}={pair[key]}" for key in ("mac_address", "ip_address") if key in pair)
        yield Addition(
            "address pair",
            port.id,
            pair["ip_address"],
            f"on the port of server {server.name}",
            openstack("port unset --allowed-address", words, port.id),
            blocks=False,
            exposes=is_everybody(pair["ip_address"]),
            remove=_without_pair(port.id, pair),
        )
    if not port.is_port_security_enabled and listing.has_port_security:
        why = f"on server {server.name}, port security is off: no security group protects it"
        remove = f"{openstack('port set --enable-port-security', port.id)}, and its security group again"
        yield Addition("port", port.id, port.name, why, remove, blocks=False, exposes=True)


def _without_pair(port_id: str, pair: Mapping[str, str]) -> "Callable[[Connection], object]":
    def remove(cloud: "Connection") -> None:
        now = cloud.network.get_port(port_id).allowed_address_pairs or []
        cloud.network.update_port(port_id, allowed_address_pairs=[one for one in now if one != pair])

    return remove


def on_port(listing: Listing, own: OwnedResources, port: Any) -> Iterator[Addition]:
    """Floating IPs; what is on a server is found there."""
    if port.device_id not in own.of("server"):
        yield from _floating_on(listing, own, port.id, f"on the bay's port {port.name or port.id}, without its mark")


def on_load_balancer(listing: Listing, own: OwnedResources, balancer: Any) -> Iterator[Addition]:
    """Floating IPs on its address, where that is a port of Octavia's."""
    if balancer.vip_port_id and not own.has("port", balancer.vip_port_id):
        why = f"on the bay's load balancer {balancer.name}, without its mark"
        yield from _floating_on(listing, own, balancer.vip_port_id, why)


def _floating_on(listing: Listing, own: OwnedResources, port_id: str, why: str) -> Iterator[Addition]:
    for address in listing.floating_ips_by_port[port_id]:
        if not own.has("floating IP", address.id):
            remove = openstack("floating ip unset --port", address.id)
            name = address.floating_ip_address or address.name
            yield Addition("floating IP", address.id, name, why, remove, blocks=False)


def shared(listing: Listing, own: OwnedResources, thing: Any) -> Iterator[Addition]:
    """Other projects that a resource of Neutron is shared with."""
    for policy in listing.rbac_policies:
        if policy.object_id == thing.id:
            everybody = policy.target_project_id == "*"
            whom = "every project" if everybody else f"project {policy.target_project_id}"
            why = f"shares {policy.object_type.replace('_', ' ')} {thing.name} with {whom}"
            remove = openstack("network rbac delete", policy.id)
            yield Addition("RBAC policy", policy.id, "", why, remove, blocks=False, exposes=everybody)


def _name(thing: Any) -> str:
    return (thing.name or "") if thing else ""


def _addresses(port: Any) -> str:
    return ", ".join(fixed["ip_address"] for fixed in port.fixed_ips or []) or "no address"
