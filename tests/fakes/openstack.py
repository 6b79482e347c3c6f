"""One project of an OpenStack cloud, in memory: what openstacksdk's Connection gives, with its own resource classes.

A method that openstacksdk does not have, or does not take so, is an error here too.
"""

import inspect
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from types import SimpleNamespace
from typing import Any

from openstack import exceptions
from openstack.block_storage.v3 import _proxy as block_storage
from openstack.block_storage.v3.backup import Backup
from openstack.block_storage.v3.quota_set import QuotaSet
from openstack.block_storage.v3.snapshot import Snapshot
from openstack.block_storage.v3.type import Type
from openstack.block_storage.v3.volume import Volume
from openstack.compute.v2 import _proxy as compute
from openstack.compute.v2.availability_zone import AvailabilityZone
from openstack.compute.v2.flavor import Flavor
from openstack.compute.v2.keypair import Keypair
from openstack.compute.v2.limits import AbsoluteLimits
from openstack.compute.v2.server import Server
from openstack.compute.v2.server_group import ServerGroup
from openstack.identity.v3 import _proxy as identity
from openstack.identity.v3.application_credential import ApplicationCredential
from openstack.image.v2 import _proxy as image
from openstack.image.v2.image import Image
from openstack.load_balancer.v2 import _proxy as load_balancer
from openstack.load_balancer.v2.health_monitor import HealthMonitor
from openstack.load_balancer.v2.listener import Listener
from openstack.load_balancer.v2.load_balancer import LoadBalancer
from openstack.load_balancer.v2.pool import Pool
from openstack.network.v2 import _proxy as network
from openstack.network.v2.extension import Extension
from openstack.network.v2.floating_ip import FloatingIP
from openstack.network.v2.network import Network
from openstack.network.v2.port import Port
from openstack.network.v2.rbac_policy import RBACPolicy
from openstack.network.v2.router import Router
from openstack.network.v2.security_group import SecurityGroup
from openstack.network.v2.security_group_rule import SecurityGroupRule
from openstack.network.v2.subnet import Subnet
from openstack.network.v2.trunk import Trunk

from bay.stacks.state.snapshot import StateSnapshot

PROJECT, USER = "1" * 32, "2" * 32
AUTH_URL, REGION = "https://cloud.example:5000", "RegionOne"

SERVICES: dict[str, Any] = {
    "compute": compute.Proxy,
    "network": network.Proxy,
    "block_storage": block_storage.Proxy,
    "load_balancer": load_balancer.Proxy,
    "image": image.Proxy,
    "identity": identity.Proxy,
}
CLASSES: dict[str, Any] = {
    "server": Server,
    "server_group": ServerGroup,
    "flavor": Flavor,
    "keypair": Keypair,
    "availability_zone": AvailabilityZone,
    "network": Network,
    "subnet": Subnet,
    "port": Port,
    "router": Router,
    "ip": FloatingIP,
    "security_group": SecurityGroup,
    "security_group_rule": SecurityGroupRule,
    "trunk": Trunk,
    "rbac_policy": RBACPolicy,
    "extension": Extension,
    "volume": Volume,
    "snapshot": Snapshot,
    "backup": Backup,
    "type": Type,
    "load_balancer": LoadBalancer,
    "listener": Listener,
    "pool": Pool,
    "health_monitor": HealthMonitor,
    "image": Image,
    "application_credential": ApplicationCredential,
}
"""openstacksdk's word for one -> its class; with an s it is the method that lists them."""

LOOKS = ("find", "get", "preview", "compare", "aside", "rbac")
"""First words of calls that change nothing here, beside lists."""

Answer = Exception | Callable[[], object] | None
Answers = Iterable[Answer]
"""An error that is raised, what happens meanwhile, or nothing."""


