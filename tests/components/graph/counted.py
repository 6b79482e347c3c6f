"""What a recorded graph takes of each quota, counted from its resources.

`bay.components.quota_demand` has to say the same.
"""

from collections import Counter
from dataclasses import replace
from typing import Any

from bay.components.engines import ENGINES
from bay.components.openstack.resolved import Flavor, ResolvedSpec
from bay.components.quota_demand import Resource, Things, members_of, of_type, per_resource, total
from bay.components.spec import BaySpec
from tests.components.graph.conftest import place_for
from tests.components.graph.recorder import Graph

UNLIMITED = {"ApplicationCredential", "ContainerV1", "SecretV1"}
"""Kinds that no quota of these counts."""

ONE_OF = {
    "ServerGroup": Resource.SERVER_GROUPS,
    "Network": Resource.NETWORKS,
    "Subnet": Resource.SUBNETS,
    "Router": Resource.ROUTERS,
    "FloatingIp": Resource.FLOATING_IPS,
    "SecGroup": Resource.SECURITY_GROUPS,
    "SecGroupRule": Resource.RULES,
    "LoadBalancer": Resource.LOAD_BALANCERS,
    "Listener": Resource.LISTENERS,
    "Pool": Resource.POOLS,
    "Monitor": Resource.MONITORS,
    "Instance": Resource.INSTANCES,
    "Port": Resource.PORTS,
    "RouterInterface": Resource.PORTS,
    "Volume": Resource.VOLUMES,
}


def place_of(spec: BaySpec) -> ResolvedSpec:
    """A cloud on which no two flavors are of the same size."""
    place = place_for(spec)
    sizes = {name: 2**place for place, name in enumerate(sorted(place.flavors), start=1)}
    flavors = {name: Flavor(f.id, name, sizes[name], 1000 * sizes[name]) for name, f in place.flavors.items()}
    return replace(place, flavors=flavors)


def counted(spec: BaySpec) -> Things:
    """What `things` counts of a bay called demo."""
    return per_resource("demo", spec, place_of(spec), ENGINES[spec.coe])


def contained(graph: Graph, flavors: dict[str, Flavor]) -> Counter[str]:
    """What a recorded graph takes of each quota."""
    total: Counter[str] = Counter()
    sizes = {flavor.id: flavor for flavor in flavors.values()}
    for resource in graph.resources.values():
        if not resource.type.startswith("openstack:") or resource.kind in UNLIMITED:
            continue
        if resource.kind == "Members":
            total[Resource.MEMBERS] += len(resource.inputs["members"])
        else:
            total[ONE_OF[resource.kind]] += 1
        if resource.kind == "Subnet":
            total[Resource.PORTS] += 1  # Neutron's own, for DHCP
        if resource.kind == "Instance":
            flavor = sizes[resource.inputs["flavorId"]]
            total += Counter({Resource.CORES: flavor.vcpus, Resource.RAM: flavor.ram})
            total[Resource.PORTS] += sum("uuid" in network for network in resource.inputs["networks"])
            hints = resource.inputs.get("schedulerHints", [])
            total += Counter(members_of(h["group"].removeprefix("<id of ServerGroup ")[:-1]) for h in hints)
        total += volumes(resource.kind, resource.inputs)
    return total


def volumes(kind: str, inputs: dict[str, Any]) -> Counter[str]:
    """Volumes that are made by themselves, or by Nova with a server; the first counts as a thing already."""
    total: Counter[str] = Counter()
    new = [d for d in inputs.get("blockDevices", []) if d["destinationType"] == "volume" and "volumeSize" in d]
    sizes = [(disk["volumeSize"], disk.get("volumeType", "")) for disk in new]
    if kind == "Volume":
        sizes = [(inputs["size"], inputs.get("volumeType", ""))]
    else:
        total[Resource.VOLUMES] += len(sizes)
    for size, named in sizes:
        total[Resource.GIGABYTES] += size
        total[of_type(Resource.VOLUMES, named)] += 1
        total[of_type(Resource.GIGABYTES, named)] += size
    return total


def check_needs(graph: Graph) -> None:
    """What `needs` counts from the graph's spec is what the graph contains, kind by kind and name by name."""
    place = place_of(graph.spec)
    expected = {resource: count for resource, count in contained(graph, place.flavors).items() if count}
    assert total("demo", graph.spec, place, ENGINES[graph.spec.coe]) == expected
    made = {(r.kind, r.name) for r in graph.resources.values() if r.type.startswith("openstack:")}
    assert set(counted(graph.spec)) == {key for key in made if key[0] not in UNLIMITED}
