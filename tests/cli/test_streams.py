"""Streams that are closed, full or broken: said in two lines where that matters, and never a traceback."""

import errno
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from bay.cli.errors import unexpected
from bay.cli.streams import Messages
from tests.integration.bays.harness import COMMAND

FULL = (
    "error: standard output: No space left on device",
    "       free some space where the output goes, or send it elsewhere",
)
LIST = "model list -f value -c name"


def shell(line: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A line of bash, with BAY for the command."""
    exports = " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())
    environment = {"PATH": os.environ["PATH"], "HOME": str(Path.home()), "BAY": f"env {exports} {COMMAND}"}
    script = ["bash", "-c", f"set -o pipefail; {line}"]
    return subprocess.run(script, env=environment, capture_output=True, encoding="latin-1", timeout=120)


@pytest.mark.parametrize("words", [LIST, "model list", "model show swarm -f json", "--help", "--version"])
def test_a_full_output_is_said_in_two_lines(words: str) -> None:
    done = shell(f"$BAY {words} >/dev/full")
    assert (done.returncode, done.stderr.splitlines()) == (1, list(FULL))


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-", "2>/dev/full"])
@pytest.mark.parametrize("words", [LIST, "model list", "--help"])
def test_who_closes_a_stream_wants_nothing_of_it(words: str, closed: str) -> None:
    done = shell(f"$BAY {words} {closed}")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("words", ["model fields -f json", "model list", "--help"])
def test_a_reader_that_has_seen_enough_ends_a_command_without_a_word(words: str) -> None:
    done = shell(f"$BAY {words} | true")
    assert done.returncode in (0, 1), "0 where all was written before"
    assert done.stderr == ""


@pytest.mark.parametrize("place", ["2>&-", "2>/dev/full", "2>&1 >/dev/null | true"])
def test_an_error_that_cannot_be_said_is_still_one(place: str) -> None:
    assert shell(f"$BAY model show nosuch {place}").returncode != 0


LOCALES = [
    {"LC_ALL": "C"},
    {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
    {"LC_ALL": "nosuch"},
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "latin-1:strict"},
]


@pytest.mark.parametrize("locale", LOCALES, ids=str)
def test_every_character_is_written_in_every_locale(tmp_path: Path, locale: dict[str, str]) -> None:
    """In every form, of which one process writes all: what the locale decides is decided when it starts."""
    models = tmp_path / "bay" / "models"
    models.mkdir(parents=True)
    (models / "lab.yaml").write_text("about: Zürich → 東京\nextends: swarm\n")
    program = "import sys; from bay.cli.streams import open_standard_streams; open_standard_streams()\n"
    program += "from bay.cli.app import run\n"
    program += "for form in sys.argv[1:]: print(form, run(['model', 'list', '-f', form]), flush=True)"
    forms = ("table", "json", "yaml", "csv", "value", "markdown")
    variables = {"XDG_CONFIG_HOME": str(tmp_path), **locale}
    command = shlex.join([sys.executable, "-c", program, *forms])
    done = shell(f"env {' '.join(f'{name}={shlex.quote(value)}' for name, value in variables.items())} {command}")
    assert (done.returncode, done.stderr) == (0, "")
    parts = done.stdout.splitlines()
    ends = [parts.index(f"{form} 0") for form in forms]
    for begin, end in zip([0, *ends], ends, strict=False):
        assert "lab" in "".join(parts[begin:end])


@pytest.mark.parametrize("locale", LOCALES, ids=str)
def test_the_command_itself_is_one_that_writes_every_character(tmp_path: Path, locale: dict[str, str]) -> None:
    models = tmp_path / "bay" / "models"
    models.mkdir(parents=True)
    (models / "lab.yaml").write_text("about: Zürich → 東京\nextends: swarm\n")
    done = shell("$BAY model list", XDG_CONFIG_HOME=str(tmp_path), **locale)
    assert (done.returncode, done.stderr) == (0, "")
    assert "lab" in done.stdout


def test_a_message_that_nobody_takes_ends_nothing() -> None:
    number = os.open("/dev/full", os.O_WRONLY)
    with Messages(number, "w") as full:
        assert full.write(b"lost") == 4
        full.flush()


def test_whoever_writes_to_stderr_is_not_ended_by_it() -> None:
    """Not only bay does: Pulumi's SDK empties it when a program ends."""
    program = "import sys; from bay.cli.streams import open_standard_streams as o; o();"
    program += "sys.stderr.write('x' * 99999); sys.stderr.flush(); sys.stdout.write('went on')"
    for place in ("2>/dev/full", "2>&-"):
        assert shell(f"{sys.executable} -c {shlex.quote(program)} {place}").stdout == "went on"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "a file: No space left on device"),
        (OSError(errno.ENOSPC, "No space left on device", "/d/x"), "/d/x: No space left on device"),
        (OSError(errno.EDQUOT, "Disk quota exceeded", "/d/x"), "/d/x: Disk quota exceeded"),
        (OSError(errno.EROFS, "Read-only file system", "/d/x"), "/d/x: Read-only file system"),
    ],
)
def test_a_file_that_cannot_be_written_is_no_mistake_in_bay(error: OSError, message: str) -> None:
    told = unexpected(error)
    assert told.message == message
    assert "mistake" not in str(told.hint)
