"""Runs the system's commands."""

import subprocess
import time
from collections.abc import Callable

from .deadline import Deadline

SHOWN = 400  # characters of a failed command's complaint


class CommandError(Exception):
    """A command failed; the message has its own last words."""


def run(*command: str, text: str | None = None) -> str:
    """Output of a command that gets ``text`` as its input; CommandError when it fails."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandError(f"{' '.join(command)}: {done.stderr.strip()[-SHOWN:]}")
    return done.stdout


def attempt(*command: str) -> bool:
    """Whether a command succeeded that may as well fail."""
    return not subprocess.run(command, capture_output=True, check=False).returncode


def wait_until(condition: Callable[[], object], seconds: float, interval: float = 0.05) -> bool:
    """Whether the condition came true within ``seconds``, see Deadline."""
    deadline = Deadline(seconds)
    while not condition():
        if deadline.has_passed():
            return False
        time.sleep(interval)
    return True
