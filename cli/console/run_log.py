"""A file with what a run decided, for whoever asks afterwards: below ~/.local/state/bay, the user's own, the newest 50.

One that decided nothing, as a list or a wrong option, leaves none. Nothing in it is or looks like a secret.
"""

import logging
import os
import platform
import shlex
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import MemoryHandler
from pathlib import Path

from bay.components.private_files import make_folder
from bay.components.text import printable
from bay.stacks.redaction import redact, redact_text

KEPT = 50
"""Files of the newest runs."""
HELD_BACK = 10_000
"""Lines of details that wait for the first decision."""
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class _Formatter(logging.Formatter):
    """Lines without secrets, and without what others wrote to act on a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """One record, with its traceback if it has one."""
        return printable(redact_text(super().format(record)))


class _File(logging.FileHandler):
    """Made when the first line is written; where that is not possible, there is none, and the run goes on."""

    def __init__(self, path: Path, words: Sequence[str], started: datetime) -> None:
        super().__init__(path, encoding="utf-8", delay=True)
        self.path, self.words, self.started = path, words, started
        self.is_given_up = False

    def emit(self, record: logging.LogRecord) -> None:
        """One record, if there is a file or can be one."""
        if self.is_given_up:
            return
        try:
            super().emit(record)
        except OSError:  # no space, no folder of this user's, a file system that only reads
            self.is_given_up = True

    def _open(self) -> TextIOWrapper:
        make_folder(self.path.parent)
        _prune(self.path.parent)
        opened = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        stream = os.fdopen(opened, "w", encoding="utf-8")
        stream.write(printable(_head(self.words, self.started)) + "\n")
        return stream

    def handleError(self, record: logging.LogRecord) -> None:
        """Nothing: a full disk ends no change."""


class RunLog:
    """The log of this run. path: its file, which may not be there yet."""

    def __init__(self, folder: Path, command: str, words: Sequence[str]) -> None:
        now = datetime.now(UTC)
        name = command if command.isalpha() else "bay"
        self.path = folder / f"{now:%Y%m%dT%H%M%S}-{os.getpid()}-{name}.log"
        self._file = _File(self.path, words, now)
        formatter = _Formatter(FORMAT)
        formatter.converter = lambda seconds: datetime.fromtimestamp(seconds or 0, UTC).timetuple()
        self._file.setFormatter(formatter)
        self._memory = MemoryHandler(HELD_BACK, logging.INFO, self._file, flushOnClose=False)
        self._logger = logging.getLogger("bay")
        self._level = self._logger.level

    def start(self) -> None:
        """Note from now on what bay itself logs."""
        self._logger.setLevel(logging.DEBUG)
        self._logger.addHandler(self._memory)

    @property
    def exists(self) -> bool:
        """Whether anything was decided."""
        return self._file.stream is not None

    def end(self) -> None:
        """Write what is left to be written of a run that decided something."""
        if self.exists:
            self._memory.flush()
        self._logger.removeHandler(self._memory)
        self._logger.setLevel(self._level)
        self._memory.close()
        self._file.close()


def _head(words: Sequence[str], started: datetime) -> str:
    from bay.components.distribution import installed_version

    versions = f"bay {installed_version()}, Python {platform.python_version()}"
    return f"{started:%Y-%m-%dT%H:%M:%SZ} {versions}: {_without_secrets(words)}"


def _prune(folder: Path) -> None:
    with suppress(OSError):  # of another run at the same time
        for old in sorted(folder.glob("*.log"))[: -(KEPT - 1)]:
            old.unlink(missing_ok=True)


def _without_secrets(words: Sequence[str]) -> str:
    """The command line as it was typed, but for what is a secret or was meant for another program."""
    own = list(words[: words.index("--")] if "--" in words else words)
    behind = [f"-- ({len(words) - len(own) - 1} words)"] if len(own) < len(words) else []
    return " ".join([*("bay", *(shlex.quote(_masked(word)) for word in own)), *behind])


def _masked(word: str) -> str:
    """``--set`` and its field stay, with a value that may be shown."""
    option, _, rest = word.partition("=") if word.startswith("--") else ("", "", word)
    field, assigned, value = rest.partition("=")
    shown = redact_text(f"{field}={redact(field, value)}" if assigned else rest)
    return f"{option}={shown}" if option and rest else option or shown
