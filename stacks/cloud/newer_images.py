"""Bays whose servers boot an image that has a newer one of its name by now, as one with security updates."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from bay.components.openstack.connection import openstack_errors
from bay.components.openstack.resolve import image_of
from bay.stacks.state.snapshot import INSTANCE_TYPE, StateSnapshot, in_cloud

if TYPE_CHECKING:
    from openstack.connection import Connection


def find_newer_images(cloud: "Connection", states: Iterable[StateSnapshot]) -> dict[str, dict[str, int]]:
    """Name of each bay -> image name -> number of its servers that boot an older one; one list of images for all.

    An image that the spec names by id has none; one that Glance does not list any more is no reason either, since
    nothing newer is known.
    """
    newest = _newest(cloud)
    return {state.name: _older_servers(state, newest) for state in states}


def _newest(cloud: "Connection") -> dict[str, str]:
    """Name -> id of the active image that was created last."""
    with openstack_errors("listing images"):
        active = sorted(cloud.image.images(status="active"), key=lambda image: str(image.created_at or ""))
    return {str(image.name): str(image.id) for image in active}


def _older_servers(state: StateSnapshot, newest: Mapping[str, str]) -> dict[str, int]:
    if state.spec is None:
        return {}
    found: Counter[str] = Counter()
    servers = [r["inputs"] for r in state.resources if r["type"] == INSTANCE_TYPE and in_cloud(r)]
    booted = {str(inputs.get("name")): booted_image(inputs) for inputs in servers}
    for server in state.servers:
        group = state.spec.groups.get(server.group)
        name = image_of(state.spec, group) if group else state.spec.image
        if newest.get(name, booted.get(server.name)) != booted.get(server.name):
            found[name] += 1
    return dict(found)


def booted_image(inputs: Mapping[str, Any]) -> str:
    """Id of the image that a server was created from, as the state has it: itself, or that of its boot volume."""
    disks = inputs.get("blockDevices") or [{}]
    return str(inputs.get("imageId") or disks[0].get("uuid") or "")
