"""The Pulumi CLI as a child process that Ctrl-C stops in order, and only then by force."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from pulumi.automation import CommandResult, PulumiCommand
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from bay.stacks.automation.errors import Interrupted
from bay.stacks.state import file_backend

Listener = Callable[[str], None] | None

READS = 20
"""Attempts to read a state that another run may be writing just now, a tenth of a second apart."""


def planning() -> dict[str, str]:
    """Environment of an engine that only plans: it compares several resources with the state at a time, and collects
    garbage less often, which saves a quarter of the time (docs/speed.md). What the user has set counts."""
    return {name: os.environ.get(name, value) for name, value in (("PULUMI_PARALLEL_DIFF", "true"), ("GOGC", "400"))}


class Engine(PulumiCommand):
    """Runs `pulumi` in a session of its own, so that a terminal's Ctrl-C reaches only `bay`.

    `interrupt()` asks the running engine to finish what is in flight and save its state; `kill()` ends it.
    """

    def __init__(self, command: str, version: str, environment: Mapping[str, str]) -> None:
        # Deliberately not super().__init__: it would start `pulumi version` in each run of bay.
        self.command = command
        self.version = VersionInfo.parse(version)
        self.environment = dict(environment)
        self.children: set[subprocess.Popen[str]] = set()
        self.stopping = False

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Listener = None,
        on_error: Listener = None,
    ) -> CommandResult:
        """Run to the end; CommandError (or a subclass that names the cause) for another exit code than 0."""
        for _ in range(READS):
            result = self._run_once(args, cwd, additional_env, on_output, on_error)
            if not file_backend.said(result.stderr):
                break
            time.sleep(0.1)
        else:  # whoever wrote it was killed
            if self.state_folder and file_backend.mend(self.state_folder):
                result = self._run_once(args, cwd, additional_env, on_output, on_error)
        if result.code != 0:
            raise create_command_error(result)
        return result

    @property
    def state(self) -> str:
        """URL of the state that it works on."""
        return self.environment.get("PULUMI_BACKEND_URL", "")

    @property
    def state_folder(self) -> Path | None:
        """Folder of a ``file://`` state, None for every other backend."""
        folder = self.state.removeprefix("file://")
        return Path(folder).expanduser() if folder != self.state else None

    def _run_once(
        self, args: list[str], cwd: str, additional_env: Mapping[str, str], on_output: Listener, on_error: Listener
    ) -> CommandResult:
        if self.stopping:  # Ctrl-C came between two commands
            raise Interrupted()
        output: list[str] = []
        errors: list[str] = []
        with subprocess.Popen(
            [self.command, "--non-interactive", *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env={**os.environ, **additional_env, **self.environment, "PULUMI_AUTOMATION_API": "true"},
            encoding="utf-8",
            start_new_session=True,
        ) as child:
            readers = [
                threading.Thread(target=_read, args=(child.stdout, on_output, output)),
                threading.Thread(target=_read, args=(child.stderr, on_error, errors)),
            ]
            for reader in readers:
                reader.start()
            try:
                self._wait(child)
            finally:
                if child.returncode is not None and child.returncode < 0:
                    _end(_session(child.pid))  # plugins would go on to make what nobody notes any more
                for reader in readers:
                    reader.join()
        return CommandResult(stdout="\n".join(output), stderr="\n".join(errors), code=child.returncode)

    def _wait(self, child: subprocess.Popen[str]) -> None:
        self.children.add(child)
        try:
            if self.stopping:
                child.send_signal(signal.SIGINT)
            child.wait()
        except KeyboardInterrupt:  # of a command that only reads, or is over in a moment
            self.interrupt()
            try:
                child.wait()
            except KeyboardInterrupt:
                self.kill()
            raise
        finally:
            self.children.discard(child)

    def interrupt(self) -> None:
        """First Ctrl-C: no new operations; those in flight are waited for."""
        self.stopping = True
        for child in list(self.children):
            child.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """Second Ctrl-C: the engine and its plugins end now; what was in flight is left pending in the state."""
        for child in list(self.children):
            _end([child.pid, *_session(child.pid)])


def _end(processes: Iterable[int]) -> None:
    for pid in processes:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _session(leader: int) -> Iterator[int]:
    """Processes of the leader's session: plugins, in process groups of their own, outlive an engine that is killed.

    None where the system has no /proc; the plugins then end when they next write to the engine.
    """
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            _state, _parent, _group, session, *_ = status.read_text().rpartition(")")[2].split()
            if int(session) == leader:
                yield int(status.parent.name)


def _read(stream: IO[str], listener: Listener, lines: list[str]) -> None:
    with suppress(ValueError):  # closed while it is read: Ctrl-C came before anybody waited for the engine
        for line in stream:
            lines.append(line.rstrip())
            if listener is not None:
                listener(line.rstrip())