class FakeCloud:
    """A connection to one project. services: types of those in its catalog.

    journal: every call that was made, as ``servers name=^demo-`` or ``delete_volume v1``. consoles: server id -> what
    its console log is at each look, or an error; the last stays. compute_limits and the quotas are what these services
    answer. default_type: name or id of Cinder's volume type for volumes that name none. unlisted: id of an image that
    Glance lists only where it is asked for so -> that query. volume_zones: Cinder's.
    """

    def __init__(self, project_id: str = PROJECT, services: Iterable[str] = SERVICES) -> None:
        self.current_project_id, self.current_user_id = project_id, USER
        self.config = SimpleNamespace(auth={"auth_url": f"{AUTH_URL}/v3/"}, region_name=REGION)
        self.services = {service.replace("_", "-") for service in services}
        self.access = SimpleNamespace(project_id=project_id, project_name="physics", role_names=["member", "reader"])
        self.session = SimpleNamespace(auth=SimpleNamespace(get_access=lambda _session: self.access))
        self.things: dict[str, list[Any]] = defaultdict(list)
        self.journal: list[str] = []
        self.consoles: dict[str, list[str | Exception]] = {}
        self.compute_limits = {"instances": 1000, "total_cores": 1000, "total_ram": 400_000, "server_groups": 1000}
        self.compute_limits |= {f"{name}_used": 0 for name in self.compute_limits} | {"server_group_members": 10}
        self.network_quota: dict[str, dict[str, int] | None] = defaultdict(lambda: {"used": 10, "limit": 1000})
        self.volume_quota: dict[str, Any] = {"volumes": 1000, "gigabytes": 1000}
        self.volume_quota |= {"usage": {"volumes": 10, "gigabytes": 10}, "reservation": {}}
        self.balancer_quota: dict[str, int | None] = defaultdict(lambda: 1000)
        self.default_type = ""
        self.unlisted: dict[str, dict[str, Any]] = {}
        self.volume_zones: list[str] = []
        self._answers: dict[str, Iterator[Answer]] = {}
        self._ends: dict[str, Iterator[Answer]] = {}
        self._later: dict[str, dict[str, Any]] = {}

    def __getattr__(self, name: str) -> "Service":
        if name not in SERVICES:
            raise AttributeError(name)
        return Service(self, name)

    def has_service(self, kind: str) -> bool:
        """As openstacksdk: by the type of a service, ``load-balancer``."""
        return kind in self.services

    # What is there

    def add(self, kind: str, id: str, **fields: Any) -> Any:
        """Put a resource into the cloud; fields: as openstacksdk calls them."""
        cls = CLASSES[kind]
        unknown = [field for field in fields if not hasattr(cls, field)]
        assert not unknown, f"openstacksdk knows no {unknown} of a {kind}"
        owner = {"project_id": self.current_project_id} if hasattr(cls, "project_id") else {}
        user = {"user_id": USER} if kind == "application_credential" else {}
        thing = cls.new(**{"id": id, **owner, **user, **fields})
        thing.fetch = lambda *_, **__: self._fetch(thing)
        if hasattr(cls, "replace_metadata"):
            thing.replace_metadata = lambda _session, metadata: self._replace_metadata(kind, thing, metadata)
        self.things[kind].append(thing)
        return thing

    def ids(self, kind: str) -> list[str]:
        """Of those that there are."""
        return [thing.id for thing in self.things[kind]]

    @property
    def deeds(self) -> list[str]:
        """The calls that changed something."""
        return [line for line in self.journal if not _is_look(line)]

    # What goes wrong, or takes its time

    def fail(self, method: str, answers: Answers) -> None:
        """What happens at each call of the method; where it is no error, and when all are used up, it works."""
        self._answers[method] = iter(answers)

    def on_delete(self, id: str, answers: Answers) -> None:
        """What requests for the end of one get; where that is no error, it is accepted and the thing is still there.

        Afterwards it is gone.
        """
        self._ends[id] = iter(answers)

    def becomes(self, thing: Any, **fields: Any) -> None:
        """What it is when it is looked at once more."""
        self._later[thing.id] = fields

    # Of `Service`

    def call(self, service: str, method: str, args: tuple[Any, ...], query: dict[str, Any]) -> Any:
        """What a method of a service answers."""
        said = (f"{key}={value}" for key, value in query.items() if key != "length")  # of a log: how much is no matter
        words = [*(str(getattr(one, "id", one)) for one in args), *said]
        self.journal.append(" ".join([method, *words]))
        happen(next(self._answers.get(method, iter(())), None))
        if (service, method) == ("block_storage", "availability_zones"):
            return iter([SimpleNamespace(name=name) for name in self.volume_zones])
        if hasattr(self, f"_{method}"):
            return getattr(self, f"_{method}")(*args, **query)
        if method.removesuffix("s") in CLASSES:
            kind = method.removesuffix("s")
            return iter(
                [thing for thing in self.things[kind] if all(_fits(kind, thing, *one) for one in query.items())]
            )
        verb, _, kind = method.partition("_")
        return getattr(self, f"_{verb}")(kind, *args, **query)

    def _fetch(self, thing: Any) -> Any:
        for field, value in self._later.pop(thing.id, {}).items():
            setattr(thing, field, value)
        return thing

    def _find(self, kind: str, name_or_id: str, ignore_missing: bool = True) -> Any:
        thing = next((one for one in self.things[kind] if name_or_id in (one.id, one.name)), None)
        if thing is None and not ignore_missing:
            raise exceptions.NotFoundException(f"No {kind} found for {name_or_id}")
        return thing

    def _get(self, kind: str, id: Any) -> Any:
        wanted = getattr(id, "id", id)
        if wanted not in self.ids(kind):
            raise exceptions.NotFoundException(f"No {kind} found for {wanted}")
        return self._find(kind, wanted)

    def _create(self, kind: str, **fields: Any) -> Any:
        return self.add(kind, f"new {fields.get('name', kind)}", **fields)

    def _update(self, kind: str, id: Any, **fields: Any) -> Any:
        thing = self._get(kind, id)
        for field, value in fields.items():
            assert hasattr(type(thing), field), f"openstacksdk knows no {field} of a {kind}"
            setattr(thing, field, value)
        return thing

    def _delete(
        self, kind: str, id: Any, ignore_missing: bool = True, cascade: bool = False, force: bool = False
    ) -> None:
        thing = self._find(kind, getattr(id, "id", id), ignore_missing=ignore_missing)
        if thing is None:
            return
        if thing.id in self._ends:
            for answer in self._ends[thing.id]:
                happen(answer)
                return
            self.things[kind].remove(thing)
            raise exceptions.NotFoundException
        self.things[kind].remove(thing)
        if cascade:
            for part in ("listener", "pool"):
                self.things[part] = [one for one in self.things[part] if {"id": thing.id} not in _balancers(one)]

    def _replace_metadata(self, kind: str, thing: Any, metadata: dict[str, str]) -> None:
        self.journal.append(f"replace_metadata {kind} {thing.id}")
        thing.metadata = metadata

    # Methods that are like no other

    def _images(self, **query: str) -> Iterator[Any]:
        unlisted = {key: query.pop(key) for key in ("is_hidden", "visibility", "member_status") if key in query}
        for thing in self.things["image"]:
            fits = all(_fits("image", thing, *one) for one in query.items())
            if fits and self.unlisted.get(thing.id, {}) == unlisted:
                yield thing

    def _set_tags(self, thing: Any, tags: list[str]) -> Any:
        thing.tags = tags
        return thing

    def _remove_interface_from_router(self, router: str, subnet: str | None = None, port: str | None = None) -> None:
        found = self._get("port", port)
        assert found.device_id == router
        self.things["port"].remove(found)

    def _delete_application_credential(self, user: str, id: str, ignore_missing: bool = True) -> None:
        assert user == USER
        self._delete("application_credential", id, ignore_missing)

    def _application_credentials(self, user: str) -> Iterator[Any]:
        return (one for one in self.things["application_credential"] if one.user_id == user)

    def _get_server_console_output(self, server: str, length: int | None = None) -> dict[str, str]:
        looks = self.consoles.get(server, [""])
        now = looks.pop(0) if len(looks) > 1 else looks[0]
        if isinstance(now, Exception):
            raise now
        return {"output": "".join(now.splitlines(keepends=True)[-length:]) if length else now}

    def _rbac_policies(self, project_id: str) -> Iterator[Any]:
        return (one for one in self.things["rbac_policy"] if one.project_id == project_id)

    def _remove_extra_routes_from_router(self, router: str, body: dict[str, Any]) -> None:
        found = self._get("router", router)
        found.routes = [route for route in found.routes if route not in body["router"]["routes"]]

    def _get_limits(self) -> Any:
        return SimpleNamespace(absolute=AbsoluteLimits.new(**self.compute_limits))

    def _get_type(self, type: str) -> Any:
        return self._find("type", self.default_type if type == "default" else type, ignore_missing=False)

    def _get_quota_set(self, project: str, usage: bool = False) -> Any:
        assert (project, usage) == (self.current_project_id, True)
        return QuotaSet.new(**self.volume_quota)

    def _get_quota(self, project: str, details: bool = False) -> Any:
        """Neutron's with details, Octavia's without."""
        assert project == self.current_project_id
        return _Attributes(self.network_quota if details else self.balancer_quota)


