"""Where parts are made: runs the programs that make them, so that none of them outlives the build."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bay.sandbox.environment import child_environment
from bay.sandbox.images.failures import explain
from bay.toolchain import failures, golang
from bay.toolchain.process import ProcessFailed, Report, run

POLITE = ("nice", "-n", "10")
"""A build takes minutes, and the machine is somebody's own."""

ALONE = ("setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child")
"""With mounts and process ids of its own: all that it has started and mounted is gone when it ends, or when this
process ends, however that happens."""


@dataclass(frozen=True)
class Workshop:
    """One build.

    nodes: the cache's folder of node images. path: where programs are searched. log: gets what they print.
    """

    nodes: Path
    path: str
    log: Path
    report: Report

    def go(self, folder: Path, arguments: Sequence[str | Path], title: str, c_library: bool = False) -> None:
        """Run the Go compiler in a module's folder; raises ToolchainError."""
        compiler = golang.ensure(self.nodes / "parts", self.path, self.log, self.report)
        environment = dict(golang.environment())
        if c_library:
            environment["CGO_ENABLED"] = "1"
        try:
            self._run([*POLITE, compiler, *arguments], folder, environment, title)
        except ProcessFailed as failure:
            raise failures.explain(title, failure, self.log) from failure

    def root(self, command: Sequence[str | Path], title: str) -> str:
        """Run a program that needs root, return what it printed; raises SandboxError."""
        return self._as_root([*ALONE, "--mount-proc", *command], title)

    def inside(self, rootfs: Path, command: Sequence[str | Path], title: str) -> str:
        """Run a program of a root file system in it, return what it printed; raises SandboxError."""
        return self._as_root([*ALONE, "--root", rootfs, "--wd", "/", "--mount-proc=/proc", *command], title)

    def _as_root(self, command: Sequence[str | Path], title: str) -> str:
        environment = child_environment() | {
            "DEBIAN_FRONTEND": "noninteractive",
            "LC_ALL": "C.UTF-8",
            "PATH": self.path,
        }
        try:
            return self._run([*POLITE, *command], Path("/"), environment, title)
        except ProcessFailed as failure:
            raise explain(title, failure, self.log) from failure

    def _run(self, command: Sequence[str | Path], folder: Path, environment: dict[str, str], title: str) -> str:
        return run(command, folder=folder, environment=environment, log=self.log, title=title, report=self.report)


def architecture() -> str:
    """This machine's, as Go and container images call it."""
    machine = platform.machine()
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
