"""The quorum of a bay's engine, asked and changed by its API: masters that leave do so before their server goes."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from bay.components.engines import ENGINES
from bay.components.engines.members import Members, Refused
from bay.components.spec import BaySpec
from bay.stacks.cancellation import Cancellation
from bay.stacks.cluster import api
from bay.stacks.cluster.access import access_of
from bay.stacks.state.snapshot import RecordedServer, StateSnapshot

if TYPE_CHECKING:
    from bay.stacks.stack import BayStack

TIMEOUT = 20.0
"""Seconds for one call."""
PAUSE = 1.0
"""Seconds before the same is asked again."""
SAID = 200
"""Characters of an answer that are told."""


def members_of(coe: str) -> Members | None:
    """How masters of an engine come and go while it serves; None for one whose masters do not."""
    found: Members | None = getattr(ENGINES[coe], "members", None)
    return found


@dataclass(frozen=True)
class MemberChange:
    """Masters that a change of a running bay brings and takes, one after another. Names of servers, in their order.

    The highest number leaves first: every server of the bay knows the lowest ones, since they were there before it.
    """

    joining: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.joining or self.leaving)


NO_CHANGE = MemberChange()


def member_change(state: StateSnapshot, spec: BaySpec, never_launched: Collection[RecordedServer] = ()) -> MemberChange:
    """Which masters a change to `spec` brings and takes; none of a bay that never was complete, or has no quorum yet.

    never_launched: servers that never ran.
    """
    there = {one.name: one.index for one in state.servers if one.role == "master" and one not in never_launched}
    if not (state.is_complete and there and members_of(spec.coe)):
        return NO_CHANGE
    wanted = {f"{state.name}-master-{index}": index for index in spec.masters.indices}
    return MemberChange(
        tuple(name for name in wanted if name not in there),
        tuple(sorted((name for name in there if name not in wanted), key=lambda name: -there[name])),
    )


@dataclass(frozen=True)
class MembersApi:
    """An `engines.members.Api`: each call goes to the first address that serves it."""

    addresses: Sequence[str]
    files: Mapping[str, str] = field(repr=False)
    cancel: Cancellation = field(repr=False)

    def call(
        self, method: str, path: str, body: Any = None, *, content_type: str = "application/json", absent: Any = None
    ) -> Any:
        """The answer (JSON, else text), `absent` for 404; Refused where no address gives one."""
        wrong = "the state has no address of the API"
        for client in self._clients:
            address = client.address
            try:
                reply = client.call(path, method=method, body=body, content_type=content_type, timeout=TIMEOUT)
            except api.ERRORS as error:
                wrong = api.problem(address, error)
                continue
            if HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES:
                return _content(reply.body)
            if reply.status == HTTPStatus.NOT_FOUND and absent is not None:
                return absent
            wrong = f"{address}: HTTP {reply.status}: {reply.body.decode(errors='replace').strip()[:SAID]}"
            if reply.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                break
        raise Refused(wrong)

    @cached_property
    def _clients(self) -> Sequence[api.Client]:
        return [api.Client(address, self.files) for address in self.addresses]

    def pause(self) -> None:
        """Interrupted where the caller asks for the end."""
        self.cancel.sleep(PAUSE)


def _content(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body.decode(errors="replace")


def open_members_api(bay: "BayStack") -> MembersApi | str:
    """The API at which masters are let go, or why that cannot be from here, as a part of a sentence."""
    access = access_of(bay)
    if isinstance(access, str):
        return access
    members = members_of(access.spec.coe)
    if members is None or not access.files.keys() >= api.NEEDED:
        return "the engine gives its clients no certificate to ask with"
    found = MembersApi(access.addresses, access.files, bay.context.cancel)
    try:
        members.masters(found)
    except Refused as error:
        return f"the API does not answer from here: {error}"
    return found
