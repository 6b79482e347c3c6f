"""What a bay's engine made in the cloud by itself, found by the signs that the engine leaves (`Engine.belongings`)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bay.components.engines.ownership_rules import OwnershipRule
from bay.components.openstack.connection import openstack_errors
from bay.stacks.cloud.cleanup import SHARED_TAG
from bay.stacks.cloud.discovery import CloudObject, size
from bay.stacks.cloud.kinds import KINDS, ResourceKind

if TYPE_CHECKING:
    from openstack.connection import Connection


@dataclass(frozen=True)
class ControllerResource:
    """A thing that an engine signed. why: its words. shared_with: another bay's words in it, where it has some."""

    kind: str
    thing: Any
    why: str
    shared_with: str = ""


def list_controller_resources(
    cloud: "Connection", signs: Sequence[OwnershipRule], bay_id: str
) -> list[ControllerResource]:
    """Everything in the project with one of the signs; what this bay uses of others' load balancers as listeners."""
    found: list[ControllerResource] = []
    with openstack_errors("looking for what the engine created"):
        for kind in KINDS:
            own = [sign for sign in signs if sign.kind == kind.name]
            found += _of_kind(cloud, kind, own, bay_id) if own else []
    tags = [sign for sign in signs if sign.kind == "listener"]
    balancers = {one.thing.id for one in found if one.kind == "load balancer"}
    return [
        _shared(one, tags, bay_id)
        for one in found
        if one.kind != "listener" or not balancers & _balancers_of(one.thing)
    ]


def deletable(found: Iterable[ControllerResource]) -> list[CloudObject]:
    """What of it can be deleted, in an order in which that goes; nothing that another bay uses too."""
    return [item for one in found if not one.shared_with for item in _parts(one)]


def _of_kind(
    cloud: "Connection", kind: ResourceKind, signs: Sequence[OwnershipRule], bay_id: str
) -> list[ControllerResource]:
    found = []
    for thing in _listed(cloud, kind):
        why = next((f"{sign.field}: {words}" for sign in signs if (words := sign.match(thing, bay_id))), "")
        if why:
            found.append(ControllerResource(kind.name, thing, why))
    return found


def _listed(cloud: "Connection", kind: ResourceKind) -> list[Any]:
    """Nothing where this user may not see such things: the engine has a login of the same user, so it made none."""
    from openstack import exceptions

    if kind.list_all is None or not kind.is_offered(cloud):
        return []
    try:
        return list(kind.list_all(cloud))
    except (exceptions.ForbiddenException, exceptions.NotFoundException):
        return []


def _shared(one: ControllerResource, tags: Sequence[OwnershipRule], bay_id: str) -> ControllerResource:
    """Every user of a load balancer or listener puts a tag of its own on it."""
    if one.kind not in ("load balancer", "listener"):
        return one
    other = next((words for sign in tags if (words := sign.match_other(one.thing, bay_id))), "")
    return ControllerResource(one.kind, one.thing, one.why, other)


def _balancers_of(listener: Any) -> set[str]:
    return {balancer["id"] for balancer in listener.load_balancers or []}


def _parts(one: ControllerResource) -> Iterator[CloudObject]:
    """The thing itself; for a listener on another's load balancer also its pool, and the tag that says whose it is."""
    thing = one.thing
    yield CloudObject(one.kind, thing.id, thing.name or "", size(thing), one.why)
    if one.kind != "listener":
        return
    if thing.default_pool_id:
        yield CloudObject("pool", thing.default_pool_id, "", "", f"of listener {thing.name}")
    tag = one.why.partition(": ")[2]
    for balancer_id in sorted(_balancers_of(thing)):
        yield CloudObject(SHARED_TAG, balancer_id, tag, "", "tags of the load balancer that it shares")
