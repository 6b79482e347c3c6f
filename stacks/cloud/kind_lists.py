"""How the resources of each kind are listed that carry a bay's mark."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from bay.components.answer_cache import AnswerCache
from bay.components.openstack.barbican import Entry, list_entries
from bay.components.ownership import ID_KEY, id_tag

if TYPE_CHECKING:
    from openstack.connection import Connection

SOFT_DELETED = "SOFT_DELETED"
"""Nova's status of a server that it deletes later, for good (`reclaim_instance_interval`)."""

INTERFACE_OWNERS = (
    "network:router_interface",
    "network:router_interface_distributed",
    "network:ha_router_replicated_interface",
)
"""Device owners that Neutron gives to the ports of plain, distributed and highly available routers."""


ProjectLists = AnswerCache[list[Any]]
"""Lists of what a whole project has: looks at many bays need the same ones."""


@dataclass
class Listing:
    """One look at what a bay has; what several kinds need is asked for once.

    is_whole: whether all of the project's networking is listed, for who wants to know what else is there; else the
    cloud is asked for what carries the mark only. known: ids that are the bay's though somebody took the mark from
    them; of these only what is listed anyway is found. lists: of the whole project, perhaps shared with other looks.
    """

    cloud: "Connection"
    bay: str
    bay_id: str
    is_whole: bool = False
    known: frozenset[str] = frozenset()
    lists: ProjectLists = field(default_factory=AnswerCache)

    @property
    def tag(self) -> str:
        """The bay's mark, as it stands in descriptions and tags."""
        return id_tag(self.bay_id)

    def of_project(self, what: str) -> list[Any]:
        """Neutron resources of the project. what: method of openstacksdk that lists them: ``ports``."""
        list_all = getattr(self.cloud.network, what)
        return self.lists.get(what, lambda: list(list_all(project_id=self.cloud.current_project_id)))

    def marked(self, what: str) -> list[Any]:
        """Those with the bay's mark."""
        if self.is_whole:
            return [thing for thing in self.of_project(what) if thing.description == self.tag or thing.id in self.known]
        return list(getattr(self.cloud.network, what)(description=self.tag))

    @cached_property
    def routers(self) -> list[Any]:
        """Routers with the mark."""
        return self.marked("routers")

    def ports_of(self, device_id: str) -> list[Any]:
        """Ports of a router or server."""
        if self.is_whole:
            return self._ports_by_device[device_id]
        return list(self.cloud.network.ports(device_id=device_id))

    @cached_property
    def _ports_by_device(self) -> Mapping[str, list[Any]]:
        found: dict[str, list[Any]] = defaultdict(list)
        for port in self.of_project("ports"):
            found[port.device_id].append(port)
        return found

    @cached_property
    def floating_ips_by_port(self) -> Mapping[str, list[Any]]:
        """Of the project: empty for a port without any."""
        found: dict[str, list[Any]] = defaultdict(list)
        for address in self.of_project("ips"):
            found[address.port_id].append(address)
        return found

    @cached_property
    def volumes_by_server(self) -> Mapping[str, list[Any]]:
        """Of the project: empty for a server without any."""
        found: dict[str, list[Any]] = defaultdict(list)
        for volume in self.project_volumes:
            for server in {attachment["server_id"] for attachment in volume.attachments or []}:
                found[server].append(volume)
        return found

    @cached_property
    def project_volumes(self) -> list[Any]:
        """All of the project: Cinder looks for no metadata."""
        return self._stored("volumes")

    @cached_property
    def project_snapshots(self) -> list[Any]:
        """All of the project."""
        return self._stored("snapshots")

    def _stored(self, what: str) -> list[Any]:
        if not self.cloud.has_service("block-storage"):
            return []
        list_all = getattr(self.cloud.block_storage, what)
        return self.lists.get(what, lambda: list(list_all()))

    @cached_property
    def rbac_policies(self) -> list[Any]:
        """By which the project shares networks and security groups with others; none where Neutron knows no such."""
        from openstack import exceptions

        try:
            return self.of_project("rbac_policies")
        except (exceptions.NotFoundException, exceptions.ForbiddenException):
            return []

    @cached_property
    def has_port_security(self) -> bool:
        """Whether Neutron knows of it; openstacksdk says that it is off where it is not known."""
        return self.cloud.network.find_extension("port-security") is not None

    def of_barbican(self, what: Literal["secrets", "containers"]) -> list[Entry]:
        """Those with the mark, which is the end of their name; all of the project are listed.

        None where this login may not see them: with the same role nobody has created any.
        """
        found = self.lists.get(what, lambda: _visible(self.cloud, what))
        return [one for one in found if one.name.endswith(f".{self.bay_id}")]

    @cached_property
    def load_balancers(self) -> list[Any]:
        """Load balancers with the mark. Their parts go with them; but a state may know one and not all of its parts."""
        return list(self.cloud.load_balancer.load_balancers(description=self.tag))

    @cached_property
    def pools(self) -> list[Any]:
        """Pools of these load balancers."""
        octavia = self.cloud.load_balancer
        return [pool for balancer in self.load_balancers for pool in octavia.pools(loadbalancer_id=balancer.id)]


