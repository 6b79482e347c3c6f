"""What a bay takes of a project's quotas: counted from its spec, without asking the cloud."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum

from bay.components import firewall_rules
from bay.components.engines import Engine
from bay.components.openstack.resolved import Flavor, ResolvedSpec
from bay.components.spec import BaySpec, role_of
from bay.components.spec.groups import NodeGroup, Volume


class Resource(StrEnum):
    """What quotas limit, in the words of the table that users see."""

    INSTANCES = "instances"
    CORES = "cores"
    RAM = "RAM (MiB)"
    SERVER_GROUPS = "server groups"
    GROUP_MEMBERS = "members of server group"
    """Of each group by itself: see `members_of`."""
    NETWORKS = "networks"
    SUBNETS = "subnets"
    ROUTERS = "routers"
    PORTS = "ports"
    FLOATING_IPS = "floating IPs"
    SECURITY_GROUPS = "security groups"
    RULES = "security group rules"
    VOLUMES = "volumes"
    GIGABYTES = "gigabytes"
    LOAD_BALANCERS = "load balancers"
    LISTENERS = "listeners"
    POOLS = "pools"
    MEMBERS = "pool members"
    MONITORS = "health monitors"


Key = tuple[str, str]
"""Kind and name of a thing, as the state has them: ``("Instance", "physics-node-0")``."""

Things = Mapping[Key, Counter[str]]
"""Everything of a bay that quotas count -> what each takes of them."""

DEFAULT_TYPE = ""
"""In place of the type of a volume that names none: Cinder knows which one that is."""

GROWING = {"Instance": (Resource.CORES, Resource.RAM), "Members": (Resource.MEMBERS,)}
"""Kind -> what a change of a thing that stays may take more of; volumes of servers stay as they were made."""


def members_of(server_group: str) -> str:
    """The resource ``members of server group physics-node``: its limit is for each group."""
    return f"{Resource.GROUP_MEMBERS} {server_group}"


def of_type(resource: Resource, volume_type: str) -> str:
    """The resource ``volumes of type ssd``: Cinder has quotas for each type beside those for all."""
    return f"{resource} of type {volume_type}"


def total(name: str, spec: BaySpec, resolved: ResolvedSpec, engine: Engine) -> dict[str, int]:
    """Resource -> how much a whole bay takes; RAM in MiB, gigabytes in GiB."""
    return remaining(per_resource(name, spec, resolved, engine), (), {})


def remaining(wanted: Things, made: Collection[Key], before: Things) -> dict[str, int]:
    """Resource -> how much more it takes to get from what is `made` to what is `wanted`.

    before: what the spec that made it asked for. Nothing is counted as given back: the new is made before the old goes.
    """
    total: Counter[str] = Counter()
    for key, takes in wanted.items():
        if key not in made:
            total += takes
        elif key in before:
            total += Counter({r: takes[r] - before[key][r] for r in GROWING.get(key[0], ())})
    return dict(total)


def per_resource(name: str, spec: BaySpec, resolved: ResolvedSpec, engine: Engine) -> Things:
    """Everything that a bay is made of and a quota counts, by kind and name."""
    found: dict[Key, Counter[str]] = {}
    for part in (
        _network(name, resolved),
        _firewall(name, spec, resolved, engine),
        _endpoint(name, spec),
        _servers(name, spec, resolved),
    ):
        found.update((key, Counter(takes)) for key, takes in part)
    return found


Part = Iterator[tuple[Key, dict[str, int]]]


def _network(name: str, resolved: ResolvedSpec) -> Part:
    if resolved.network is not None:
        return
    yield ("Network", name), {Resource.NETWORKS: 1}
    yield ("Subnet", name), {Resource.SUBNETS: 1, Resource.PORTS: 1}  # Neutron's own port for DHCP
    yield ("Router", name), {Resource.ROUTERS: 1}
    yield ("RouterInterface", name), {Resource.PORTS: 1}


def _firewall(name: str, spec: BaySpec, resolved: ResolvedSpec, engine: Engine) -> Part:
    for role in firewall_rules.ROLES:
        yield ("SecGroup", f"{name}-{role}"), {Resource.SECURITY_GROUPS: 1}
    cidrs = resolved.network.cidrs if resolved.network else (spec.network.cidr,)
    for rule in firewall_rules.rules(name, engine, spec, cidrs):
        yield ("SecGroupRule", rule.name), {Resource.RULES: 1}


def _endpoint(bay: str, spec: BaySpec) -> Part:
    if spec.endpoint.kind == "masters":
        return
    name = f"{bay}-api"
    yield ("Port", name), {Resource.PORTS: 1}
    if spec.endpoint_floating_ip:
        yield ("FloatingIp", name), {Resource.FLOATING_IPS: 1}
    if spec.endpoint.kind == "load-balancer":
        yield ("LoadBalancer", name), {Resource.LOAD_BALANCERS: 1}
        yield ("Listener", name), {Resource.LISTENERS: 1}
        yield ("Pool", name), {Resource.POOLS: 1}
        yield ("Monitor", name), {Resource.MONITORS: 1}
        yield ("Members", name), {Resource.MEMBERS: spec.masters.count}


def _servers(name: str, spec: BaySpec, resolved: ResolvedSpec) -> Part:
    for group_name, group in spec.groups.items():
        servers = f"{name}-{group_name}"
        role = role_of(group_name)
        own_port = role == "master" or spec.server_floating_ips
        takes = _server(group, resolved.flavors[group.flavor])
        if spec.affinity != "none":
            yield ("ServerGroup", servers), {Resource.SERVER_GROUPS: 1}
            takes[members_of(servers)] = 1
        for server in (f"{servers}-{index}" for index in group.indices):
            yield ("Instance", server), takes if own_port else {**takes, Resource.PORTS: 1}
            if own_port:
                yield ("Port", server), {Resource.PORTS: 1}
            if spec.has_floating_ip(role):
                yield ("FloatingIp", server), {Resource.FLOATING_IPS: 1}
    if spec.masters.state_volume is not None:
        for index in spec.masters.indices:
            yield ("Volume", f"{name}-master-{index}-state"), _volume(spec.masters.state_volume)


def _server(group: NodeGroup, flavor: Flavor) -> dict[str, int]:
    """What each server of a group takes, with the volumes that go with it."""
    takes: Counter[str] = Counter({Resource.INSTANCES: 1, Resource.CORES: flavor.vcpus, Resource.RAM: flavor.ram})
    for volume in (group.boot_volume, group.engine_volume):
        if volume is not None:
            takes.update(_volume(volume))
    return dict(takes)


def _volume(volume: Volume) -> dict[str, int]:
    named = volume.type or DEFAULT_TYPE
    return {
        Resource.VOLUMES: 1,
        Resource.GIGABYTES: volume.size,
        of_type(Resource.VOLUMES, named): 1,
        of_type(Resource.GIGABYTES, named): volume.size,
    }
