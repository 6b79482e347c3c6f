"""How far servers are, from the marks in their console logs (docs/decisions/0013)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bay.components.text import printable

MARK = re.compile(r"bay: stage=(?P<name>[\w-]+) node=\S+(?P<details>(?: [\w-]+=\S*)*)")

BOOTING = "booting"
UNBOOTED = "unbooted"
"""Said by the sandbox for a server that never boots."""
READY = "ready"
FAILED = "failed"


@dataclass(frozen=True)
class Stage:
    """A server's latest mark; `booting` before it has made any."""

    name: str = BOOTING
    details: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        reason = self.details.get("reason", "").replace("-", " ")
        return f"{self.name}: {reason}" if reason else self.name


def latest(log: str) -> Stage:
    """The last mark in a console log."""
    marks = list(MARK.finditer(log))
    return _stage(marks[-1]) if marks else Stage()


def unresolved_failure(log: str) -> Stage | None:
    """The latest failure in a console log, unless what came after it got further than what was before it.

    The unit of a server tries again and again, and each time says first what it said the last time: only `ready`,
    or a mark that is new since it was last ready, tells that this attempt does better.
    """
    failure, said = None, set[str]()
    for mark in MARK.finditer(log):
        if mark["name"] == FAILED:
            failure = _stage(mark)
        elif mark["name"] == READY:
            failure, said = None, set()
        elif mark[0] not in said:
            failure = None
            said.add(mark[0])
    return failure


def _stage(mark: re.Match[str]) -> Stage:
    return Stage(mark["name"], dict(word.split("=", 1) for word in mark["details"].split()))


@dataclass(frozen=True)
class ConsoleLog:
    """The console log of a server, its lines without colours and control characters."""

    server: str
    id: str
    lines: tuple[str, ...]


def tail(log: str, lines: int | None = 10) -> list[str]:
    """The last lines of a console log that are not empty, without colours and control characters; None: all."""
    # Nova takes the escape characters away, and leaves the rest of what gave colour.
    plain = re.sub(r"\x1b?\[[0-9;?]+[A-Za-z]|\x1b\[[A-Za-z]|[^\n\t\x20-\x7e\u00a0-\ufffc]", "", log)
    return [printable(line.rstrip()) for line in plain.splitlines() if line.strip()][-(lines or 0) :]
