"""Backs up a bay: what its engine keeps on the masters, from one that serves, in a file that only its state opens."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from bay.components.engines import ENGINES
from bay.components.engines.backups import Snapshots
from bay.components.errors import BayError, InvalidInput
from bay.components.node.credentials import Generation, current
from bay.components.spec import BaySpec
from bay.stacks.cluster.backup_folder import new_file, prune, require_folder
from bay.stacks.cluster.backup_format import Header
from bay.stacks.cluster.backup_writer import Writer, new_header
from bay.stacks.cluster.health import UNHEALTHY, health_of
from bay.stacks.cluster.remote import Answer, Shell, open_shells
from bay.stacks.cluster.ssh import require_way_in
from bay.stacks.stack import BayStack
from bay.stacks.state import pki
from bay.stacks.state.snapshot import RecordedServer

NOT_SERVING = 3
"""Exit code of a snapshot's script (engines/files/common/snapshots.sh)."""


@dataclass(frozen=True)
class BackupRequest:
    """What is asked for. folder: where the file goes. keep: backups of the bay that stay there, the newest; None: all.

    node: the master that it is taken from; empty: one that serves. user, key: as `ssh_target` has them.
    """

    folder: Path
    keep: int | None = None
    node: str = ""
    user: str | None = None
    key: Path | None = None


@dataclass(frozen=True)
class BackupResult:
    """What was written. version: of the engine. size: of the file, bytes. removed: older files of the bay that went."""

    file: Path
    header: Header
    version: str
    size: int
    removed: tuple[Path, ...] = ()

    @property
    def row(self) -> dict[str, Any]:
        """As `bay backup -f json` prints it."""
        return {
            "bay": self.header.bay,
            "file": str(self.file),
            "size": self.size,
            "created": self.header.created.isoformat(),
            "coe": self.header.coe,
            "version": self.version,
            "master": self.header.master,
            "removed": [str(file) for file in self.removed],
        }


def backup(bay: BayStack, request: BackupRequest) -> BackupResult:
    """Write a backup, and only then delete older ones; nothing of the bay changes.

    BayError where no master lets the caller in, or none serves.
    """
    spec = bay.state.require_spec()
    snapshots = snapshots_of(bay.name, spec)
    if request.keep is not None and request.keep < 1:
        raise InvalidInput(f"to keep {request.keep} backups is to keep none", "keep at least 1")
    masters = _candidates(bay, request.node)
    require_way_in(bay, request.key)
    require_folder(request.folder)
    shells = open_shells(bay, masters, request.user, request.key)
    result = _Backup(bay, spec, snapshots, request.folder).from_first_that_serves(shells)
    removed = prune(request.folder, bay.state.bay_id, request.keep) if request.keep else []
    return replace(result, removed=tuple(removed))


def snapshots_of(bay: str, spec: BaySpec) -> Snapshots:
    """How the engine of a bay is saved; BayError for one that cannot be."""
    engine = ENGINES[spec.coe]
    found: Snapshots | None = getattr(engine, "snapshots", None)
    if found is None:
        raise BayError(f"bay {bay}: {engine.title} has no backup", "save what it holds by its own means")
    return found


def _candidates(bay: BayStack, node: str) -> list[RecordedServer]:
    """The masters, those first that the engine does not call unhealthy; in the order of their numbers otherwise."""
    masters = [server for server in bay.state.servers if server.role == "master" and server.id]
    if node:
        server = bay.state.find_server(node)
        if server not in masters:
            raise InvalidInput(f"{server.name} is no master", "--node names the master that the backup is taken from")
        return [server]
    if not masters:
        raise BayError(f"bay {bay.name} has no masters", f"'bay show {bay.name}' says how it is")
    nodes = health_of(bay).nodes if len(masters) > 1 else {}
    return sorted(masters, key=lambda server: nodes.get(server.name) == UNHEALTHY)


@dataclass(frozen=True)
class _Backup:
    bay: BayStack
    spec: BaySpec
    snapshots: Snapshots
    folder: Path

    def from_first_that_serves(self, shells: Sequence[Shell]) -> BackupResult:
        """BayError with what each of them says, where none does."""
        keys, reasons = current(pki.generations(self.bay.secrets())), []
        for shell in shells:
            server = shell.target.server
            self.bay.notify("backup", f"{self.snapshots.data} is saved from {server}")
            answer, result = self._take(shell, keys)
            if result:
                return result
            reasons.append(f"{server}: {answer.reason}")
            if answer.code != NOT_SERVING and not answer.is_unreachable:
                raise BayError(f"bay {self.bay.name}: {reasons[-1]}", "nothing was written; the bay is as it was")
        raise BayError(
            f"bay {self.bay.name}: no master gives a backup: {'; '.join(reasons)}",
            f"'bay ssh {self.bay.name}' has to get in (access.ssh, -i KEY); 'bay show {self.bay.name}' asks the engine",
        )

    def _take(self, shell: Shell, keys: Generation) -> tuple[Answer, BackupResult | None]:
        """The file appears under its name only when it is whole, and what is written before is encrypted, too."""
        state, created = self.bay.state, datetime.now(UTC).replace(microsecond=0)
        server = shell.target.server
        header = new_header(self.bay.name, state.bay_id, self.spec.coe, server, created, keys)
        with _unfinished(self.folder) as content:
            writer = Writer(content, header, keys)
            answer = shell.run(self.snapshots.script, ["save"], output=writer.write)
            if answer.code:
                return answer, None
            summary = writer.close(answer.facts.get("version", ""))
            if (answer.facts.get("sha256"), answer.facts.get("size")) != (summary.sha256, str(summary.size)):
                raise BayError(
                    f"{shell.target.server}: the snapshot did not arrive as it was sent", "run the same again"
                )
            file = new_file(self.folder, self.bay.name, created)
            os.replace(content.name, file)
        return answer, BackupResult(file, header, summary.version, file.stat().st_size)


@contextmanager
def _unfinished(folder: Path) -> Iterator[BinaryIO]:
    """A file for its owner alone that goes, unless it has another name by then."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".bay-backup-", delete=False) as file:
            try:
                yield cast(BinaryIO, file)
            finally:
                Path(file.name).unlink(missing_ok=True)
    except OSError as error:
        hint = "nothing is left of the backup; make room, or name another folder"
        raise BayError(f"{folder}: {error.strerror}", hint) from None
