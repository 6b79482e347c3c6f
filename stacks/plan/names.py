"""Names beside the ids of a plan: where the bay is, what the names of its spec mean, and what ids stand for."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bay.components.errors import BayError
from bay.components.openstack.connection import openstack_errors
from bay.components.openstack.resolved import ResolvedSpec
from bay.components.openstack.scope import project_of
from bay.stacks.plan.types import Change, Diff, Location, ResolvedName

if TYPE_CHECKING:
    from openstack.connection import Connection


def location(cloud: "Connection", resolved: ResolvedSpec) -> Location:
    """Where the bay is; the project's name is that of the token."""
    login = resolved.login
    return Location(login.auth_url, login.region, login.project_id, project_of(cloud)[1])


def resolved_names(resolved: ResolvedSpec) -> tuple[ResolvedName, ...]:
    """Image, flavors and networks, in this order."""
    return tuple(_resolved_names(resolved))


def _resolved_names(resolved: ResolvedSpec) -> Iterator[ResolvedName]:
    for _, image in sorted(resolved.images.items()):
        yield ResolvedName("image", image.name, image.id, image.os_distro or "property os_distro is not set")
    for _, flavor in sorted(resolved.flavors.items()):
        details = f"{flavor.vcpus} cores, {flavor.ram} MiB of RAM, {flavor.disk} GiB of disk"
        yield ResolvedName("flavor", flavor.name, flavor.id, details)
    if resolved.network is not None:
        yield ResolvedName("network", resolved.network.name, resolved.network.id, ", ".join(resolved.network.cidrs))
    if resolved.external is not None:
        yield ResolvedName("external network", resolved.external.name, resolved.external.id)


def _flavors(cloud: "Connection", _ids: set[str]) -> dict[str, str]:
    return {flavor.id: flavor.name for flavor in cloud.compute.flavors()}


def _images(cloud: "Connection", ids: set[str]) -> dict[str, str]:
    found = (cloud.image.find_image(id) for id in ids)
    return {image.id: image.name for image in found if image}


NAMES: dict[str, Callable[["Connection", set[str]], dict[str, str]]] = {"flavorId": _flavors, "imageId": _images}
"""Property whose values are ids -> their names, by id; asked only where one changes."""


def with_names(cloud: "Connection", changes: Sequence[Change]) -> tuple[Change, ...]:
    """The changes with names beside the ids: ``m1.small (2a1...)``; ids alone where the cloud does not say."""
    diffs = [diff for change in changes for diff in change.diffs]
    names: dict[str, dict[str, str]] = {}
    for field, ask in NAMES.items():
        ids = {value for diff in diffs if diff.path == field for value in (diff.old, diff.new) if value}
        if ids:
            names[field] = _asked(ask, cloud, ids)
    return tuple(replace(change, diffs=tuple(_named(diff, names) for diff in change.diffs)) for change in changes)


def _asked(
    ask: "Callable[[Connection, set[str]], dict[str, str]]", cloud: "Connection", ids: set[str]
) -> dict[str, str]:
    try:
        with openstack_errors("asking for names"):
            return ask(cloud, ids)
    except BayError:  # a plan with ids is a plan
        return {}


def _named(diff: Diff, names: dict[str, dict[str, str]]) -> Diff:
    known = names.get(diff.path)
    if not known:
        return diff
    return replace(diff, old=_beside(diff.old, known), new=_beside(diff.new, known))


def _beside(id: str | None, known: dict[str, str]) -> str | None:
    return f"{known[id]} ({id})" if id and known.get(id) not in (None, id) else id
