"""Asks Neutron for the networks that a spec names, and refuses what these networks cannot do."""

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from bay.components.errors import BayError, nearest
from bay.components.openstack.resolved import ExistingNetwork, Named
from bay.components.spec import BaySpec
from bay.components.spec.site import NetworkSpec
from bay.components.text import join_names

if TYPE_CHECKING:
    from openstack.connection import Connection

SMALLEST_MTU = 1280
"""Bytes of a packet, below which little is left inside the engines' tunnels; what IPv6 asks for (RFC 8200)."""


def find_networks(
    cloud: "Connection", spec: BaySpec, project_id: str, later: Collection[str] = ()
) -> tuple[ExistingNetwork | None, Named | None, tuple[str, ...]]:
    """The existing network and the external one, each None where the bay needs none, and what to be warned of.

    later: names that are not looked up now; what they name is None too.
    """
    every = list(cloud.network.networks())
    existing, warnings = None, tuple[str, ...]()
    if spec.network.existing is not None and not {spec.network.existing, spec.network.subnet} & set(later):
        existing, warnings = _find_existing(cloud, spec, every, project_id)
        _refuse_what_it_cannot(spec, existing)
    floating = spec.endpoint_floating_ip or spec.server_floating_ips
    if (spec.network.existing is not None and not floating) or spec.network.external in later:
        return existing, None, warnings
    external = _pick_external(spec.network, [n for n in every if n.is_router_external])
    if floating:
        _refuse_ambiguous_pool(cloud, external)
    return existing, external, warnings


def _find_existing(
    cloud: "Connection", spec: BaySpec, every: list[Any], project_id: str
) -> tuple[ExistingNetwork, tuple[str, ...]]:
    found = _pick(str(spec.network.existing), every, "network.existing")
    _refuse_unprotected(cloud, found)
    every_subnet = list(cloud.network.subnets(network_id=found.id))
    all_subnets = [s for s in every_subnet if s.ip_version == 4]
    if not all_subnets:
        raise BayError(
            f"network.existing: network {found.name!r} has no subnet of IPv4 that this project sees",
            "choose another network, or ask its owner to share it with its subnet",
        )
    chosen = _chosen(spec, every_subnet, all_subnets)
    subnets = [chosen] if chosen else all_subnets
    _refuse_without_dhcp(spec, subnets)
    ports = cloud.network.ports(network_id=found.id, project_id=project_id)
    network = ExistingNetwork(
        found.id,
        found.name,
        subnet_id=chosen.id if chosen else None,
        cidrs=tuple(sorted(s.cidr for s in subnets)),
        own=found.project_id == project_id,
        routed=any((port.device_owner or "").startswith("network:router_interface") for port in ports),
        pins_subnet=chosen is not None and len(all_subnets) > 1,
    )
    return network, tuple(_warnings(found, subnets))


def _chosen(spec: BaySpec, every: list[Any], all_subnets: list[Any]) -> Any:
    """The subnet that the spec names, None where it names none."""
    wanted = spec.network.subnet
    if wanted is None:
        return None
    if wanted in {word for s in every if s.ip_version == 6 for word in (s.name, s.id)} and not any(
        wanted in (s.name, s.id) for s in all_subnets
    ):
        raise BayError(
            f"network.subnet: subnet {wanted!r} is of IPv6, and servers of a bay reach each other by IPv4",
            f"name a subnet of IPv4: {join_names(sorted(s.name or s.id for s in all_subnets))}",
        )
    return _pick(wanted, all_subnets, "network.subnet", "subnet")


def _refuse_unprotected(cloud: "Connection", network: Any) -> None:
    """Where Neutron would refuse the bay's ports, or none would ever work."""
    # openstacksdk says that it is off, too, where Neutron knows no port security.
    if network.is_port_security_enabled is False and cloud.network.find_extension("port-security"):
        raise BayError(
            f"network.existing: network {network.name!r} has port security off, so no security group holds there",
            "choose another network, or have its owner turn it on: openstack network set --enable-port-security "
            f"{network.id}",
        )
    if network.is_admin_state_up is False:
        raise BayError(
            f"network.existing: network {network.name!r} is administratively down",
            f"choose another network, or have its owner bring it up: openstack network set --enable {network.id}",
        )


