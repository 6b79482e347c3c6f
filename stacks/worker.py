"""Operations for callers that are no Python program, or that give each its own process: JSON lines in, JSON lines out.

``python -m bay.stacks.worker`` reads requests from standard input, a JSON object a line, and answers each with lines on
standard output: its events, then its result or its error. Every line has the request's id. docs/api.md has the shapes.
"""

import json
import logging
import os
import queue
import sys
import threading
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, TextIO

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bay.components.errors import BayError, InvalidInput
from bay.components.openstack.login import Login
from bay.components.spec import BaySpec
from bay.stacks.approval import Approvable, Approval, Approve, allow
from bay.stacks.bays import Bays
from bay.stacks.cancellation import Cancellation
from bay.stacks.errors import Declined
from bay.stacks.events import Event
from bay.stacks.operations.apply import scaled
from bay.stacks.operations.repair import RepairRequest
from bay.stacks.operations.retain import Keep
from bay.stacks.plan.document import document
from bay.stacks.plan.planner import SpecSource
from bay.stacks.settings import Settings
from bay.stacks.spec_request import SpecRequest
from bay.stacks.state.snapshot import StateSnapshot

LOG = logging.getLogger(__name__)

INTERRUPTED = 130
"""Exit code after Ctrl-C, as of a shell."""

Values = dict[str, Any]
Operation = Literal["create", "update", "scale", "wait", "repair", "delete", "preview", "drift", "status", "health"]


class Place(BaseModel):
    """Where the bays are. state: URL of the Pulumi backend. environment: of child processes; PATH and HOME at least."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cache: Path
    data: Path
    config: Path
    state: str
    environment: dict[str, str] = Field(repr=False)
    cloud: str | None = None
    clouds_file: Path | None = None
    checkout: Path | None = None


class Request(BaseModel):
    """One operation.

    layers: of the spec that is wanted, lowest first, over the one that there is. spec: the whole of it, in place of
    layers. new_spec: that of a bay which is not there yet, under the layers. ask: send the plan and wait for the
    approval. timeout: seconds to wait for servers; 0: not at all.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    op: Operation
    bay: str
    place: Place
    layers: tuple[Values, ...] = ()
    spec: BaySpec | None = None
    new_spec: BaySpec | None = None
    addons: tuple[str, ...] = ()
    models: tuple[Path, ...] = ()
    group: str = "node"
    count: int | None = None
    remove: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    sweep: bool = False
    lose_data: bool = False
    keep_volumes: bool = False
    keep_floating_ips: bool = False
    refresh: bool = False
    from_file: bool = False
    allow: tuple[str, ...] = ()
    ask: bool = False
    timeout: float = 0


class Worker:
    """Answers requests one after the other. While one runs, the caller may cancel it, or is asked for its approval."""

    def __init__(self, requests: TextIO, answers: TextIO) -> None:
        self.requests, self.answers = requests, answers
        self.waiting: queue.Queue[str | None] = queue.Queue()
        self.writing = threading.Lock()
        self.cancel = Cancellation()
        self.bays: dict[str, Bays] = {}
        self.current = ""

    def run(self) -> None:
        """Until standard input ends, and the last request is answered."""
        threading.Thread(target=self._read, daemon=True).start()
        for line in iter(self.waiting.get, None):
            self.answer(line)

    def _read(self) -> None:
        for line in self.requests:
            with suppress(ValueError, AttributeError):
                match json.loads(line).get("cancel"):
                    case "request":
                        self.cancel.request()
                        continue
                    case "force":
                        self.cancel.force()
                        continue
            self.waiting.put(line)
        self.waiting.put(None)

    def answer(self, line: str) -> None:
        """Carry out one request, and write its events and how it ended."""
        self.current = ""
        try:
            request = _parse(line)
            self.current = request.id
            self._write(result=self.carry_out(request))
        except BayError as error:
            self._write(error={"family": type(error).__name__, "message": error.message, "hint": error.hint})
        except Exception as error:  # a mistake of one request ends no other
            LOG.debug("request %s", self.current, exc_info=True)
            message = f"{type(error).__name__}: {error}"
            self._write(error={"family": "BayError", "message": message, "hint": "this is a mistake in bay: report it"})

    def carry_out(self, request: Request) -> Any:
        """The result of a request, as plain values."""
        bays = self._bays(request.place)
        bays.context.cancel = self.cancel = Cancellation() if self.cancel.is_requested else self.cancel
        return OPERATIONS[request.op](bays, request, self._approve(request))

    def _bays(self, place: Place) -> Bays:
        key = place.model_dump_json()
        if key not in self.bays:
            settings = Settings(place.cache, place.data, place.config, place.state, place.environment)
            login = Login(place.cloud, place.clouds_file)
            self.bays[key] = Bays(settings, login, listen=self._listen, cancel=self.cancel, checkout=place.checkout)
        return self.bays[key]

    def _approve(self, request: Request) -> Approve:
        if not request.ask:
            return allow(*request.allow)

        def approve(plan: Approvable) -> Approval:
            self._write(approve={"disruption": plan.disruption, "risks": [asdict(risk) for risk in plan.risks]})
            reply = json.loads(self.waiting.get() or "{}")
            if not reply.get("approved"):
                raise Declined("nothing was changed")
            return allow(*reply.get("allow", request.allow))(plan)

        return approve

    def _listen(self, event: Event) -> None:
        self._write(event=type(event).__name__, **asdict(event))

    def _write(self, **values: Any) -> None:
        with self.writing:
            self.answers.write(json.dumps({"id": self.current, **values}, default=str) + "\n")
            self.answers.flush()


