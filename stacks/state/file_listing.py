"""What a ``file://`` state holds, told from the names of its files and its history, without Pulumi.

Imports little: completion of names in a shell waits for it.
"""

import filecmp
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

COMPRESSED = (".gz", ".zst")
"""What follows the name of a compressed file."""
FORMATS = (".json", ".yaml", ".yml")
"""Formats in which Pulumi reads a state."""
HISTORY = ".history.json"


def stack_names(folder: Path, project: str) -> list[str] | None:
    """Names of the stacks of a project, sorted; None where Pulumi keeps them otherwise: ask it then."""
    if not (folder / ".pulumi").exists():
        return []
    if not is_by_project(folder):
        return None
    with suppress(FileNotFoundError, NotADirectoryError):
        return sorted(set(_names(folder / ".pulumi" / "stacks" / project)))
    return []


def _names(states: Path) -> Iterator[str]:
    for file in states.iterdir():
        plain = Path(file.stem) if file.suffix in COMPRESSED else Path(file.name)
        if plain.suffix in FORMATS:
            yield plain.stem


def is_by_project(folder: Path) -> bool:
    """Whether Pulumi keeps stacks by project there, as it has done since 2023."""
    try:
        return (folder / ".pulumi" / "meta.yaml").read_text(encoding="utf-8").strip() == "version: 1"
    except (OSError, ValueError):
        return False


def history(folder: Path, project: str, stack: str, size: int) -> list[dict[str, Any]] | None:
    """The newest entries of a stack's history as `pulumi stack history --json` prints them, the newest first.

    Without the configuration of each. None where that is not told from the files: ask Pulumi then.
    """
    if not is_by_project(folder):
        return None
    try:
        runs = folder / ".pulumi" / "history" / project / stack
        names = sorted((file.name for file in runs.iterdir()), reverse=True) if runs.is_dir() else []
        if any(HISTORY in name and name.endswith(COMPRESSED) for name in names):
            return None
        newest = [name for name in names if name.endswith(HISTORY)][:size]
        return [_entry(json.loads((runs / name).read_bytes())) for name in newest]
    except (OSError, ValueError, TypeError, KeyError):
        return None


def is_as_left(folder: Path, project: str, stack: str) -> bool:
    """Whether a stack is byte for byte what its last run left: at its end Pulumi puts a copy into the history."""
    runs = folder / ".pulumi" / "history" / project / stack
    newest = max(runs.glob("*.history.json"), default=None)
    if newest is None:
        return False
    copied = newest.with_name(newest.name.removesuffix(HISTORY) + ".checkpoint.json")
    try:
        return filecmp.cmp(copied, folder / ".pulumi" / "stacks" / project / f"{stack}.json", shallow=False)
    except OSError:
        return False
    finally:
        filecmp.clear_cache()


def _entry(run: Mapping[str, Any]) -> dict[str, Any]:
    entry = {
        "kind": run["kind"],
        "startTime": _time(run["startTime"]),
        "message": run.get("message", ""),
        "environment": run.get("environment") or {},
        "result": run["result"],
    }
    if run["result"] != "in-progress":
        entry |= {"endTime": _time(run["endTime"]), "resourceChanges": run.get("resourceChanges") or {}}
    return entry


def _time(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S.000Z}"
