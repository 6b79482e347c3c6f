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
from collections import deque
from contextlib import redirect_stdout, suppress
from dataclasses import asdict, dataclass
from typing import Any, TextIO

from bay.components.errors import BayError
from bay.components.openstack.login import Login
from bay.stacks.approval import Approvable, Approval, Approve, allow
from bay.stacks.bays import Bays
from bay.stacks.cancellation import Cancellation
from bay.stacks.errors import Declined
from bay.stacks.events import Event
from bay.stacks.settings import Settings
from bay.stacks.worker_operations import OPERATIONS
from bay.stacks.worker_request import Place, Request, Values, parse

LOG = logging.getLogger(__name__)

INTERRUPTED = 130
"""Exit code after Ctrl-C, as of a shell."""


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
            ended = _error(type(error).__name__, error.message, error.hint)
        except Exception as error:  # a mistake of one request ends no other
            LOG.debug("request %s", self.current, exc_info=True)
            ended = _error("BayError", f"{type(error).__name__}: {error}", "this is a mistake in bay: report it")
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
            settings = Settings(place.cache, place.data, place.config, place.state, place.environment, place.secrets)
            login = Login(place.cloud, place.clouds_file, place.region)
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


def _error(family: str, message: str, hint: str) -> Values:
    return {"error": {"family": family, "message": message, "hint": hint}}


def _values(line: str) -> Values:
    """What a line says; nothing where it is no JSON object."""
    try:
        values = json.loads(line)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


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
