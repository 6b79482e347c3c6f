"""Which version of its engine a Glance image brings, by a property of it; Glance knows nothing of engines itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bay.components.engines.upgrades import EngineVersion, parse_version
from bay.components.openstack.connection import openstack_errors
from bay.components.openstack.resolve_image import ACTIVE, find_images
from bay.stacks.cloud.newer_images import booted_image
from bay.stacks.state.snapshot import INSTANCE_TYPE, StateSnapshot, in_cloud

if TYPE_CHECKING:
    from openstack.connection import Connection


@dataclass(frozen=True)
class EngineImage:
    """version: None where the image does not say it. os_distro: empty where it does not say that."""

    id: str
    name: str
    version: EngineVersion | None
    os_distro: str = ""


def find_engine_image(cloud: "Connection", word: str, property: str) -> EngineImage:
    """By the name or id that a spec uses; BayError where no server can be created of it."""
    with openstack_errors("looking up the image"):
        return _described(cloud.image.get_image(find_images(cloud, {word})[word].id), property)


def list_engine_images(cloud: "Connection", property: str) -> list[EngineImage]:
    """The images that a server can be created of and that say a version; the newest version last."""
    with openstack_errors("listing images"):
        images = [_described(image, property) for image in cloud.image.images(status=ACTIVE)]
    return sorted(
        (one for one in images if one.version), key=lambda one: (one.version or EngineVersion(0, 0), one.name)
    )


def booted_versions(cloud: "Connection", state: StateSnapshot, property: str) -> dict[str, EngineVersion]:
    """Server -> version of the image that it was created from; without those whose image is gone, or says none."""
    servers = [r["inputs"] for r in state.resources if r["type"] == INSTANCE_TYPE and in_cloud(r)]
    booted = {str(inputs.get("name")): booted_image(inputs) for inputs in servers}
    known = _versions(cloud, set(booted.values()) - {""}, property)
    return {server: known[id] for server, id in booted.items() if id in known}


def _versions(cloud: "Connection", ids: set[str], property: str) -> Mapping[str, EngineVersion]:
    from openstack import exceptions

    found = {}
    for id in sorted(ids):
        with openstack_errors("looking up the images of the servers"):
            try:
                image = _described(cloud.image.get_image(id), property)
            except (exceptions.NotFoundException, exceptions.ForbiddenException):
                continue
        if image.version:
            found[id] = image.version
    return found


def _described(image: Any, property: str) -> EngineImage:
    said = (image.properties or {}).get(property)
    return EngineImage(
        str(image.id), str(image.name or image.id), parse_version(str(said or "")), str(image.os_distro or "")
    )
