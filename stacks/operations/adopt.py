"""What a run was creating when it was interrupted, put into the state as Pulumi would have done later."""

import hashlib
import json
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bay.stacks.cloud.kinds import ResourceKind, Thing, kind_of_token

if TYPE_CHECKING:
    from openstack.connection import Connection

LOG = logging.getLogger(__name__)

PATIENCE = 600
"""Seconds to wait for what the cloud still works on: as long as Pulumi itself waits for most of it."""

Entry = dict[str, Any]
"""A resource as the state has it."""


@dataclass(frozen=True)
class AdoptedResource:
    """A resource whose creation was interrupted, and the id of what was created."""

    entry: Entry
    id: str

    @property
    def urn(self) -> str:
        """The resource's name in the state."""
        return str(self.entry["urn"])


def match_pending(cloud: "Connection", content: Mapping[str, Any], unknown: Iterable[Thing]) -> list[AdoptedResource]:
    """Pending creates of a deployment that are complete in the cloud; `unknown`: what has the mark and no resource."""
    left, adopted = list(unknown), []
    for entry in _pending_creates(content):
        kind = kind_of_token(entry["type"])
        if kind is None or kind.matches is None:
            continue
        match = next((t for k, t in left if k == kind.name and kind.matches(entry["inputs"], t)), None)
        if match is None:
            continue
        left = [(k, t) for k, t in left if t is not match]
        if is_complete(cloud, kind, match):
            LOG.info("adopting %s %s", kind.name, match.id)
            adopted.append(AdoptedResource(entry, match.id))
    return adopted


def is_complete(cloud: "Connection", kind: ResourceKind, thing: Any) -> bool:
    """Wait for the resource's creation to end; False where it failed, and where it takes longer than PATIENCE."""
    from openstack import exceptions, resource

    if not kind.is_complete(thing):
        return False
    ready = kind.ready
    if ready is None or getattr(thing, ready.field, None) in ready.also:
        return True
    proxy = getattr(cloud, kind.service)
    try:
        resource.wait_for_status(proxy, thing, ready.value, wait=PATIENCE, attribute=ready.field)
    except (exceptions.ResourceFailure, exceptions.ResourceTimeout, exceptions.NotFoundException):
        return False
    return True


def _pending_creates(content: Mapping[str, Any]) -> Iterator[Entry]:
    """None of a resource whose predecessor still exists: Pulumi creates that replacement again."""
    replaced = {r["urn"] for r in content.get("resources") or () if not r.get("pendingReplacement")}
    for operation in content.get("pending_operations") or ():
        if operation["type"] == "creating" and operation["resource"]["urn"] not in replaced:
            yield operation["resource"]


def insert_adopted(
    content: Mapping[str, Any],
    adopted: Iterable[AdoptedResource],
    without: Collection[str],
    user_data: Mapping[str, str],
) -> list[Entry]:
    """The deployment's resources with what was adopted; Pulumi reads the rest of it from the cloud before all else.

    without: ids of what is in it no more. user_data: URN -> user data in the clear.
    """
    new = {one.urn: _complete_entry(one, user_data.get(one.urn)) for one in adopted}
    changing = {op["resource"]["urn"] for op in content.get("pending_operations") or () if op["type"] == "updating"}
    kept = [r for r in content.get("resources") or () if r.get("id") not in without]
    # With errors of its creation in the state, Pulumi would change it, which not every type can.
    unsure = changing | {r["urn"] for r in kept if r.get("initErrors")}
    known = [{**r, "refreshBeforeUpdate": True} if r["urn"] in unsure else r for r in kept]
    # In the place of a predecessor that is gone already: what depends on a resource has to come after it.
    entries = [new.pop(r["urn"], r) for r in known]
    return [*entries, *new.values()]


def _complete_entry(one: AdoptedResource, user_data: str | None) -> Entry:
    kind = kind_of_token(one.entry["type"])
    unread = kind.unread_outputs if kind else {}
    outputs = {**_plain(one.entry["inputs"]), **unread, "id": one.id}
    if user_data is not None:  # the plugin keeps only this of it
        outputs["userData"] = hashlib.sha1(user_data.encode(), usedforsecurity=False).hexdigest()
    return {**one.entry, "id": one.id, "outputs": outputs, "refreshBeforeUpdate": True}


def _plain(value: Any) -> Any:
    """Inputs without Pulumi's notes of which of them are defaults."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if key != "__defaults"}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def user_data(content: Mapping[str, Any]) -> dict[str, str]:
    """URN -> user data of servers in creation, from a deployment with its secrets in the clear."""
    clear = {}
    for entry in _pending_creates(content):
        secret = entry["inputs"].get("userData")
        if secret is not None:
            clear[entry["urn"]] = json.loads(secret["plaintext"]) if isinstance(secret, dict) else secret
    return clear