def _visible(cloud: "Connection", what: Literal["secrets", "containers"]) -> list[Entry]:
    from openstack.exceptions import ForbiddenException

    try:
        return list(list_entries(cloud, what))
    except ForbiddenException:
        return []


def none(_listing: Listing) -> Iterable[Any]:
    """Of kinds that a bay itself never has."""
    return ()


def servers(listing: Listing) -> Iterable[Any]:
    """With the volumes that Nova made for them, which carry no mark and go with their server."""
    found = {server.id: server for server in listing.cloud.compute.servers(name=f"^{listing.bay}-")}
    if listing.is_whole:
        found |= {server.id: server for server in _unlisted_servers(listing, found)}
    return (
        server
        for server in found.values()
        if (server.metadata or {}).get(ID_KEY) == listing.bay_id or server.id in listing.known
    )


def _unlisted_servers(listing: Listing, listed: Collection[str]) -> Iterator[Any]:
    """Servers that Nova was told to delete and keeps for a while (SOFT_DELETED), with their ports.

    It lists them to administrators only; but their ports are in the bay's security groups.
    """
    groups = {group.id for group in listing.marked("security_groups")}
    for port in listing.of_project("ports"):
        of_server = (port.device_owner or "").startswith("compute:") and port.device_id not in listed
        if of_server and groups & set(port.security_group_ids or ()):
            server = listing.cloud.compute.find_server(port.device_id)
            if server and server.status == SOFT_DELETED:
                yield server


def volumes(listing: Listing) -> Iterable[Any]:
    """By their metadata."""
    found = listing.project_volumes
    return (one for one in found if (one.metadata or {}).get(ID_KEY) == listing.bay_id or one.id in listing.known)


def listeners(listing: Listing) -> Iterable[Any]:
    """Of the bay's load balancers."""
    octavia = listing.cloud.load_balancer
    return (one for balancer in listing.load_balancers for one in octavia.listeners(load_balancer_id=balancer.id))


def health_monitors(listing: Listing) -> Iterable[Any]:
    """Of the pools of the bay's load balancers."""
    octavia = listing.cloud.load_balancer
    return (octavia.get_health_monitor(pool.health_monitor_id) for pool in listing.pools if pool.health_monitor_id)


def router_interfaces(listing: Listing) -> Iterable[Any]:
    """Ports of the bay's routers on the networks they serve: they carry no mark, but belong to one that does."""
    for router in listing.routers:
        yield from (port for port in listing.ports_of(router.id) if port.device_owner in INTERFACE_OWNERS)


def server_groups(listing: Listing) -> Iterable[Any]:
    """The mark is part of their name."""
    return (group for group in listing.cloud.compute.server_groups() if group.name.endswith(f".{listing.bay_id}"))


def application_credentials(listing: Listing) -> Iterable[Any]:
    """Of the user who asks: nobody sees another's."""
    identity: Any = listing.cloud.identity  # openstacksdk says it may be version 2, which has none
    found = identity.application_credentials(user=listing.cloud.current_user_id)
    return (credential for credential in found if credential.description == listing.tag)
