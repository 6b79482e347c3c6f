"""The kinds of resources that a bay can have in OpenStack: all that bay knows of each, in one place.

A new kind is one entry of `KINDS`: it is then listed by its mark, adopted after an interrupted run, waited for,
deleted, counted against its quota and named in plans.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bay.components.quota_demand import Resource
from bay.stacks.cloud import kind_additions as additions
from bay.stacks.cloud import kind_deletes as deletes
from bay.stacks.cloud import kind_lists as lists
from bay.stacks.cloud import kind_matches as matches
from bay.stacks.cloud.kind_additions import Additions
from bay.stacks.cloud.kind_lists import Listing
from bay.stacks.cloud.kind_matches import Match
from bay.stacks.cloud.rules import lets_everybody_in

if TYPE_CHECKING:
    from openstack.connection import Connection

Thing = tuple[str, Any]
"""(name of its kind, the resource as openstacksdk gives it)"""


@dataclass(frozen=True)
class Ready:
    """How the cloud says that it has finished creating a resource. also: other values of the field that will do."""

    field: str
    value: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Quota:
    """resource: in the words of `bay.components.quota_demand`. attribute: of the quota, as openstacksdk calls it."""

    resource: Resource
    attribute: str


@dataclass(frozen=True)
class ResourceKind:
    """One kind of resource.

    name: for people, and in JSON. token: Pulumi's type. service: attribute of openstacksdk's Connection. list_owned:
    those that carry a bay's mark. list_all: those of the project, where the engine's controllers may have created some.
    delete: asks for the end of one, by id; None where it goes by itself. goes_later: the cloud only says that it will
    delete it; what it uses is free once it is gone. patience: seconds to wait for that. is_refused_in_use: the cloud
    says that one is in use by refusing the request as bad. ready: None where one needs no time once it exists.
    is_complete: whether one that exists has all that Pulumi would have given it. matches: whether one is what the
    inputs of an interrupted create asked for; None where it is not adopted. holds_data: somebody's data goes with it.
    additions: what others have put into it or onto it. exposes: whether one lets anybody in.

    Quirks of the OpenStack plugin: unread_outputs, which no cloud knows, as its defaults have them; read_elsewhere:
    input that it never reads from the cloud -> output in which it tells what is there; defaults: inputs that it asks
    for by default, and the program never otherwise.
    """

    name: str
    token: str
    service: str
    list_owned: Callable[[Listing], Iterable[Any]] = lists.none
    delete: Callable[["Connection", str], object] | None = None
    list_all: Callable[["Connection"], Iterable[Any]] | None = None
    goes_later: bool = False
    patience: float = 120.0
    is_refused_in_use: bool = False
    ready: Ready | None = None
    is_complete: Callable[[Any], bool] = lambda _thing: True
    matches: Match | None = None
    quota: Quota | None = None
    holds_data: bool = False
    additions: Additions = lambda _listing, _own, _thing: ()
    exposes: Callable[[Any], bool] = lambda _thing: False
    unread_outputs: Mapping[str, Any] = field(default_factory=dict)
    read_elsewhere: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @property
    def type(self) -> str:
        """Pulumi's type in short: ``LoadBalancer``."""
        return self.token.rpartition(":")[2]

    def is_offered(self, cloud: "Connection") -> bool:
        """Whether the cloud has the service."""
        return bool(cloud.has_service(self.service.replace("_", "-")))


ACTIVE = Ready("status", "ACTIVE")
PROVISIONED = Ready("provisioning_status", "ACTIVE")

