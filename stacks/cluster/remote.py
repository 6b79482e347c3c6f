"""Runs a script of bay's own as root on a server, over SSH: what it reads and what it prints are streams."""

import logging
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from bay.components.errors import BayError
from bay.stacks.cancellation import Cancellation
from bay.stacks.cluster.ssh import SshTarget, ssh_targets
from bay.stacks.state.snapshot import RecordedServer

if TYPE_CHECKING:
    from bay.stacks.stack import BayStack

LOG = logging.getLogger(__name__)

OPTIONS = ("BatchMode=yes", "ConnectTimeout=10", "ServerAliveInterval=15", "ServerAliveCountMax=4", "LogLevel=ERROR")
UNREACHABLE = 255
"""Exit code of `ssh` where it could not log in, or lost the connection."""
PIECE = 1 << 20
MARK = "bay: "
"""What a line of facts begins with that a script prints beside its output, as ``bay: size=3 version=2``."""


@dataclass(frozen=True)
class Answer:
    """How a script ended. facts: what it said in lines of `MARK`. lines: the other lines of its standard error."""

    code: int
    facts: Mapping[str, str] = field(default_factory=dict)
    lines: tuple[str, ...] = ()

    @property
    def is_unreachable(self) -> bool:
        """Whether nobody was let in, or the connection broke."""
        return self.code == UNREACHABLE

    @property
    def reason(self) -> str:
        """The last line that says anything."""
        return next((line for line in reversed(self.lines) if line.strip()), f"exit code {self.code}").strip()


@dataclass(frozen=True)
class Shell:
    """A way to run scripts on one server. environment: of `ssh`, with PATH."""

    target: SshTarget
    environment: Mapping[str, str]
    cancel: Cancellation

    def run(
        self,
        script: str,
        words: Sequence[str],
        payload: Iterable[bytes] = (),
        output: Callable[[bytes], object] = lambda _data: None,
        *,
        finishes: bool = False,
    ) -> Answer:
        """Run a script with these arguments; payload: what it reads, output: given what it prints as it comes.

        finishes: that an end which is asked for in order lets it come to its own.

        BayError without `ssh`; Interrupted where the caller asks for the end. What `payload` or `output` raises, is
        raised.
        """
        LOG.debug("%s: %s", self.target.server, " ".join(words))
        try:
            child = subprocess.Popen(
                self._command(words),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=dict(self.environment),
                start_new_session=True,
            )
        except FileNotFoundError:
            raise BayError("there is no ssh on this machine", "install OpenSSH's client") from None
        in_order = (lambda: None) if finishes else (lambda: _end(child))
        with child, self.cancel.stopping(in_order, lambda: _end(child)):
            try:
                answer = _converse(child, script.encode(), payload, output)
            except BaseException:
                _end(child)
                raise
        self.cancel.raise_if_requested()
        return answer

    def _command(self, words: Sequence[str]) -> list[str]:
        """``ssh ... bash -s WORDS``, by sudo for who is not root; the words are plain ones."""
        ssh, *rest = self.target.command(
            ["bash", "-s", "--", *words] if self.target.user == "root" else ["sudo", "-n", "bash", "-s", "--", *words]
        )
        return [ssh, "-T", *(word for option in OPTIONS for word in ("-o", option)), *rest]


def _end(child: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        child.send_signal(signal.SIGTERM)


def _converse(
    child: "subprocess.Popen[bytes]", script: bytes, payload: Iterable[bytes], output: Callable[[bytes], object]
) -> Answer:
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    failures: list[BaseException] = []
    lines: list[str] = []
    threads = [
        threading.Thread(target=_feed, args=(child, child.stdin, script, payload, failures)),
        threading.Thread(target=_collect, args=(child.stderr, lines)),
    ]
    for thread in threads:
        thread.start()
    try:
        stdout = cast(BufferedReader, child.stdout)
        while data := stdout.read1(PIECE):
            output(data)
    except BaseException:
        _end(child)
        raise
    finally:
        for thread in threads:
            thread.join()
    code = child.wait()
    if failures:
        raise failures[0]
    return _answer(code, lines)


def _feed(
    child: "subprocess.Popen[bytes]",
    stdin: IO[bytes],
    script: bytes,
    payload: Iterable[bytes],
    failures: list[BaseException],
) -> None:
    """A script that ends early reads no more; its exit code says why."""
    try:
        with suppress(BrokenPipeError), stdin:
            stdin.write(script)
            for piece in payload:
                stdin.write(piece)
    except BaseException as error:  # of the payload: the caller is told in its own thread
        failures.append(error)
        _end(child)


def _collect(stderr: IO[bytes], lines: list[str]) -> None:
    for line in stderr:
        lines.append(line.decode(errors="replace").rstrip("\n"))


def _answer(code: int, lines: Sequence[str]) -> Answer:
    facts: dict[str, str] = {}
    others = []
    for line in lines:
        if line.startswith(MARK):
            words = (word.partition("=") for word in line.removeprefix(MARK).split())
            facts |= {name: value for name, _, value in words}
        else:
            others.append(line)
    return Answer(code, facts, tuple(others))


def open_shells(
    bay: "BayStack", servers: Sequence[RecordedServer], user: str | None = None, key: Path | None = None
) -> list[Shell]:
    """Ways in to these servers, in their order; user, key and errors: as `ssh_targets` has them."""
    context = bay.context
    targets = ssh_targets(bay, servers, user, key)
    return [Shell(target, context.settings.environment, context.cancel) for target in targets]