def _parse(line: str) -> Request:
    try:
        return Request.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"request: {where or 'not JSON'}: {first['msg']}", "docs/api.md has the shape") from None


def _spec(bays: Bays, request: Request) -> SpecSource:
    if request.spec is not None:
        return lambda _before: request.spec  # type: ignore[return-value]
    wanted = SpecRequest(request.layers, request.addons, request.models, lambda: bays.context.cloud)
    return lambda before: wanted(before or request.new_spec)


def _wait(request: Request) -> timedelta | None:
    return timedelta(seconds=request.timeout) if request.timeout else None


def _create(bays: Bays, request: Request, _approve: Approve) -> Values:
    return _state(bays.create(request.bay, _spec(bays, request), wait=_wait(request)))


def _update(bays: Bays, request: Request, approve: Approve) -> Values:
    return _state(bays.update(request.bay, _spec(bays, request), approve=approve, wait=_wait(request)))


def _scale(bays: Bays, request: Request, approve: Approve) -> Values:
    wanted = scaled(request.bay, request.group, request.count, request.remove)
    return _state(bays.update(request.bay, wanted, approve=approve, wait=_wait(request)))


def _repair(bays: Bays, request: Request, approve: Approve) -> Values:
    wanted = RepairRequest(request.nodes, request.sweep, request.lose_data, wait=bool(request.timeout))
    left = bays.repair(request.bay, wanted, approve=approve)
    return {"differences": [difference.row(request.bay) for difference in left.all_differences]}


def _delete(bays: Bays, request: Request, approve: Approve) -> Values:
    bays.delete(request.bay, Keep(request.keep_volumes, request.keep_floating_ips), approve=approve)
    return {"deleted": request.bay}


def _wait_for(bays: Bays, request: Request, _approve: Approve) -> Values:
    bays.wait(request.bay, timeout=_wait(request) or timedelta(hours=1))
    return {"ready": request.bay}


def _preview(bays: Bays, request: Request, _approve: Approve) -> Values:
    return document(
        bays.preview(request.bay, _spec(bays, request), refresh=request.refresh, from_file=request.from_file)
    )


def _drift(bays: Bays, request: Request, _approve: Approve) -> Values:
    found = bays.drift(request.bay)
    return {"differences": [difference.row(request.bay) for difference in found.all_differences]}


def _status(bays: Bays, request: Request, _approve: Approve) -> Values:
    return asdict(bays.status(request.bay))


def _health(bays: Bays, request: Request, _approve: Approve) -> Values:
    return asdict(bays.health(request.bay))


def _state(state: StateSnapshot) -> Values:
    servers = [{"name": s.name, "group": s.group, "address": s.address, "id": s.id} for s in state.servers]
    return {"id": state.bay_id, "api_address": state.outputs.get("api_address"), "servers": servers}


OPERATIONS: dict[Operation, Callable[[Bays, Request, Approve], Values]] = {
    "create": _create,
    "update": _update,
    "scale": _scale,
    "wait": _wait_for,
    "repair": _repair,
    "delete": _delete,
    "preview": _preview,
    "drift": _drift,
    "status": _status,
    "health": _health,
}


def main() -> None:
    """Entry of ``python -m bay.stacks.worker``; nothing but answers gets to standard output."""
    answers = sys.stdout
    try:
        with redirect_stdout(sys.stderr):
            Worker(sys.stdin, answers).run()
    except KeyboardInterrupt:  # of the terminal that its caller runs in, who says so
        os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