KINDS: tuple[ResourceKind, ...] = (
    ResourceKind(
        "server",
        "openstack:compute/instance:Instance",
        "compute",
        lists.servers,
        deletes.server,
        goes_later=True,
        ready=ACTIVE,
        matches=matches.by_name,
        quota=Quota(Resource.INSTANCES, "instances"),
        holds_data=True,
        unread_outputs={"forceDelete": False, "stopBeforeDestroy": False},
        read_elsewhere={"metadata": "allMetadata"},
        defaults={"powerState": "active"},
        additions=additions.on_server,
    ),
    ResourceKind(
        "load balancer",
        "openstack:loadbalancer/loadBalancer:LoadBalancer",
        "load_balancer",
        lambda listing: listing.load_balancers,
        deletes.load_balancer,
        lambda cloud: cloud.load_balancer.load_balancers(),
        goes_later=True,
        patience=600.0,  # Octavia ends what it does with a server of its own, then deletes it
        ready=PROVISIONED,
        matches=matches.by_name,
        quota=Quota(Resource.LOAD_BALANCERS, "load_balancers"),
        additions=additions.on_load_balancer,
    ),
    ResourceKind(
        "health monitor",
        "openstack:loadbalancer/monitor:Monitor",
        "load_balancer",
        lists.health_monitors,
        deletes.of("load_balancer", "delete_health_monitor"),
        ready=PROVISIONED,
        matches=matches.monitor,
        quota=Quota(Resource.MONITORS, "health_monitors"),
    ),
    ResourceKind(
        "pool",
        "openstack:loadbalancer/pool:Pool",
        "load_balancer",
        lambda listing: listing.pools,
        deletes.of("load_balancer", "delete_pool"),
        ready=PROVISIONED,
        matches=matches.pool,
        quota=Quota(Resource.POOLS, "pools"),
    ),
    ResourceKind(
        "listener",
        "openstack:loadbalancer/listener:Listener",
        "load_balancer",
        lists.listeners,
        deletes.of("load_balancer", "delete_listener"),
        lambda cloud: cloud.load_balancer.listeners(),
        ready=PROVISIONED,
        matches=matches.listener,
        quota=Quota(Resource.LISTENERS, "listeners"),
    ),
    ResourceKind(
        "backup",
        "",
        "block_storage",
        delete=deletes.of("block_storage", "delete_backup"),
        list_all=lambda cloud: cloud.block_storage.backups(),
        goes_later=True,
        is_refused_in_use=True,
        holds_data=True,
    ),
    ResourceKind(
        "snapshot",
        "",
        "block_storage",
        delete=deletes.of("block_storage", "delete_snapshot"),
        list_all=lambda cloud: cloud.block_storage.snapshots(),
        goes_later=True,
        is_refused_in_use=True,
        holds_data=True,
    ),
    ResourceKind(
        "volume",
        "openstack:blockstorage/volume:Volume",
        "block_storage",
        lists.volumes,
        deletes.of("block_storage", "delete_volume"),
        lambda cloud: cloud.block_storage.volumes(),
        goes_later=True,
        is_refused_in_use=True,
        ready=Ready("status", "available", ("in-use",)),  # by a server that was created after it
        matches=matches.by_name,
        quota=Quota(Resource.VOLUMES, "volumes"),
        holds_data=True,
        additions=additions.on_volume,
    ),
    ResourceKind(
        "floating IP",
        "openstack:networking/floatingIp:FloatingIp",
        "network",
        lambda listing: listing.marked("ips"),
        deletes.of("network", "delete_ip"),
        lambda cloud: cloud.network.ips(),
        matches=matches.floating_ip,
        quota=Quota(Resource.FLOATING_IPS, "floating_ips"),
    ),
    ResourceKind(
        "port",
        "openstack:networking/port:Port",
        "network",
        lambda listing: listing.marked("ports"),
        deletes.of("network", "delete_port"),
        matches=matches.by_name,
        quota=Quota(Resource.PORTS, "ports"),
        read_elsewhere={"securityGroupIds": "allSecurityGroupIds"},
        additions=additions.on_port,
    ),
    ResourceKind(
        "router interface",
        "openstack:networking/routerInterface:RouterInterface",
        "network",
        lists.router_interfaces,
        deletes.router_interface,
        ready=ACTIVE,
        matches=matches.router_interface,
        unread_outputs={"forceDestroy": False},
    ),
    ResourceKind(
        "router",
        "openstack:networking/router:Router",
        "network",
        lambda listing: listing.routers,
        deletes.of("network", "delete_router"),
        matches=matches.by_name,
        quota=Quota(Resource.ROUTERS, "routers"),
        additions=additions.at_router,
    ),
    ResourceKind(
        "subnet",
        "openstack:networking/subnet:Subnet",
        "network",
        lambda listing: listing.marked("subnets"),
        deletes.of("network", "delete_subnet"),
        matches=matches.by_name,
        quota=Quota(Resource.SUBNETS, "subnets"),
    ),
    ResourceKind(
        "network",
        "openstack:networking/network:Network",
        "network",
        lambda listing: listing.marked("networks"),
        deletes.of("network", "delete_network"),
        matches=matches.by_name,
        quota=Quota(Resource.NETWORKS, "networks"),
        additions=additions.on_network,
    ),
    ResourceKind(
        "rule",
        "openstack:networking/secGroupRule:SecGroupRule",
        "network",
        lambda listing: listing.marked("security_group_rules"),
        deletes.of("network", "delete_security_group_rule"),
        matches=matches.rule,
        quota=Quota(Resource.RULES, "security_group_rules"),
        exposes=lambda rule: lets_everybody_in(rule.to_dict()),
    ),
    ResourceKind(
        "security group",
        "openstack:networking/secGroup:SecGroup",
        "network",
        lambda listing: listing.marked("security_groups"),
        deletes.of("network", "delete_security_group"),
        lambda cloud: cloud.network.security_groups(),
        is_complete=matches.has_only_own_rules,
        matches=matches.by_name,
        quota=Quota(Resource.SECURITY_GROUPS, "security_groups"),
        additions=additions.in_security_group,
    ),
    ResourceKind(
        "server group",
        "openstack:compute/serverGroup:ServerGroup",
        "compute",
        lists.server_groups,
        deletes.of("compute", "delete_server_group"),
        matches=matches.by_name,
        quota=Quota(Resource.SERVER_GROUPS, "server_groups"),
    ),
    ResourceKind(
        "certificate container",
        "openstack:keymanager/containerV1:ContainerV1",
        "key_manager",
        lambda listing: listing.of_barbican("containers"),
        deletes.of("key_manager", "delete_container"),
        # Neither is adopted: Pulumi creates a secret first and puts its content into it afterwards.
    ),
    ResourceKind(
        "secret",
        "openstack:keymanager/secretV1:SecretV1",
        "key_manager",
        lambda listing: listing.of_barbican("secrets"),
        deletes.of("key_manager", "delete_secret"),
    ),
    ResourceKind(
        "application credential",
        "openstack:identity/applicationCredential:ApplicationCredential",
        "identity",
        lists.application_credentials,
        deletes.application_credential,
        # Not adopted: its secret is told only once, so it is created again.
    ),
)
"""Users of a resource come before the resource: in this order they can be deleted.

Without an entry: the members of a pool, which are set all at once, so that setting them again doubles nothing.
"""

ADDRESSES = {"FloatingIp": "address", "Port": "allFixedIps", "Instance": "accessIpV4"}
"""Pulumi's type in short -> the output that holds its address, or addresses: others may have written them down."""


def address_of(type: str, outputs: Mapping[str, Any]) -> str:
    """The address of a resource, or its addresses with a comma between them; empty for what has none."""
    found = outputs.get(ADDRESSES.get(type, "")) or ""
    return ", ".join(map(str, found)) if isinstance(found, list) else str(found)


def kind_named(name: str) -> ResourceKind:
    """The kind that people call so."""
    return next(kind for kind in KINDS if kind.name == name)


def kind_of_token(token: str) -> ResourceKind | None:
    """The kind of a Pulumi type."""
    return next((kind for kind in KINDS if kind.token == token), None) if token else None


def kind_of_type(short: str) -> ResourceKind | None:
    """The kind of Pulumi's type in short, ``LoadBalancer``."""
    return next((kind for kind in KINDS if kind.token and kind.type == short), None)