def _refuse_without_dhcp(spec: BaySpec, subnets: Sequence[Any]) -> None:
    without = [s for s in subnets if s.is_dhcp_enabled is False]
    if without and not spec.network.external_dhcp:
        named = join_names([s.name or s.id for s in without])
        other = "name another one with --set network.subnet=NAME, " if len(without) < len(subnets) else ""
        raise BayError(
            f"network.existing: subnet {named} has no DHCP, so servers would get no address",
            f"{other}turn it on (openstack subnet set --dhcp {without[0].id}), or, where the site's own DHCP "
            "server answers, --set network.external_dhcp=true",
        )


def _warnings(network: Any, subnets: Sequence[Any]) -> Iterator[str]:
    if len(subnets) > 1:
        yield (
            f"network {network.name} has {len(subnets)} subnets, and Neutron chooses one for each server: they have to "
            "reach each other; network.subnet names one for all"
        )
    without = [s.name or s.id for s in subnets if not s.gateway_ip]
    if without:
        yield (
            f"subnet {join_names(without)} has no gateway: servers reach nothing beyond it, so images of containers "
            "have to come from a registry or proxy inside"
        )
    if network.mtu and network.mtu < SMALLEST_MTU:
        yield f"packets of network {network.name} hold {network.mtu} bytes, and less inside the engine's tunnels"


def _refuse_what_it_cannot(spec: BaySpec, network: ExistingNetwork) -> None:
    if spec.endpoint.kind == "virtual-ip" and not network.own:
        raise BayError(
            f"endpoint.kind: a virtual IP needs a network of this project's own; {network.name} is another's",
            "use --set endpoint.kind=masters: the API answers at every master",
        )
    if (spec.endpoint_floating_ip or spec.server_floating_ips) and not network.routed:
        raise BayError(
            f"floating_ips: network {network.name} has no router of this project, so floating IPs cannot reach it",
            "use --set floating_ips=none",
        )


def _pick_external(spec: NetworkSpec, external: list[Any]) -> Named:
    names = sorted(n.name for n in external)
    if spec.external is not None:
        found = _pick(spec.external, external, "network.external", "external network")
        return Named(found.id, found.name)
    if len(external) != 1:
        raise BayError(
            f"network.external: the cloud has {len(external)} external networks",
            f"use --set network.external=NAME ({', '.join(names)})"
            if external
            else "use --set network.existing=NAME to use a network without router",
        )
    return Named(external[0].id, external[0].name)


def _refuse_ambiguous_pool(cloud: "Connection", external: Named) -> None:
    """The plugin asks for floating IPs by the network's name, and takes the first network, of any kind, that has it."""
    same = list(cloud.network.networks(name=external.name))
    if same and same[0].id != external.id:
        raise BayError(
            f"network.external: {len(same)} networks are called {external.name!r}, and floating IPs can only be "
            "asked for by name",
            f"have one of {join_names([n.id for n in same])} renamed, or use --set floating_ips=none",
        )


def _pick(wanted: str, things: list[Any], field: str, kind: str = "network") -> Any:
    matches = [n for n in things if wanted == n.id] or [n for n in things if wanted == n.name]
    if not matches:
        raise BayError(f"{field}: there is no {kind} {wanted!r}", nearest(wanted, [n.name for n in things]))
    if len(matches) > 1:
        raise BayError(f"{field}: {len(matches)} {kind}s are called {wanted!r}", f"give the id: {_choices(matches)}")
    return matches[0]


def _choices(things: Sequence[Any]) -> str:
    """``1a2b (10.0.0.0/24), 3c4d (10.0.1.0/24)``; of networks the ids alone."""
    words = [f"{n.id} ({n.cidr})" if getattr(n, "cidr", None) else n.id for n in things]
    return ", ".join(words[:4]) + (", ..." if len(words) > 4 else "")
