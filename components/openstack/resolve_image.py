"""Asks Glance for the images that a spec names, and says why one cannot be used before anything is created."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from bay.components.errors import BayError, nearest
from bay.components.openstack.resolved import GlanceImage

if TYPE_CHECKING:
    from openstack.connection import Connection

ACTIVE = "active"

STATUSES = {
    "queued": ("has no data yet", "upload its data, or choose another image"),
    "saving": ("is still being uploaded", "wait until it is active: openstack image show {id}"),
    "uploading": ("is still being uploaded", "wait until it is active: openstack image show {id}"),
    "importing": ("is still being imported", "wait until it is active: openstack image show {id}"),
    "deactivated": ("was deactivated by an administrator", "ask them why, or choose another image"),
    "killed": ("lost its upload half-way", "upload it again, or choose another image"),
    "deleted": ("is deleted", "choose another image"),
    "pending_delete": ("is deleted", "choose another image"),
}
"""Glance's statuses beside active -> (why no server can use it, what to do)."""

UNLISTED = (
    ({"is_hidden": True}, "is hidden: its owner has replaced it", "choose another image, or give its id: {id}"),
    (
        {"visibility": "shared", "member_status": "pending"},
        "is shared with this project, which has not accepted it",
        "openstack image set --accept {id}, or give its id",
    ),
    (
        {"visibility": "shared", "member_status": "rejected"},
        "is shared with this project, which has rejected it",
        "openstack image set --accept {id}, or choose another image",
    ),
    (
        {"visibility": "community"},
        "is a community image, and anybody may give one this name",
        "see whose it is (openstack image show {id}), then give its id",
    ),
)
"""(query, why a list has it not, what to do): images that can be used by id, and by nobody's mistake by name."""


def find_images(cloud: "Connection", wanted: Iterable[str], os_distro: str | None = None) -> dict[str, GlanceImage]:
    """By the name or id that the spec uses; os_distro: for those that do not say it themselves."""
    return {name: _described(_find_image(cloud, name), os_distro) for name in sorted(wanted)}


def _described(image: Any, os_distro: str | None) -> GlanceImage:
    distro = image.os_distro or os_distro or ""
    return GlanceImage(image.id, image.name or image.id, image.min_disk or 0, image.min_ram or 0, distro)


def _find_image(cloud: "Connection", wanted: str) -> Any:
    named = list(cloud.image.images(name=wanted))
    active = [image for image in named if image.status == ACTIVE]  # an old one may be deactivated, not deleted
    if len(active) > 1:
        raise _ambiguous(wanted, active)
    if active:
        return active[0]
    by_id = _by_id(cloud, wanted)
    if by_id is not None and by_id.status == ACTIVE:
        return by_id
    raise _unusable(cloud, wanted, [*named, *([by_id] if by_id is not None else [])])


def _by_id(cloud: "Connection", wanted: str) -> Any:
    """Whatever its visibility; None where it is no id, or that of an image of others."""
    from openstack import exceptions

    try:
        return cloud.image.get_image(wanted)
    except (exceptions.NotFoundException, exceptions.BadRequestException, exceptions.ForbiddenException):
        return None


def _unusable(cloud: "Connection", wanted: str, found: Sequence[Any]) -> BayError:
    if found:
        image = found[0]
        why, remedy = STATUSES.get(image.status, (f"is {image.status}", "choose another image"))
        return BayError(f"image: {wanted!r} {why} (status {image.status})", remedy.format(id=image.id))
    for query, why, remedy in UNLISTED:
        unlisted = [image for image in cloud.image.images(name=wanted, **query) if image.status == ACTIVE]
        if len(unlisted) == 1:
            return BayError(f"image: {wanted!r} {why}", remedy.format(id=unlisted[0].id))
        if unlisted:
            return _ambiguous(wanted, unlisted)
    names = [image.name for image in cloud.image.images(status=ACTIVE)]
    return BayError(f"image: there is no image {wanted!r}", nearest(wanted, names))


def _ambiguous(wanted: str, images: Sequence[Any]) -> BayError:
    """With what tells them apart: ``1a2b (public, 2026-01-02), 3c4d (private, 2026-01-03)``."""
    choices = []
    for image in images[:4]:
        facts = [fact for fact in (image.visibility, str(image.created_at or "")[:10]) if fact]
        choices.append(f"{image.id} ({', '.join(facts)})" if facts else str(image.id))
    more = ", ..." if len(images) > len(choices) else ""
    return BayError(f"image: {len(images)} images are called {wanted!r}", f"give the id: {', '.join(choices)}{more}")
