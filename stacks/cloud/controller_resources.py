"""What a bay's engine made in the cloud by itself, found by the signs that the engine leaves (`Engine.belongings`)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bay.components.engines.ownership_rules import Belonging
from bay.components.openstack.connection import explained
from bay.stacks.cloud.cleanup import Leftover

if TYPE_CHECKING:
    from openstack.connection import Connection

LISTED: dict[str, tuple[str, Callable[[Any], Iterable[Any]]]] = {
    "floating IP": ("network", lambda cloud: cloud.network.ips()),
    "load balancer": ("load-balancer", lambda cloud: cloud.load_balancer.load_balancers()),
    "listener": ("load-balancer", lambda cloud: cloud.load_balancer.listeners()),
    "security group": ("network", lambda cloud: cloud.network.security_groups()),
    "backup": ("block-storage", lambda cloud: cloud.block_storage.backups()),
    "snapshot": ("block-storage", lambda cloud: cloud.block_storage.snapshots()),
    "volume": ("block-storage", lambda cloud: cloud.block_storage.volumes()),
}
"""Kind -> service, and how things of the kind are listed; users of a thing come before the thing."""


@dataclass(frozen=True)
class Signed:
    """A thing that an engine signed. why: its words. shared_with: another bay's words in it, where it has some."""

    kind: str
    thing: Any
    why: str
    shared_with: str = ""


def signed(cloud: "Connection", signs: Sequence[Belonging], bay_id: str) -> list[Signed]:
    """Everything in the project with one of the signs; what this bay uses of others' load balancers as listeners."""
    found: list[Signed] = []
    with explained("looking for what the engine made"):
        for kind in LISTED:
            own = [sign for sign in signs if sign.kind == kind]
            found += _of_kind(cloud, kind, own, bay_id) if own else []
    tags = [sign for sign in signs if sign.kind == "listener"]
    balancers = {one.thing.id for one in found if one.kind == "load balancer"}
    return [
        _shared(one, tags, bay_id)
        for one in found
        if one.kind != "listener" or not balancers & _balancers_of(one.thing)
    ]


def leftovers(found: Iterable[Signed]) -> list[Leftover]:
    """What of it can be deleted, in an order in which that goes; nothing that another bay uses too."""
    return [item for one in found if not one.shared_with for item in _parts(one)]


def _of_kind(cloud: "Connection", kind: str, signs: Sequence[Belonging], bay_id: str) -> list[Signed]:
    found = []
    for thing in _listed(cloud, kind):
        why = next((f"{sign.field}: {words}" for sign in signs if (words := sign.signature(thing, bay_id))), "")
        if why:
            found.append(Signed(kind, thing, why))
    return found


def _listed(cloud: "Connection", kind: str) -> list[Any]:
    """Nothing where this user may not see such things: the engine has a login of the same user, so it made none."""
    from openstack import exceptions

    service, listed = LISTED[kind]
    if not cloud.has_service(service):
        return []
    try:
        return list(listed(cloud))
    except (exceptions.ForbiddenException, exceptions.NotFoundException):
        return []


def _shared(one: Signed, tags: Sequence[Belonging], bay_id: str) -> Signed:
    """Every user of a load balancer or listener puts a tag of its own on it."""
    if one.kind not in ("load balancer", "listener"):
        return one
    other = next((words for sign in tags if (words := sign.foreign(one.thing, bay_id))), "")
    return Signed(one.kind, one.thing, one.why, other)


def _balancers_of(listener: Any) -> set[str]:
    return {balancer["id"] for balancer in listener.load_balancers or []}


def _parts(one: Signed) -> Iterator[Leftover]:
    """The thing itself; for a listener on another's load balancer also its pool, and the tag that says whose it is."""
    thing = one.thing
    yield Leftover(one.kind, thing.id, thing.name or "", size(thing), one.why)
    if one.kind != "listener":
        return
    if thing.default_pool_id:
        yield Leftover("pool", thing.default_pool_id, "", "", f"of listener {thing.name}")
    tag = one.why.partition(": ")[2]
    for balancer_id in sorted(_balancers_of(thing)):
        yield Leftover("tag of load balancer", balancer_id, tag, "", "tags of the load balancer that it shares")


def size(thing: Any) -> str:
    """``10 GiB`` of volumes, snapshots and backups; empty for what has none."""
    gib = getattr(thing, "size", None)
    return f"{gib} GiB" if isinstance(gib, int) else ""
