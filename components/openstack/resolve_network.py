"""Asks Neutron for the networks that a spec names, and refuses what these networks cannot do."""

from typing import TYPE_CHECKING, Any

from bay.components.errors import BayError, nearest
from bay.components.openstack.resolved import ExistingNetwork, Named
from bay.components.spec import BaySpec
from bay.components.spec.site import NetworkSpec

if TYPE_CHECKING:
    from openstack.connection import Connection


def find_networks(cloud: "Connection", spec: BaySpec, project_id: str) -> tuple[ExistingNetwork | None, Named | None]:
    """The existing network and the external one, each None where the bay needs none."""
    every = list(cloud.network.networks())
    existing = _find_existing(cloud, spec, every, project_id) if spec.network.existing is not None else None
    if existing is not None:
        _refuse_what_it_cannot(spec, existing)
    floating = spec.endpoint_floating_ip or spec.server_floating_ips
    if existing is not None and not floating:
        return existing, None
    return existing, _pick_external(spec.network, [n for n in every if n.is_router_external])


def _find_existing(cloud: "Connection", spec: BaySpec, every: list[Any], project_id: str) -> ExistingNetwork:
    found = _pick(str(spec.network.existing), every, "network.existing")
    subnets = [s for s in cloud.network.subnets(network_id=found.id) if s.ip_version == 4]
    if not subnets:
        raise BayError(
            f"network.existing: network {found.name!r} has no subnet of IPv4 that this project sees",
            "choose another network, or ask its owner to share it with its subnet",
        )
    chosen = None
    if spec.network.subnet is not None:
        chosen = _pick(spec.network.subnet, subnets, "network.subnet", "subnet")
        subnets = [chosen]
    ports = cloud.network.ports(network_id=found.id, project_id=project_id)
    return ExistingNetwork(
        found.id,
        found.name,
        subnet_id=chosen.id if chosen else None,
        cidrs=tuple(sorted(s.cidr for s in subnets)),
        own=found.project_id == project_id,
        routed=any((port.device_owner or "").startswith("network:router_interface") for port in ports),
    )


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


def _pick(wanted: str, things: list[Any], field: str, kind: str = "network") -> Any:
    matches = [n for n in things if wanted in (n.name, n.id)]
    if not matches:
        raise BayError(f"{field}: there is no {kind} {wanted!r}", nearest(wanted, [n.name for n in things]))
    if len(matches) > 1:
        raise BayError(f"{field}: {len(matches)} {kind}s are called {wanted!r}", f"give the id: openstack {kind} list")
    return matches[0]
