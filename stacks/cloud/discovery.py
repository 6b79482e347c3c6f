"""What carries a bay's mark in the cloud, whether its state knows it or not; never found by name."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bay.components.openstack.connection import openstack_errors
from bay.components.ownership import ID_KEY, id_tag, name_tag
from bay.stacks.cloud.kind_lists import Listing
from bay.stacks.cloud.kinds import KINDS, Thing, kind_named

if TYPE_CHECKING:
    from openstack.connection import Connection


@dataclass(frozen=True)
class CloudObject:
    """A resource in the cloud that is the bay's. kind: of `KINDS`. size: for people, as ``10 GiB``. why: by which words
    it is the bay's. exposes: whether it lets anybody in."""

    kind: str
    id: str
    name: str
    size: str = ""
    why: str = ""
    exposes: bool = False

    @classmethod
    def of(cls, thing: Thing) -> "CloudObject":
        """Of a resource that was listed."""
        kind, resource = thing
        return cls(kind, resource.id, resource.name or "", exposes=kind_named(kind).exposes(resource))

    def __str__(self) -> str:
        return f"{self.kind} {self.name or self.id}"


def list_owned(cloud: "Connection", bay: str, bay_id: str) -> Iterator[Thing]:
    """Everything with the mark, in an order in which it can be deleted; nothing for a bay that has no id yet."""
    return things_of(Listing(cloud, bay, bay_id))


def things_of(listing: Listing, types: Collection[str] | None = None) -> Iterator[Thing]:
    """The same by a listing that is the caller's; types: only of kinds whose type Pulumi calls so in short."""
    for kind in KINDS if listing.bay_id else ():
        if (types is None or kind.type in types) and kind.is_offered(listing.cloud):
            yield from ((kind.name, thing) for thing in kind.list_owned(listing))


def list_unrecorded(
    cloud: "Connection", bay: str, bay_id: str, known: Collection[str] = (), types: Collection[str] | None = None
) -> list[CloudObject]:
    """Everything with the mark whose id is not `known`, in an order in which it can be deleted; types: see above."""
    with openstack_errors("looking for resources of the bay"):
        found = things_of(Listing(cloud, bay, bay_id), types)
        return [CloudObject.of(thing) for thing in found if thing[1].id not in known]


def other_bay_of_name(cloud: "Connection", bay: str, own_id: str) -> str:
    """The id of another bay of this project that carries the name, else empty.

    Every bay has security groups, and only project members see them, so they are what is asked for.
    """
    with openstack_errors("looking for a bay of the same name"):
        for group in cloud.network.security_groups(tags=name_tag(bay)):
            mark = next((tag for tag in group.tags if tag.startswith(f"{ID_KEY}=")), "")
            if mark and mark != id_tag(own_id):
                return str(mark.removeprefix(f"{ID_KEY}="))
    return ""


def size(thing: Any) -> str:
    """``10 GiB`` of volumes, snapshots and backups; empty for what has none."""
    gib = getattr(thing, "size", None)
    return f"{gib} GiB" if isinstance(gib, int) else ""
