"""Fields of the spec that a change sets, and whether they reach servers that are there."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bay.components.spec import BaySpec
from bay.components.spec.paths import joined
from bay.stacks.plan.types import Field, Group
from bay.stacks.redaction import shown

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
    rf"(({OF_SERVERS}\.(image|zones|boot_volume|engine_volume|state_volume|labels|taints))"
    r"|image|keypair|affinity|coe|options|proxy|registry|addons|snippets|endpoint)(\.|\[|$)"
)
"""Fields that shape a server when it is made: its boot data, image, key, volumes and place.

A server that is there keeps what it was made with (`bay.components.servers.KEPT_AS_MADE`): a change of these would
rebuild or replace all servers at once.
"""


def changed_fields(before: BaySpec, after: BaySpec) -> tuple[Field, ...]:
    """The fields in which two specs of one bay differ."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    return tuple(
        Field(path, shown(path, was), shown(path, is_now), _group(path), LATER.match(path) is not None)
        for path, was, is_now in _differences(old, new)
    )


def _group(path: str) -> Group:
    return next((group for start, group in GROUPS if re.match(rf"({start})(\.|\[|$)", path)), Group.OTHER)


def _differences(
    old: Mapping[str, Any], new: Mapping[str, Any], above: tuple[str, ...] = ()
) -> Iterator[tuple[str, Any, Any]]:
    """(path, old, new) of every leaf that differs; None where one of both has none."""
    for key in sorted({*old, *new}):
        was, is_now = old.get(key), new.get(key)
        if isinstance(was, Mapping) and isinstance(is_now, Mapping):
            yield from _differences(was, is_now, (*above, key))
        elif was != is_now:
            yield joined((*above, key)), was, is_now
