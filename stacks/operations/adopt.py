"""What a run was making when it was cut off, put into the state as the engine would have, had it come to it."""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bay.stacks.operations.adopt_match import LIKENESS
from bay.stacks.operations.adopt_ready import whole

if TYPE_CHECKING:
    from openstack.connection import Connection

Entry = dict[str, Any]
"""A resource as the state has it."""
Thing = tuple[str, Any]
"""(kind, the thing as openstacksdk gives it)"""

UNREAD: Mapping[str, Mapping[str, Any]] = {
    "openstack:compute/instance:Instance": {"forceDelete": False, "stopBeforeDestroy": False},
    "openstack:networking/routerInterface:RouterInterface": {"forceDestroy": False},
}
"""Type -> outputs that no cloud knows, as the plugin's defaults have them: without them it would see a change."""


@dataclass(frozen=True)
class Adopted:
    """A resource whose making was cut off, and the id of what was made."""

    entry: Entry
    id: str

    @property
    def urn(self) -> str:
        """The resource's name in the state."""
        return str(self.entry["urn"])


def found(cloud: "Connection", content: Mapping[str, Any], unknown: Iterable[Thing]) -> list[Adopted]:
    """Pending creates of a deployment that are whole in the cloud; `unknown`: what has the mark and no resource."""
    left, adopted = list(unknown), []
    for entry in _cut_off(content):
        kind, alike = LIKENESS.get(entry["type"], ("", None))
        match = next((t for k, t in left if alike and k == kind and alike(entry["inputs"], t)), None)
        if match is None:
            continue
        left = [(k, t) for k, t in left if t is not match]
        if whole(cloud, kind, match):
            adopted.append(Adopted(entry, match.id))
    return adopted


def _cut_off(content: Mapping[str, Any]) -> Iterator[Entry]:
    """Resources in the making; none of one whose forerunner still exists: the engine makes that replacement anew."""
    replaced = {r["urn"] for r in content.get("resources") or () if not r.get("pendingReplacement")}
    for operation in content.get("pending_operations") or ():
        if operation["type"] == "creating" and operation["resource"]["urn"] not in replaced:
            yield operation["resource"]


def put_in(
    content: Mapping[str, Any], adopted: Iterable[Adopted], without: Collection[str], user_data: Mapping[str, str]
) -> dict[str, Any]:
    """The deployment with what was adopted; the engine reads the rest from the cloud before it does anything else.

    without: ids of what is in it no more. user_data: URN -> user data in the clear.
    """
    new = {one.urn: _whole_entry(one, user_data.get(one.urn)) for one in adopted}
    changing = {op["resource"]["urn"] for op in content.get("pending_operations") or () if op["type"] == "updating"}
    kept = [r for r in content.get("resources") or () if r.get("id") not in without]
    # With errors of its making in the state, the engine would change it, which not every type can.
    unsure = changing | {r["urn"] for r in kept if r.get("initErrors")}
    known = [{**r, "refreshBeforeUpdate": True} if r["urn"] in unsure else r for r in kept]
    # In the place of a forerunner that is gone already: what depends on a resource has to come after it.
    entries = [new.pop(r["urn"], r) for r in known]
    return {**content, "resources": [*entries, *new.values()]}


def _whole_entry(one: Adopted, user_data: str | None) -> Entry:
    outputs = {**_plain(one.entry["inputs"]), **UNREAD.get(one.entry["type"], {}), "id": one.id}
    if user_data is not None:  # the plugin keeps only this of it
        outputs["userData"] = hashlib.sha1(user_data.encode(), usedforsecurity=False).hexdigest()
    return {**one.entry, "id": one.id, "outputs": outputs, "refreshBeforeUpdate": True}


def _plain(value: Any) -> Any:
    """Inputs without the engine's notes of which of them are defaults."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if key != "__defaults"}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def user_data(content: Mapping[str, Any]) -> dict[str, str]:
    """URN -> user data of servers in the making, from a deployment with its secrets in the clear."""
    clear = {}
    for entry in _cut_off(content):
        secret = entry["inputs"].get("userData")
        if secret is not None:
            clear[entry["urn"]] = json.loads(secret["plaintext"]) if isinstance(secret, dict) else secret
    return clear
