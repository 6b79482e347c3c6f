"""Operations for callers that are no Python program, or that give each its own process: JSON lines in, JSON lines out.

``python -m bay.stacks.worker`` reads requests from standard input, a JSON object a line, and answers each with lines on
standard output: its events, then its result or its error. Every line has the request's id. docs/api.md has the shapes.
"""

import json
import queue
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, TextIO

from bay.components.errors import BayError
from bay.components.openstack.login import Login
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
from bay.stacks.worker_request import Operation, Place, Request, Values, parse


@dataclass(frozen=True)
class Task:
    """A request as it was read, and how its caller ends it early, also before it has begun."""

    line: str
    cancel: Cancellation


class Worker:
    """Answers requests one after the other. While one runs, the caller may cancel it, or is asked for its approval."""

    def __init__(self, requests: TextIO, answers: TextIO) -> None:
        self.requests, self.answers = requests, answers
        self.waiting: queue.Queue[Task | None] = queue.Queue()
        self.unfinished: deque[Task] = deque()
        self.ended = threading.Event()
        self.reply: queue.Queue[str] | None = None  # while the caller is asked
        self.writing = threading.Lock()
        self.bays: dict[str, Bays] = {}
        self.current = ""

    def run(self) -> None:
        """Until standard input ends, and the last request is answered."""
        threading.Thread(target=self._read, daemon=True).start()
        for task in iter(self.waiting.get, None):
            self.answer(task)

    def _read(self) -> None:
        for line in self.requests:
            message = _values(line)
            if "cancel" in message:
                self._cancel(at_once=message["cancel"] == "force")
            elif not self._reply(line):
                task = Task(line, Cancellation())
                self.unfinished.append(task)
                self.waiting.put(task)
        self.ended.set()
        self._reply("")
        self.waiting.put(None)

    def _cancel(self, *, at_once: bool) -> None:
        """The oldest request without an answer; where there is none, it has ended by itself."""
        with suppress(IndexError):
            cancel = self.unfinished[0].cancel
            cancel.force() if at_once else cancel.request()
            self._reply("")

    def _reply(self, line: str) -> bool:
        """Hand it to who asked, if anybody did."""
        asked = self.reply
        if asked is not None:
            asked.put(line)
        return asked is not None

    def _ask(self, plan: Approvable) -> Values:
        """What the caller says of a plan; nothing where nobody is there any more."""
        reply = self.reply = queue.Queue()
        self._write(approve={"disruption": plan.disruption, "risks": [asdict(risk) for risk in plan.risks]})
        if self.ended.is_set():
            reply.put("")
        try:
            return _values(reply.get())
        finally:
            self.reply = None

    def answer(self, task: Task) -> None:
        """Carry out one request, and write its events and how it ended."""
        self.current = str(_values(task.line).get("id", ""))
        try:
            ended = {"result": self.carry_out(parse(task.line), task.cancel)}
        except BayError as error:
            family = type(error).__name__
            ended = {"error": {"family": family, "message": error.message, "hint": error.hint}}
        self.unfinished.popleft()  # before its caller knows, who may then cancel the next one
        self._write(**ended)

    def carry_out(self, request: Request, cancel: Cancellation) -> Any:
        """The result of a request, as plain values."""
        bays = self._bays(request.place)
        bays.context.cancel = cancel
        cancel.raise_if_requested()
        return OPERATIONS[request.op](bays, request, self._approve(request, cancel))

    def _bays(self, place: Place) -> Bays:
        key = place.model_dump_json()
        if key not in self.bays:
            settings = Settings(place.cache, place.data, place.config, place.state, place.environment)
            login = Login(place.cloud, place.clouds_file)
            self.bays[key] = Bays(settings, login, listen=self._listen, checkout=place.checkout)
        return self.bays[key]

    def _approve(self, request: Request, cancel: Cancellation) -> Approve:
        if not request.ask:
            return allow(*request.allow)

        def approve(plan: Approvable) -> Approval:
            reply = self._ask(plan)
            cancel.raise_if_requested()
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


def _values(line: str) -> Values:
    """What a line says; nothing where it is no JSON object."""
    try:
        values = json.loads(line)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


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
    with redirect_stdout(sys.stderr):
        Worker(sys.stdin, answers).run()


if __name__ == "__main__":
    main()
