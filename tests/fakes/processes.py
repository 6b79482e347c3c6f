"""Processes that hold a lock: one that runs under the name of Pulumi, as long as a test needs it."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def living_pulumi(folder: Path) -> Iterator[int]:
    """The id of a process whose program is called `pulumi`; it does nothing."""
    program = folder / "pulumi"
    shutil.copy(str(shutil.which("sleep")), program)
    with subprocess.Popen([program, "600"]) as process:
        try:
            yield process.pid
        finally:
            process.kill()
