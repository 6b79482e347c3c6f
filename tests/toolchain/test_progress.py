"""How far a build is: on a terminal by one line that changes, elsewhere by a line now and then."""

import fcntl
import io
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bay.toolchain import ensure, status_line
from tests.waiting import eventually

PutGo = Callable[..., Path]

#: Of a part: five packages, of which Go has one compiled already, and the main package.
PACKAGES = "a/one true\na/two false\na/three true\na/four true\na/five true\nmain true"

#: What the last part's compiler does.
STEPS = 'case "$PWD" in */cli) {} ;; esac'


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress that is said all the time."""
    monkeypatch.setattr("bay.toolchain.process.HEARTBEAT", 0.05)
    monkeypatch.setattr("bay.toolchain.process.REFRESH", 0.05)


@dataclass
class Told:
    """Takes lines; `until` is a shell command that waits until one of them has a text in it."""

    file: Path
    lines: list[str] = field(default_factory=list)

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        with self.file.open("a") as file:
            file.write(f"{line}\n")

    def until(self, text: str) -> str:
        return f'until grep -q "{text}" {self.file} 2>/dev/null; do sleep 0.02; done'


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path / "told")


def of(title: str, said: list[str]) -> list[str]:
    """The different lines of progress of one part, without their seconds."""
    lines = [re.sub(r", \d+ s$", "", line.strip()) for line in said if title in line]
    return list(dict.fromkeys(line for line in lines if not line.startswith("built")))


@pytest.mark.usefixtures("often")
def test_the_packages_that_are_missing_are_counted_beforehand_and_then_off(
    cache: Path, programs: Path, put_go: PutGo, told: Told
) -> None:
    first, second = told.until("command: 0 of about 4"), told.until("command: 2 of about 4")
    compiled = f"{first}; echo a/one; echo go: something else; echo a/three; {second}; echo main"
    put_go(STEPS.format(f"{compiled}; {told.until('linking the pulumi command')}"), packages=PACKAGES)
    ensure(cache, str(programs), told)
    assert of("the pulumi command", told.lines) == [
        "building the pulumi command (3 of 3)",
        "compiling the pulumi command: 0 of about 4 packages",
        "compiling the pulumi command: 2 of about 4 packages",
        "linking the pulumi command",
    ]


@pytest.mark.usefixtures("often")
def test_the_modules_that_are_downloaded_are_counted(cache: Path, programs: Path, put_go: PutGo, told: Told) -> None:
    one, two = told.until("plugin: 1 modules"), told.until("plugin: 2 modules")
    put_go(packages=f'go: downloading a v1"; {one}; echo "go: downloading b v1"; {two}; echo "main true')
    ensure(cache, str(programs), told)
    assert of("the sources of the OpenStack plugin", told.lines)[-2:] == [
        "downloading the sources of the OpenStack plugin: 1 modules",
        "downloading the sources of the OpenStack plugin: 2 modules",
    ]


@pytest.mark.usefixtures("often")
def test_on_a_terminal_progress_goes_to_its_own_line_which_is_cleared(
    cache: Path, programs: Path, put_go: PutGo, told: Told
) -> None:
    put_go(STEPS.format(f"echo a/one; {told.until('command: 1 of about 4')}"), packages=PACKAGES)
    said: list[str] = []
    ensure(cache, str(programs), said.append, told)
    assert not any("packages" in line for line in said)
    assert told.lines[-1] == ""


def test_elsewhere_there_is_no_line_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert status_line(io.StringIO()) is None
    monkeypatch.setenv("TERM", "dumb")
    _, terminal = pty.openpty()
    with os.fdopen(terminal, "w") as stream:
        assert status_line(stream) is None


def test_a_line_is_no_longer_than_the_terminal_is_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    screen, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 20, 0, 0))
    with os.fdopen(terminal, "w") as stream:
        write = status_line(stream)
        assert write is not None
        write("compiling the OpenStack plugin")
        write("")
    assert os.read(screen, 1000) == b"\r\x1b[Kcompiling the OpenS\r\x1b[K"
    os.close(screen)


@pytest.mark.toolchain
def test_the_real_compiler_is_counted_and_ends_with_nothing_left(tmp_path: Path) -> None:
    if shutil.which("go") is None:
        pytest.skip("no Go on PATH")
    environment = os.environ | {
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "GOCACHE": str(tmp_path / "gocache"),  # empty, so that there is something to compile
        "PATH": os.pathsep.join(["/usr/bin", "/bin", str(Path(shutil.which("go") or "").parent)]),
    }
    program = (
        "import sys; from bay.toolchain import process; process.HEARTBEAT = 0.2\n"
        "from bay.toolchain.__main__ import main; sys.exit(main())"
    )
    with subprocess.Popen([sys.executable, "-c", program], env=environment, stderr=subprocess.PIPE, text=True) as build:
        assert build.stderr is not None
        line = next(line for line in build.stderr if re.search(r"[1-9]\d* of about", line))
        build.send_signal(signal.SIGINT)
        rest = build.stderr.read()
    done, total = map(int, re.findall(r"(\d+) of about (\d+) packages", line)[0])
    assert 900 < total < 1200, "what `go list -deps` has for the OpenStack plugin"
    assert done < total
    assert rest.endswith("interrupted; what is compiled is kept, the same command goes on from there\n")
    eventually(lambda: not _programs_that_name(tmp_path))
    assert sorted(path.name for path in (tmp_path / "cache" / "bay" / "toolchain").iterdir()) == ["build.log", "lock"]


def _programs_that_name(folder: Path) -> list[str]:
    listing = subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if str(folder) in line]
