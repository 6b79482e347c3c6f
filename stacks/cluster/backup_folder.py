"""A folder of backups: how its files are named, and which of them go."""

import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from bay.components.errors import BayError, InvalidInput
from bay.components.private_files import make_folder
from bay.stacks.cluster.backup_format import SUFFIX, Header
from bay.stacks.cluster.backup_reader import read_header
from bay.stacks.errors import BackupUnusable

URL = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def folder_named(text: str) -> Path:
    """The folder that a user named; InvalidInput for a URL: no client of object stores is a part of bay."""
    if URL.match(text):
        raise InvalidInput(
            f"{text}: backups are written to folders only",
            "name a folder, and copy the file from there ('aws s3 cp', 'rclone copy'), or mount the bucket",
        )
    return Path(text)


def require_folder(folder: Path) -> None:
    """Make it, for its owner alone, where it is not there; BayError where that cannot be."""
    try:
        make_folder(folder)
    except OSError as error:
        raise BayError(f"{folder}: {error.strerror}", "name a folder that you may write to") from None
    if not folder.is_dir():
        raise InvalidInput(f"{folder} is no folder", "name a folder that you may write to")


def new_file(folder: Path, bay: str, created: datetime) -> Path:
    """A path where there is nothing yet: ``physics-20260102T030405Z.bay-backup``."""
    stem = f"{bay}-{created:%Y%m%dT%H%M%SZ}"
    names = (stem, *(f"{stem}-{number}" for number in range(2, 100)))
    return next(path for path in (folder / f"{name}{SUFFIX}" for name in names) if not path.exists())


def backups_of(folder: Path, bay_id: str) -> list[tuple[Path, Header]]:
    """The backups of a bay in a folder, the newest first; files that are something else are none."""
    found = []
    for file in folder.glob(f"*{SUFFIX}"):
        with suppress(BackupUnusable):
            header = read_header(file)
            if header.bay_id == bay_id:
                found.append((file, header))
    return sorted(found, key=lambda one: (one[1].created, one[0].name), reverse=True)


def prune(folder: Path, bay_id: str, keep: int) -> list[Path]:
    """Delete all but the newest backups of a bay; those that went. Files of other bays, or of none, stay."""
    old = [file for file, _ in backups_of(folder, bay_id)[keep:]]
    for file in old:
        file.unlink(missing_ok=True)
    return old
