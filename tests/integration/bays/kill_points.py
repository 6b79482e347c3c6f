"""The campaign: every stage of a bay's life, and the requests at which it is killed on the way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from tests.integration.bays.kills import Point, Victim
from tests.integration.bays.relay import Request


@dataclass(frozen=True)
class Stage:
    """One command, killed at each point in turn, then left to end. words: of the command, ``NAME`` the bay's."""

    title: str
    words: tuple[str, ...]
    points: tuple[Point, ...]

    def later(self, place: int) -> frozenset[Request]:
        """What has to wait until the point of this place: the requests of the points that come after it."""
        following = {point.request for point in self.points[place:]}
        return frozenset(following - {self.points[place].request})


@dataclass(frozen=True)
class Life:
    """A bay from create to delete."""

    name: str
    about: str
    stages: tuple[Stage, ...]

    @property
    def points(self) -> Iterator[tuple[Stage, Point]]:
        """Every point with its stage, in order."""
        return ((stage, point) for stage in self.stages for point in stage.points)


def around(operation: str, *kinds: str) -> tuple[Point, ...]:
    """Everything killed before and after the request, for each type."""
    return tuple(Point((operation, kind), when) for kind, when in product(kinds, ("before", "after")))


def after(operation: str, kind: str, victim: Victim) -> Point:
    """One process killed when the cloud has done it and the plugin does not know yet."""
    return Point((operation, kind), "after", victim)


CREATED = (
    *("ApplicationCredential", "ServerGroup", "Network", "SecGroup", "Volume", "Router", "SecGroupRule", "Subnet"),
    *("RouterInterface", "Port", "FloatingIp", "LoadBalancer", "Listener", "Pool", "Monitor"),
)
"""Types in an order in which they can be created one after the other; members of the pool and servers come then."""

DELETED_LAST = (
    *("Port", "RouterInterface", "SecGroupRule", "Subnet", "Router", "Volume", "SecGroup", "Network"),
    "ServerGroup",
)
"""Types in an order in which they can be deleted, once servers and endpoint are gone.

Pulumi deletes level by level, and begins with none before all of the last are gone.
"""

CREATE = ("create", "NAME", "--file", "SPEC", "--no-wait")
DELETE = ("delete", "NAME", "--yes")

NEW = Life(
    "new",
    "Kubernetes with load balancer, floating IPs for all, volumes of each sort and its own login, while it is created",
    (
        Stage(
            "create",
            CREATE,
            (*around("create", *CREATED), *around("update", "Members"), *around("create", "Instance")),
        ),
        Stage("scale to 2", ("scale", "NAME", "2", "--no-wait"), around("create", "Port", "FloatingIp", "Instance")),
        Stage("delete", DELETE, ()),
    ),
)

CHANGED = Life(
    "changed",
    "the same, while it is updated and scaled down",
    (
        Stage("create", CREATE, ()),
        Stage(
            "open the API",
            ("update", "NAME", "--set", "access.api=[192.0.2.0/24]", "--no-wait"),
            (*around("create", "SecGroupRule"), *around("update", "Listener")),
        ),
        Stage(
            "close the API",
            ("update", "NAME", "--set", "access.api=[]", "--no-wait"),
            (*around("update", "Listener"), *around("delete", "SecGroupRule")),
        ),
        Stage(
            "scale to 0",
            ("scale", "NAME", "0", "--allow", "batch", "--yes"),
            around("delete", "Instance", "FloatingIp", "Port"),
        ),
        Stage("delete", DELETE, ()),
    ),
)

DELETED = Life(
    "deleted",
    "the same, while its servers, its login and its endpoint are deleted",
    (
        Stage("create", CREATE, ()),
        Stage(
            "delete",
            DELETE,
            (
                *around("delete", "Instance", "ApplicationCredential"),
                *around("update", "Members"),
                *around("delete", "Monitor", "Pool", "Listener", "LoadBalancer", "FloatingIp"),
            ),
        ),
    ),
)

GONE = Life(
    "gone",
    "the same, while its network, its volumes and its security groups are deleted",
    (
        Stage("create", CREATE, ()),
        Stage("delete", DELETE, around("delete", *DELETED_LAST)),
    ),
)

SHARED = Life(
    "shared",
    "Swarm of three masters with a virtual IP; one process is killed, and the others live on",
    (
        Stage(
            "create",
            CREATE,
            (
                after("create", "Network", "pulumi"),
                after("create", "SecGroupRule", "plugin"),
                after("create", "Port", "bay"),
                after("create", "Instance", "pulumi"),
            ),
        ),
        Stage("scale to 2", ("scale", "NAME", "2", "--no-wait"), (after("create", "Instance", "plugin"),)),
        Stage("scale to 3", ("scale", "NAME", "3", "--no-wait"), (after("create", "Instance", "bay"),)),
        Stage("scale to 2 again", ("scale", "NAME", "2", "--yes"), (after("delete", "Instance", "pulumi"),)),
        Stage("scale to 1", ("scale", "NAME", "1", "--yes"), (after("delete", "Instance", "plugin"),)),
        Stage(
            "delete",
            DELETE,
            (
                after("delete", "Instance", "pulumi"),
                after("delete", "Port", "plugin"),
                after("delete", "SecGroupRule", "pulumi"),
                after("delete", "Network", "bay"),
            ),
        ),
    ),
)

QUICK = Life(
    "quick",
    "the smallest bay, of Mesos, for every test run",
    (
        Stage(
            "create",
            CREATE,
            (
                *around("create", "Network"),
                Point(("create", "RouterInterface"), "after"),
                after("create", "Port", "pulumi"),
                Point(("create", "Instance"), "before"),
                Point(("create", "Instance"), "after"),
            ),
        ),
        Stage("scale to 1", ("scale", "NAME", "1", "--no-wait"), (after("create", "Instance", "plugin"),)),
        Stage(
            "delete",
            DELETE,
            (*around("delete", "Instance"), Point(("delete", "RouterInterface"), "after")),
        ),
    ),
)

WIDE: dict[str, object] = {
    "model": "kubernetes",
    "masters": {"flavor": "m1.small", "boot_volume": 20, "engine_volume": 10, "state_volume": {"size": 5}},
    "nodes": {"count": 1},
    "endpoint": {"kind": "load-balancer"},
    "floating_ips": "all",
    "options": {"cloud_provider": True, "volume_driver": "cinder"},
}

SPECS: dict[str, dict[str, object]] = {
    "new": WIDE,
    "changed": WIDE,
    "deleted": WIDE,
    "gone": WIDE,
    "shared": {
        "model": "swarm",
        "masters": {"count": 3},
        "nodes": {"count": 1},
        "endpoint": {"kind": "virtual-ip"},
        "floating_ips": "none",  # where there are any, a delete that fails releases them, and tries once more by itself
    },
    "quick": {"model": "mesos", "nodes": {"count": 0}},
    "renewed": {"model": "swarm", "masters": {"state_volume": 1}, "nodes": {"count": 1}},
}
"""Name of a life, and of its bay -> what the bay is to be."""

CAMPAIGN: Sequence[Life] = (NEW, CHANGED, DELETED, GONE, SHARED)
