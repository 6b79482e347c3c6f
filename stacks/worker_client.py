"""A worker process and its answers, for Python programs that give operations processes of their own."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from pydantic import TypeAdapter

from bay.components import errors as component_errors
from bay.components.errors import BayError
from bay.stacks import errors, events
from bay.stacks.errors import Interrupted
from bay.stacks.events import Event, Listener, ignore

Answer = dict[str, Any]


class WorkerError(BayError):
    """An error that a worker told of. family: name of its class there."""

    def __init__(self, family: str, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.family = family


class NotInTime(BayError):
    """A request that took longer than its caller waits."""


GRACE = 10.0
"""Seconds for a worker to end Pulumi, before it is killed."""


class WorkerProcess:
    """One worker, which carries out requests one after the other."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def ask(
        self,
        request: Mapping[str, Any],
        listen: Listener = ignore,
        approve: Callable[[Answer], Answer] | None = None,
    ) -> Any:
        """The result of a request (`bay.stacks.worker.Request`); BayError for its error, or where the worker dies.

        approve: called with the plan of a request that asks; its answer is `{"approved": bool, "allow": [...]}`.
        """
        with suppress(BrokenPipeError):  # of one that died: the lines it left, if any, are read still
            self._send(request)
        assert self.process.stdout is not None, "it is piped"
        for line in self.process.stdout:
            answer: Answer = json.loads(line)
            if "result" in answer:
                return answer["result"]
            if "error" in answer:
                raise _error(**answer["error"])
            if "approve" in answer:
                self._send(approve(answer["approve"]) if approve else {"approved": False})
            elif "event" in answer:
                listen(_event(answer))
        raise BayError(f"the worker of bay {request.get('bay')} ended with exit code {self.process.wait()}")

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked again."""
        return self.process.poll() is None

    @contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """End what is asked for meanwhile after so long, the worker too where it does not listen; NotInTime then."""
        over = threading.Event()

        def stop() -> None:
            over.set()
            with suppress(OSError, ValueError):  # of one that ended meanwhile
                self.cancel(at_once=True)
            if not answered.wait(GRACE):
                self.process.kill()

        answered = threading.Event()
        timer = threading.Timer(seconds, stop)
        timer.start()
        try:
            yield
        except BayError:
            if over.is_set():
                raise NotInTime(f"no answer within {seconds:g} seconds", "ask for this bay alone") from None
            raise
        finally:
            answered.set()
            timer.cancel()
            timer.join()

    def cancel(self, *, at_once: bool = False) -> None:
        """End the request that runs, in order or at once."""
        self._send({"cancel": "force" if at_once else "request"})

    def _send(self, message: Mapping[str, Any]) -> None:
        assert self.process.stdin is not None, "it is piped"
        self.process.stdin.write(json.dumps(message, default=str) + "\n")
        self.process.stdin.flush()


@contextmanager
def started() -> Iterator[WorkerProcess]:
    """A worker that ends with the block."""
    command = [sys.executable, "-m", "bay.stacks.worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield WorkerProcess(process)
        finally:
            assert process.stdin is not None, "it is piped"
            with suppress(BrokenPipeError):
                process.stdin.close()


def _event(answer: Answer) -> Event:
    kind = getattr(events, answer.pop("event"))
    del answer["id"]
    event: Event = TypeAdapter(kind).validate_python(answer)  # JSON has lists only
    return event


def _error(family: str, message: str, hint: str) -> BayError:
    """Of its own class, where that takes no more than the words."""
    kind = getattr(errors, family, None) or getattr(component_errors, family, None)
    if kind is Interrupted:
        return Interrupted()
    if isinstance(kind, type) and issubclass(kind, BayError):
        try:
            return kind(message, hint)
        except TypeError:
            pass
    return WorkerError(family, message, hint)
