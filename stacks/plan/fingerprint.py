"""What a plan rests on: taken when it is made, and once more before it is carried out."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from bay.components.openstack.resolved import Place
from bay.components.spec import BaySpec
from bay.stacks.cloud.servers import server_statuses
from bay.stacks.files import stack_file
from bay.stacks.redaction import PULUMI_SECRET
from bay.stacks.state.snapshot import StateSnapshot, kind_and_name

if TYPE_CHECKING:
    from openstack.connection import Connection

GONE = "gone"
"""In place of Nova's status, for a server that it does not know."""

TO_GO = " (replaced)"
"""After the URN of a thing that was replaced and still is to be deleted: its successor has the same."""


class Basis(BaseModel):
    """The state, the spec and the cloud that a plan was made from.

    bay_id: empty for a bay that is to be made. resources: of the state, URN -> digest. intended: the spec that was to
    be changed. place: what the spec's names mean on the cloud. servers: name -> Nova's status.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bay_id: str
    resources: dict[str, str]
    intended: BaySpec | None
    place: Place
    servers: dict[str, str]


def take(record: StateSnapshot | None, place: Place, cloud: "Connection") -> Basis:
    """The basis as it is now; record: None for a bay that is to be made. Asks Nova for the servers."""
    if record is None:
        return Basis(bay_id="", resources={}, intended=None, place=place, servers={})
    statuses = server_statuses(cloud, record)
    return Basis(
        bay_id=record.bay_id,
        resources={_key(resource): _digest(resource) for resource in record.resources},
        intended=stack_file.intended(record),
        place=place,
        servers={node.name: statuses.get(node.id, GONE) for node in record.nodes},
    )


def moved_on(then: Basis, now: Basis, wanted: BaySpec) -> list[str]:
    """What is no longer as it was, in words; empty where the plan still holds.

    A file may say by now what the plan is to do: a request was merged.
    """
    if then.bay_id != now.bay_id:
        words = "it was made meanwhile" if not then.bay_id else "it is another bay of the same name"
        return [words]
    found = [f"{' '.join(kind_and_name(urn))} {words}" for urn, words in _differences(then.resources, now.resources)]
    found += [f"server {name} is {now.servers[name]}, was {was}" for name, was in _others(then.servers, now.servers)]
    if now.intended not in (then.intended, wanted):
        found.append("its spec was changed")
    before, after = dict(_leaves(asdict(then.place))), dict(_leaves(asdict(now.place)))
    found += [f"{path} is {after.get(path)}, was {was}" for path, was in before.items() if after.get(path) != was]
    return found + [f"{path} is {after[path]}, was not there" for path in after if path not in before]


def _differences(then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield from ((urn, "is gone from the state") for urn in then if urn not in now)
    yield from ((urn, "is new in the state") for urn in now if urn not in then)
    yield from ((urn, "was changed in the state") for urn, was in then.items() if now.get(urn, was) != was)


def _others(then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((name, was) for name, was in then.items() if now.get(name, was) != was)


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """``("flavors.m1.small.id", "...")`` of each value in a place."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _leaves(below, f"{path}.{key}" if path else str(key))
    else:
        yield path, value


def _key(resource: Mapping[str, Any]) -> str:
    return f"{resource['urn']}{TO_GO if resource.get('delete') else ''}"


def _digest(resource: Mapping[str, Any]) -> str:
    """Of what a plan can depend on: a mere refresh, or a run that changed nothing, gives the same again."""
    return digest([resource.get("id"), resource.get("initErrors"), _plain(resource.get("inputs"))])[:16]


def _plain(value: Any) -> Any:
    """Without what is encrypted anew in each run, and without the notes that a refresh drops."""
    if isinstance(value, dict):
        if PULUMI_SECRET in value:  # encrypted anew in each run
            return PULUMI_SECRET
        return {k: _plain(v) for k, v in value.items() if k != "__defaults"}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def digest(value: Any) -> str:
    """Of anything that JSON can hold: 64 hexadecimal digits."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