class _Attributes:
    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def __getattr__(self, name: str) -> Any:
        return self.values[name]


class Service:
    """One service of a cloud, with the methods that openstacksdk's proxy has."""

    def __init__(self, cloud: FakeCloud, name: str) -> None:
        self._cloud, self._name = cloud, name

    def __getattr__(self, method: str) -> Any:
        signature = inspect.signature(getattr(SERVICES[self._name], method))

        def call(*args: Any, **query: Any) -> Any:
            signature.bind(None, *args, **query)
            if self._name.replace("_", "-") not in self._cloud.services:
                raise exceptions.ServiceDisabledException(f"{self._name} endpoint for public not found")
            return self._cloud.call(self._name, method, args, query)

        return call


def happen(answer: Answer) -> None:
    """Raise it, or call it."""
    if isinstance(answer, Exception):
        raise answer
    if answer is not None:
        answer()


def _is_look(line: str) -> bool:
    method = line.split(" ")[0]
    return method.split("_")[0] in LOOKS or method.removesuffix("s") in CLASSES


def _fits(kind: str, thing: Any, key: str, value: Any) -> bool:
    """Whether a list that is filtered so has it."""
    if key == "name" and kind == "server":  # Nova takes a pattern
        return re.search(value, thing.name) is not None
    if key == "tags":
        return set(value.split(",")) <= set(thing.tags or ())
    if key in ("loadbalancer_id", "load_balancer_id"):
        return {"id": value} in _balancers(thing)
    assert hasattr(type(thing), key), f"no {kind} has a {key}"
    return bool(getattr(thing, key) == value)


