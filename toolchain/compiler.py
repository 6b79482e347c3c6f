"""Runs `go` for one part, and says how far it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bay.toolchain import golang
from bay.toolchain.failures import explain
from bay.toolchain.parts import GO_BUILD, GO_FLAGS, Part
from bay.toolchain.process import Describe, ProcessFailed, Report, run

#: What `go list` prints of each package: its path, and whether the compiler has to make it.
_PACKAGES = "{{.ImportPath}} {{.Stale}}"


@dataclass(frozen=True)
class Compiler:
    """A `go` that works on one part.

    scratch: where it keeps what it throws away at its end, but leaves when it is interrupted. log: gets what it
    prints. report: gets lines that stay. status: gets lines of which each replaces the one before, on a terminal.
    """

    go: Path
    part: Part
    scratch: Path
    log: Path
    report: Report
    status: Report | None = None
    #: For every command that looks at the part's packages.
    flags: tuple[str, ...] = ()

    def build(self, output: Path) -> None:
        """Compile and link the part's program into the file `output`; what is in Go's cache is not compiled again."""
        main, missing = self._packages()
        command: list[str | Path] = [
            *GO_BUILD,
            *self.flags,
            "-ldflags",
            self.part.linker,
            "-o",
            output,
            self.part.package,
        ]
        self._run(command, partial(self._compiled, main, missing))

    def module_folder(self, module: str) -> Path:
        """Where Go has put the sources of a module that the part is made of; downloads it if it is not there."""
        self._run(["mod", "download", module], self._downloaded)
        return Path(self._run(["list", "-m", "-f", "{{.Dir}}", module], None).strip())

    def _packages(self) -> tuple[str, frozenset[str]]:
        """The main package, and those beside it that are not compiled yet.

        More may be compiled, when what they import has changed. Modules that are not there are downloaded.
        """
        output = self._run(
            ["list", "-deps", *GO_FLAGS, *self.flags, "-f", _PACKAGES, self.part.package], self._downloaded
        )
        *imported, main = [line.split() for line in output.splitlines() if not line.startswith("go: ")]
        return main[0], frozenset(words[0] for words in imported if words[1] == "true")

    def _downloaded(self, lines: Sequence[str], seconds: float) -> str:
        count = sum(line.startswith("go: downloading ") for line in lines)
        return f"downloading the sources of {self.part.title}: {count} modules, {seconds:.0f} s"

    def _compiled(self, main: str, missing: frozenset[str], lines: Sequence[str], seconds: float) -> str:
        """The main package comes last; after it only the linker works."""
        printed = {line.strip() for line in lines}
        if main in printed or not missing:
            return f"linking {self.part.title}, {seconds:.0f} s"
        done = len(printed & missing)
        return f"compiling {self.part.title}: {done} of about {len(missing)} packages, {seconds:.0f} s"

    def _run(self, arguments: Sequence[str | Path], describe: Describe | None) -> str:
        try:
            return run(
                [self.go, *arguments],
                folder=self.part.folder,
                environment={**golang.environment(), "GOTMPDIR": str(self.scratch)},
                log=self.log,
                title=self.part.title,
                report=self.report,
                status=self.status,
                describe=describe,
            )
        except ProcessFailed as failure:
            raise explain(f"building {self.part.title}", failure, self.log) from failure
