"""Fields of the spec that a change sets, and whether they reach servers that are there."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from bay.components.spec import BaySpec
from bay.components.spec.paths import differences, flatten
from bay.components.text import join_names
from bay.stacks.plan.only_master import FLAVOR, VOLUMES, fate_of_master
from bay.stacks.plan.types import FieldChange, Group
from bay.stacks.redaction import redact

OF_SERVERS = r"(masters|nodes|node_groups\.[a-z0-9]+)"
GROUPS: tuple[tuple[str, Group], ...] = (
    (r"options|coe|model", Group.ENGINE),
    (r"access", Group.FIREWALL),
    (r"endpoint|floating_ips", Group.ENDPOINT),
    (r"network", Group.NETWORK),
    (rf"{OF_SERVERS}\.(state_volume)", Group.VOLUMES),
    (rf"{OF_SERVERS}|image|keypair|affinity", Group.NODES),
)
"""Beginning of a field's path -> group; the first that fits. Other fields are `Group.OTHER`."""

LATER = re.compile(
    rf"(({OF_SERVERS}\.(flavor|image|zones|boot_volume|engine_volume|state_volume|labels|taints))"
    r"|image|keypair|affinity|coe|options|proxy|registry|addons|snippets|endpoint)(\.|\[|$)"
)
"""Fields that shape a server when it is created: its boot data, image, flavor, key, volumes and place.

A server that is there keeps what it was created with (`bay.components.servers.KEPT_AS_CREATED`): a change of these
would rebuild, replace or stop all servers at once; `bay rebuild` does so in batches.
"""


def changed_fields(before: BaySpec, after: BaySpec) -> tuple[FieldChange, ...]:
    """The fields in which two specs of one bay differ."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    return tuple(
        FieldChange(path, redact(path, was), redact(path, is_now), _group(path), LATER.match(path) is not None)
        for path, was, is_now in _with_snippets(differences(old, new))
    )


def _with_snippets(found: Iterable[tuple[str, Any, Any]]) -> Iterator[tuple[str, Any, Any]]:
    """What comes or goes as a whole, part by part: its commands are told to their end, its files are not."""
    for path, was, is_now in found:
        if path.startswith("snippets.") and (isinstance(was, Mapping) or isinstance(is_now, Mapping)):
            yield from ((f"{path}.{part}", *values) for part, *values in differences(was or {}, is_now or {}))
        else:
            yield path, was, is_now


def kept_until_rebuild(
    bay: str,
    spec: BaySpec,
    fields: Iterable[FieldChange],
    servers: Mapping[str, Collection[str]],
    *,
    images: bool = False,
) -> tuple[str, ...]:
    """Which servers keep what they were created with, of fields that change, and what a rebuild does with them.

    spec: after the change. servers: their names, by group. images: of images too; a plan tells these by what the
    servers run.
    """
    kept: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for field in fields:
        if field.later and (images or not re.search(r"(^|\.)image$", field.path)):
            kept.setdefault((_group_of(field.path), reached_servers(field.path, servers)), []).append(field.path)
    return tuple(
        f"{join_names(names)}: created with another {join_names(paths)}; {_remedy(bay, spec, group, paths)}"
        for (group, names), paths in kept.items()
        if names
    )


def _remedy(bay: str, spec: BaySpec, group: str, paths: Collection[str]) -> str:
    """What a rebuild does with the servers of a group, all where it is empty."""
    if not group:
        return f"'bay rebuild {bay}' replaces them"
    command = f"'bay rebuild {bay} --group {group}'"
    fate = fate_of_master(spec, [_reason(path) for path in paths]) if group == "master" else "replace"
    if fate == "resize":
        return f"{command} has Nova resize it where it is, since its disk has the control-plane data"
    if fate == "leave":
        return f"{command} leaves it, since its disk has the control-plane data; --lose-data replaces it"
    return f"{command} replaces them, drained, batch by batch"


def _reason(path: str) -> str:
    """In what a change of a field of the masters makes one outdated, as far as it decides what becomes of it."""
    if re.match(r"masters\.(boot|engine|state)_volume", path):
        return VOLUMES
    return FLAVOR if path == "masters.flavor" else path


def _group_of(path: str) -> str:
    """The group whose servers a field shapes; empty for all."""
    match = re.match(rf"{OF_SERVERS}\.", path)
    word = match[1].removeprefix("node_groups.") if match else ""
    return {"masters": "master", "nodes": "node"}.get(word, word)


def reached_servers(path: str, servers: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Servers that a field shapes: those of its group, or all. servers: names, by group."""
    group = _group_of(path)
    return tuple(sorted(name for one, names in servers.items() if group in ("", one) for name in names))


def all_fields(spec: BaySpec) -> tuple[FieldChange, ...]:
    """The fields of a new bay's spec that have a value, defaults too: who reviews it has to see all of them."""
    values = flatten(spec.model_dump(mode="json"))
    return tuple(
        FieldChange(path, None, redact(path, value), _group(path), later=False)
        for path, value in values.items()
        if value not in (None, "", [], {})
    )


def _group(path: str) -> Group:
    return next((group for start, group in GROUPS if re.match(rf"({start})(\.|\[|$)", path)), Group.OTHER)
