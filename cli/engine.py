"""The Pulumi CLI as a child process that Ctrl-C stops in order, and only then by force."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from typing import IO

from pulumi.automation import CommandResult, PulumiCommand
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

Listener = Callable[[str], None] | None


class Engine(PulumiCommand):
    """Runs `pulumi` in a process group of its own, so that a terminal's Ctrl-C reaches only `bay`.

    `interrupt()` asks the running engine to finish what is in flight and save its state; `kill()` ends it.
    """

    def __init__(self, command: str, version: str, environment: Mapping[str, str]) -> None:
        # Deliberately not super().__init__: it would start `pulumi version` in each run of bay.
        self.command = command
        self.version = VersionInfo.parse(version)
        self.environment = dict(environment)
        self.child: subprocess.Popen[str] | None = None

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Listener = None,
        on_error: Listener = None,
    ) -> CommandResult:
        """Run to the end; CommandError (or a subclass that names the cause) for another exit code than 0."""
        environment = {**os.environ, **additional_env, **self.environment, "PULUMI_AUTOMATION_API": "true"}
        output: list[str] = []
        errors: list[str] = []
        with subprocess.Popen(
            [self.command, "--non-interactive", *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=environment,
            encoding="utf-8",
            start_new_session=True,
        ) as child:
            self.child = child
            readers = [
                threading.Thread(target=_read, args=(child.stdout, on_output, output)),
                threading.Thread(target=_read, args=(child.stderr, on_error, errors)),
            ]
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join()
        self.child = None
        result = CommandResult(stdout="\n".join(output), stderr="\n".join(errors), code=child.returncode)
        if result.code != 0:
            raise create_command_error(result)
        return result

    def interrupt(self) -> None:
        """First Ctrl-C: no new operations; those in flight are waited for."""
        if self.child is not None:
            self.child.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """Second Ctrl-C: the engine and its plugins end now; what was in flight is left pending in the state."""
        if self.child is not None:
            os.killpg(self.child.pid, signal.SIGKILL)


def _read(stream: IO[str], listener: Listener, lines: list[str]) -> None:
    for line in stream:
        lines.append(line.rstrip())
        if listener is not None:
            listener(line.rstrip())
