"""A folder of backups: names, and what goes when only some are kept."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bay.stacks.cluster.backup_folder import backups_of, folder_named, new_file, prune, require_folder
from bay.stacks.cluster.backup_writer import Writer, new_header
from tests.fakes.messages import told
from tests.fakes.states import BAY_ID
from tests.stacks.cluster.test_backup_format import CREATED, keys

OTHER = "00000000-0000-4000-8000-00000000000b"


def write(folder: Path, name: str, day: int, bay_id: str = BAY_ID) -> Path:
    file, created = folder / f"{name}.bay-backup", CREATED + timedelta(days=day)
    with file.open("wb") as opened:
        Writer(opened, new_header("demo", bay_id, "swarm", "m", created, keys()), keys()).close()
    return file


def test_the_newest_are_kept_whatever_they_are_called(tmp_path: Path) -> None:
    for name, day in (("c", 1), ("a", 3), ("b", 2), ("d", 0)):
        write(tmp_path, name, day)
    assert [file.stem for file, _ in backups_of(tmp_path, BAY_ID)] == ["a", "b", "c", "d"]
    assert [file.stem for file in prune(tmp_path, BAY_ID, 2)] == ["c", "d"]
    assert sorted(file.stem for file in tmp_path.iterdir()) == ["a", "b"]
    assert prune(tmp_path, BAY_ID, 2) == []


def test_what_is_no_backup_of_the_bay_stays(tmp_path: Path) -> None:
    write(tmp_path, "own", 0)
    kept = [write(tmp_path, "of-another-bay", -9, OTHER), write(tmp_path, "renamed", -9).rename(tmp_path / "renamed")]
    for name in ("demo-20200101T000000Z.bay-backup", "notes.txt"):
        (tmp_path / name).write_text("mine")
        kept.append(tmp_path / name)
    (tmp_path / "folder.bay-backup").mkdir()
    write(tmp_path, "newer", 1)
    assert [file.stem for file in prune(tmp_path, BAY_ID, 1)] == ["own"]
    assert all(file.exists() for file in kept)


def test_a_name_has_the_time_and_is_no_other_files(tmp_path: Path) -> None:
    created = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    first = new_file(tmp_path, "demo", created)
    assert first.name == "demo-20260102T030405Z.bay-backup"
    first.touch()
    assert new_file(tmp_path, "demo", created).name == "demo-20260102T030405Z-2.bay-backup"


@pytest.mark.parametrize("url", ["s3://bucket/bays", "S3://b", "gs://b", "file:///tmp"])
def test_a_url_is_refused_with_what_to_do(url: str) -> None:
    message, hint, code = told(lambda: folder_named(url))
    assert (message, code) == (f"{url}: backups are written to folders only", 2)
    assert hint.startswith("name a folder, and copy the file from there")


def test_a_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    require_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o700
    require_folder(tmp_path / "a" / "b")


def test_what_can_be_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert told(lambda: require_folder(tmp_path / "file"))[0].startswith(f"{tmp_path}/file")
    assert told(lambda: require_folder(tmp_path / "file" / "below"))[0] == f"{tmp_path}/file/below: Not a directory"
