"""The Pulumi CLI as a child process that ends in order when it is asked to, and only then by force."""

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from pulumi.automation import CommandResult, PulumiCommand
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from bay.stacks.cancellation import Cancellation
from bay.stacks.processes import kill_session
from bay.stacks.state import file_backend
from bay.stacks.state_url import folder_of

Listener = Callable[[str], None] | None

READS = 20
"""Attempts to read a state that another run may be writing just now, a tenth of a second apart."""

OPEN = (("stack", "history"), ("stack", "ls"), ("stack", "rm"), ("cancel",))
"""First words of commands that neither decrypt nor encrypt anything."""

READ_ONLY = (("preview",), ("stack", "export"), ("stack", "output"), ("stack", "history"), ("stack", "ls"))
"""First words of commands that change nothing: they can be ended at any moment."""


class PulumiProcess(PulumiCommand):
    """Runs `pulumi` in a session of its own, so that a terminal's Ctrl-C reaches only its parent.

    environment: all of the child's. cancel: where its end may be asked for: a run that changes something finishes what
    is in flight and saves its state. on_repair: told the names of stacks whose files had to be repaired.
    passphrase: asked for variables that commands need which decrypt or encrypt; others run without.
    """

    def __init__(
        self,
        command: str,
        version: str,
        environment: Mapping[str, str],
        cancel: Cancellation | None = None,
        on_repair: Callable[[list[str]], None] = lambda _stacks: None,
    ) -> None:
        # Deliberately not super().__init__: it would start `pulumi version` each time.
        self.command = command
        self.version = VersionInfo.parse(version)
        self.environment = dict(environment)
        self.cancel = cancel or Cancellation()
        self.on_repair = on_repair
        self.passphrase: Callable[[], Mapping[str, str]] = dict
        self.children: set[subprocess.Popen[str]] = set()

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Listener = None,
        on_error: Listener = None,
        answer: str = "",
    ) -> CommandResult:
        """Run to the end; CommandError (or a subclass that names the cause) for another exit code than 0.

        answer: a line for a question that Pulumi asks, which no other process sees as it would an argument.
        """
        for _ in range(READS):
            result = self._run_once(args, cwd, additional_env, on_output, on_error, answer)
            if not file_backend.is_torn_read(result.stderr):
                break
            time.sleep(0.1)
        else:  # whoever wrote it was killed
            if self.repair_state():
                result = self._run_once(args, cwd, additional_env, on_output, on_error, answer)
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
        return folder_of(self.state)

    def repair_state(self) -> bool:
        """Repair the files of a ``file://`` state; whether there was anything to repair."""
        if self.state_folder is None:
            return False
        repaired, stacks = file_backend.repair(self.state_folder)
        if stacks:
            self.on_repair(stacks)
        return repaired

    def planning_environment(self) -> dict[str, str]:
        """For a process that only plans: it compares several resources with the state at a time, and collects
        garbage less often, which saves a quarter of the time (docs/speed.md). What the user has set counts."""
        defaults = {"PULUMI_PARALLEL_DIFF": "true", "GOGC": "400"}
        return {name: self.environment.get(name, value) for name, value in defaults.items()}

    def _run_once(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Listener,
        on_error: Listener,
        answer: str,
    ) -> CommandResult:
        self.cancel.raise_if_requested()  # the end was asked for between two commands
        passphrase = self.passphrase() if needs_passphrase(args) else {}
        output: list[str] = []
        errors: list[str] = []
        with subprocess.Popen(
            [self.command, "--non-interactive", *args],
            stdin=subprocess.PIPE if answer else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env={**additional_env, **self.environment, **passphrase, "PULUMI_AUTOMATION_API": "true"},
            encoding="utf-8",
            start_new_session=True,
        ) as child:
            readers = [
                threading.Thread(target=_read, args=(child.stdout, on_output, output)),
                threading.Thread(target=_read, args=(child.stderr, on_error, errors)),
            ]
            for reader in readers:
                reader.start()
            if child.stdin:
                _write_line(child.stdin, answer)
            try:
                self._wait(child, can_be_killed=_is_read_only(args))
            finally:
                if child.returncode is not None and child.returncode < 0:
                    kill_session(child.pid)  # plugins would go on to create what nobody notes any more
                for reader in readers:
                    reader.join()
        return CommandResult(stdout="\n".join(output), stderr="\n".join(errors), code=child.returncode)

    def _wait(self, child: subprocess.Popen[str], *, can_be_killed: bool) -> None:
        self.children.add(child)
        try:
            with self.cancel.stopping(self.kill if can_be_killed else self.interrupt, self.kill):
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
        """Begin no new operations, and finish those in flight."""
        for child in list(self.children):
            child.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End Pulumi and its plugins now; what was in flight is left pending in the state."""
        for child in list(self.children):
            kill_session(child.pid)


def needs_passphrase(args: Sequence[str]) -> bool:
    """Whether a command decrypts or encrypts what is secret in a state."""
    if _begins_with(args, (("stack", "export"),)):
        return "--show-secrets" in args
    return not _begins_with(args, OPEN)


def _is_read_only(args: Iterable[str]) -> bool:
    return _begins_with(args, READ_ONLY)


def _begins_with(args: Iterable[str], commands: Iterable[tuple[str, ...]]) -> bool:
    words = [word for word in args if not word.startswith("-")]
    return any(tuple(words[: len(known)]) == known for known in commands)


def _write_line(stream: IO[str], line: str) -> None:
    with suppress(BrokenPipeError), stream:  # of one that ended before it asked
        stream.write(f"{line}\n")


def _read(stream: IO[str], listener: Listener, lines: list[str]) -> None:
    with suppress(ValueError):  # closed while it is read: an interrupt came before anybody waited for Pulumi
        for line in stream:
            lines.append(line.rstrip())
            if listener is not None:
                listener(line.rstrip())
