"""What changed a bay, and when: from the entries of Pulumi's own history."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

OPERATIONS = {
    "update": "update",
    "destroy": "delete",
    "refresh": "refresh",
    "import": "import",
    "resource-import": "import",
}
"""Pulumi's kind of a run -> what it did."""


@dataclass(frozen=True)
class Run:
    """One run of Pulumi. started: in UTC. seconds: how long it took; None of one that did not end.

    created, updated, replaced, deleted: numbers of resources. commit: of the checkout that it was made from; may be
    empty.
    """

    started: str
    operation: str
    result: str
    seconds: int | None
    created: int
    updated: int
    replaced: int
    deleted: int
    commit: str = ""
    message: str = ""

    def row(self) -> dict[str, Any]:
        """As plain values."""
        return {**vars(self)}


def runs_of(entries: Iterable[Mapping[str, Any]]) -> list[Run]:
    """From entries of `pulumi stack history --json`, in their order: the newest first."""
    return [_run(entry) for entry in entries]


def _run(entry: Mapping[str, Any]) -> Run:
    changes = entry.get("resourceChanges") or {}
    environment = entry.get("environment") or {}
    kind, started, ended = str(entry.get("kind", "")), entry.get("startTime") or "", entry.get("endTime") or ""
    return Run(
        started=re.sub(r"\.\d+", "", started),
        operation=OPERATIONS.get(kind, kind),
        result=str(entry.get("result", "")),
        seconds=_seconds(started, ended),
        created=_count(changes, "create"),
        updated=_count(changes, "update"),
        replaced=_count(changes, "replace"),
        deleted=_count(changes, "delete"),
        commit=str(environment.get("git.head") or "")[:12],
        message=str(entry.get("message") or ""),
    )


def _count(changes: Mapping[str, Any], operation: str) -> int:
    return int(changes.get(operation) or 0)


def _seconds(started: str, ended: str) -> int | None:
    if not started or not ended:
        return None
    return round((datetime.fromisoformat(ended) - datetime.fromisoformat(started)).total_seconds())
