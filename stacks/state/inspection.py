"""What lies in the folder of a ``file://`` state: sizes and versions of bays, and what dead runs have left."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bay.components.text import command
from bay.stacks.settings import PROJECT, Settings
from bay.stacks.state import file_backend

FEATURE = "journal-beside-the-state"
"""Of a state that has a journal: an official Pulumi stops at it (docs/decisions/0056)."""


@dataclass(frozen=True)
class Finding:
    """One line of `bay state doctor`. bay: empty for what is of no bay. remedy: a command, or what a person does."""

    bay: str
    check: str
    ok: bool
    detail: str
    remedy: str = ""


def inspect(folder: Path, names: Iterable[str]) -> Iterator[Finding]:
    """Findings of these bays; nothing is changed, and no process is started."""
    for name in names:
        yield _state(folder, name)
        yield from _locks(folder, name)
        yield from _journals(folder, name)
        yield _copies(folder, name)


def _state(folder: Path, name: str) -> Finding:
    file = folder / ".pulumi" / "stacks" / PROJECT / f"{name}.json"
    try:
        content = file.read_bytes()
        described = _described(json.loads(content))
    except FileNotFoundError:
        return Finding(name, "state", True, "compressed, or not in JSON: read by Pulumi alone")
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        remedy = f"bay show {name} puts Pulumi's copy in its place, if that is whole"
        return Finding(name, "state", False, f"{_size(file)}, cut short or no state", remedy)
    return Finding(name, "state", True, f"{_size(file)}, {described}")


def _described(content: Mapping[str, Any]) -> str:
    latest = content["checkpoint"].get("latest") or {}
    manifest = latest.get("manifest") or {}
    pending = len(latest.get("pending_operations") or ())
    parts = [f"{len(latest.get('resources') or ())} resources"]
    parts += [f"{pending} operations were interrupted"] if pending else []
    parts += [f"written {manifest['time'][:19]}"] if manifest.get("time") else []
    parts += [f"by Pulumi {manifest['version'].lstrip('v')}"] if manifest.get("version") else []
    return ", ".join([*parts, f"layout {content['version']}"])


def _locks(folder: Path, name: str) -> Iterator[Finding]:
    for holder in file_backend.lock_holders(folder, PROJECT, name):
        since = f" since {holder.since[:19]}" if holder.since else ""
        who = f"{holder.user}@{holder.host}, process {holder.pid}{since}"
        if holder.is_dead:
            yield Finding(name, "lock", False, f"left by a run that is no more ({who})", command("bay", "cancel", name))
        else:
            yield Finding(name, "lock", True, f"held by {who}")


def _journals(folder: Path, name: str) -> Iterator[Finding]:
    holders = list(file_backend.lock_holders(folder, PROJECT, name))
    is_running = any(not holder.is_dead for holder in holders)
    for file in sorted((folder / ".pulumi" / "journals" / PROJECT / name).glob("*")):
        if ".kept-" in file.name:
            detail = f"{_size(file)}, of a state that somebody has replaced: what it created may be in no state"
            remedy = f"bay drift {name} shows what is extra; then remove {file}"
            yield Finding(name, "journal", False, detail, remedy)
        elif is_running:
            yield Finding(name, "journal", True, f"{_size(file)}, of the run that holds the lock")
        else:
            detail = f"{_size(file)}, left by an interrupted run; every command reads the state through it"
            yield Finding(name, "journal", False, detail, f"bay update {name} takes it into the state")


def _copies(folder: Path, name: str) -> Finding:
    """Pulumi's copies from before each run, and of the state after it: they are never removed by themselves."""
    base = folder / ".pulumi"
    backups = [file for file in (base / "backups" / PROJECT / name).glob("*.json*") if file.suffix != ".attrs"]
    history = [
        file for file in (base / "history" / PROJECT / name).glob("*.checkpoint.json*") if file.suffix != ".attrs"
    ]
    return Finding(
        name,
        "copies",
        True,
        f"{len(backups)} backups of {_total(backups)}, {len(history)} states in the history of {_total(history)}",
    )


def left_behind(folder: Path, names: Iterable[str]) -> Iterator[Finding]:
    """Journals of bays that are no more."""
    known = set(names)
    for journals in sorted((folder / ".pulumi" / "journals" / PROJECT).glob("*")):
        if journals.name not in known and any(journals.iterdir()):
            detail = f"of {journals.name}, which is in no state"
            yield Finding("", "journal", False, detail, f"bring its state back, or remove {journals}")


def passphrases(
    settings: Settings, names: Iterable[str], is_in_barbican: Callable[[str], bool] = lambda _name: False
) -> Iterator[Finding]:
    """Which are not on this machine, and which belong to no bay; nothing where the user has one of their own.

    And those of which a rotation was interrupted, whoever has them.
    """
    names = list(names)
    for name in sorted(names):
        if settings.next_passphrase_file(name).exists():
            remedy = command("bay", "rotate", "passphrase", name)
            yield Finding(name, "passphrase", False, "its rotation was interrupted; bay knows both", remedy)
    if settings.has_own_passphrase:
        return
    known, folder = set(names), settings.passphrase_file("x").parent
    kept = {file.name for file in folder.glob("[!.]*")}
    shared = settings.shared_passphrase_file.exists()
    for name in sorted(known - kept):
        if shared:
            yield Finding(name, "passphrase", True, "the shared one, if plain pulumi made it")
        elif is_in_barbican(name):
            yield Finding(name, "passphrase", True, "in Barbican of the project")
        else:
            remedy = f"copy {folder / name} from where the bay was created"
            yield Finding(name, "passphrase", False, "not on this machine: its keys cannot be read here", remedy)
    for name in sorted(kept - known):
        remedy = f"needed where its bay is brought back from a backup; else remove {folder / name}"
        yield Finding("", "passphrase", True, f"of {name}, which is not in this state", remedy)


def of_rows(rows: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """From rows of `pulumi stack ls --json`, of a state that is no folder."""
    found = []
    for row in sorted(rows, key=lambda row: str(row["name"])):
        count = row.get("resourceCount")
        parts = [f"{count} resources"] if count is not None else []
        parts += [f"written {row['lastUpdate'][:19]}"] if row.get("lastUpdate") else []
        parts += ["a run is changing it"] if row.get("updateInProgress") else []
        found.append(Finding(str(row["name"]).rsplit("/", 1)[-1], "state", True, ", ".join(parts)))
    return found


def _size(file: Path) -> str:
    return _total([file])


def _total(files: Iterable[Path]) -> str:
    size = float(sum(file.stat().st_size for file in files if file.exists()))
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
