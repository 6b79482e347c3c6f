"""What a plan rests on: taken when it is made, and once more before it is carried out."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

from pydantic import BaseModel, ConfigDict

from bay.components.openstack.resolved import ResolvedSpec
from bay.components.spec import BaySpec
from bay.components.spec.paths import flatten
from bay.stacks.cloud.servers import server_statuses
from bay.stacks.files.stack_file import intended_spec
from bay.stacks.redaction import PULUMI_SECRET
from bay.stacks.stack import BayStack
from bay.stacks.state.snapshot import kind_and_name

GONE = "gone"
"""In place of Nova's status, for a server that it does not know."""

TO_GO = " (replaced)"
"""After the URN of a thing that was replaced and still is to be deleted: its successor has the same."""


class Fingerprint(BaseModel):
    """The state, the spec and the cloud that a plan was made from.

    bay_id: empty for a new bay. resources: of the state, URN -> digest. intended: the spec that was to be changed.
    resolved: what the spec's names mean on the cloud. servers: name -> Nova's status.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bay_id: str
    resources: dict[str, str]
    intended: BaySpec | None
    resolved: ResolvedSpec
    servers: dict[str, str]


def capture(bay: BayStack, resolved: ResolvedSpec) -> Fingerprint:
    """The fingerprint as it is now. Asks Nova for the servers."""
    if not bay.exists:
        return Fingerprint(bay_id="", resources={}, intended=None, resolved=resolved, servers={})
    state = bay.state
    statuses = server_statuses(bay.cloud, state) if state.servers else {}
    return Fingerprint(
        bay_id=state.bay_id,
        resources={_key(resource): _digest(resource) for resource in state.resources},
        intended=intended_spec(state, bay.context.checkout),
        resolved=resolved,
        servers={server.name: statuses.get(server.id, GONE) for server in state.servers},
    )


def changes_since(then: Fingerprint, now: Fingerprint, wanted: BaySpec) -> list[str]:
    """What is no longer as it was, in words; empty where the plan still holds.

    A file may say by now what the plan is to do: a request was merged.
    """
    if then.bay_id != now.bay_id:
        return ["it was created since" if not then.bay_id else "it is another bay of the same name"]
    found = [f"{' '.join(kind_and_name(urn))} {words}" for urn, words in _differences(then.resources, now.resources)]
    found += [f"server {name} is {now.servers[name]}, was {was}" for name, was in _others(then.servers, now.servers)]
    if now.intended not in (then.intended, wanted):
        found.append("its spec was changed")
    before, after = (flatten(asdict(replace(one.resolved, warnings=()))) for one in (then, now))  # words for people
    found += [f"{path} is {after.get(path)}, was {was}" for path, was in before.items() if after.get(path) != was]
    return found + [f"{path} is {after[path]}, was not there" for path in after if path not in before]


def _differences(then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield from ((urn, "is gone from the state") for urn in then if urn not in now)
    yield from ((urn, "is new in the state") for urn in now if urn not in then)
    yield from ((urn, "was changed in the state") for urn, was in then.items() if now.get(urn, was) != was)


def _others(then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((name, was) for name, was in then.items() if now.get(name, was) != was)


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