def _balancers(thing: Any) -> list[dict[str, str]]:
    """A pool calls them otherwise than a listener."""
    return (thing.loadbalancers if isinstance(thing, Pool) else thing.load_balancers) or []


def boot(cloud: FakeCloud, state: StateSnapshot, **statuses: str) -> None:
    """Have the servers of a bay, with its mark; they are ACTIVE, or as is said of their group, and ready."""
    for server in state.servers:
        metadata = {"bay:id": state.bay_id, "bay:group": server.group}
        status = statuses.get(server.group, "ACTIVE")
        cloud.add("server", server.id, name=server.name, status=status, metadata=metadata)
        cloud.consoles[server.id] = ["bay: stage=ready node=x\n"]


def ordinary_cloud(**options: Any) -> FakeCloud:
    """With what the built-in models name: an image, flavors, an external network."""
    cloud = FakeCloud(**options)
    for name in ("debian-12-docker", "debian-12-kubernetes", "debian-12-mesos"):
        cloud.add("image", f"id-{name}", name=name, status="active", min_disk=10, min_ram=512, os_distro="debian")
    for name, vcpus, ram, disk in (("m1.small", 1, 2048, 20), ("m1.medium", 2, 4096, 40), ("m1.large", 4, 8192, 80)):
        cloud.add("flavor", f"id-{name}", name=name, vcpus=vcpus, ram=ram, disk=disk)
    cloud.add("network", "id-public", name="public", is_router_external=True)
    return cloud
