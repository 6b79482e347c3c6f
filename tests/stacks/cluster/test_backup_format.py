"""A backup opens with its own bay's state, whole, or not at all."""

import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bay.components.node.credentials import Generation
from bay.stacks.cluster import backup_reader, backup_writer
from bay.stacks.cluster.backup_format import DIGEST
from bay.stacks.cluster.backup_reader import open_backup, read_header
from bay.stacks.cluster.backup_writer import Writer, new_header
from bay.stacks.errors import BackupUnusable
from tests.fakes.messages import told
from tests.fakes.states import BAY_ID

CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PIECE = 1000
"""Bytes of a piece in these tests, so that small files have several."""
SNAPSHOT = bytes(range(256)) * 10


def keys(serial: int = 1, mark: str = "a") -> Generation:
    return {"phase": "current", "serial": serial, "ca_key": f"ca {mark}", "ssh_host_key": "host"}  # type: ignore[typeddict-item]


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (backup_reader, backup_writer):
        monkeypatch.setattr(module, "PIECE", PIECE)


def write(file: Path, snapshot: bytes = SNAPSHOT, own: Generation | None = None, bay_id: str = BAY_ID) -> Path:
    own = own or keys()
    with file.open("wb") as opened:
        writer = Writer(opened, new_header("demo", bay_id, "swarm", "demo-master-0", CREATED, own), own)
        for start in range(0, len(snapshot), 700):
            writer.write(snapshot[start : start + 700])
        writer.close("26.1.5")
    return file


def refusal(file: Path, *own: Generation) -> tuple[str, str]:
    message, hint, code = told(lambda: open_backup(file, "demo", BAY_ID, own or (keys(),)))
    assert code == 1
    return message, hint


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 5 * PIECE + 7])
def test_what_was_saved_comes_out_again(size: int, tmp_path: Path) -> None:
    snapshot = os.urandom(size)
    opened = open_backup(write(tmp_path / "a", snapshot), "demo", BAY_ID, [keys()])
    assert b"".join(opened.snapshot()) == snapshot
    assert (opened.summary.size, opened.summary.version) == (size, "26.1.5")
    assert opened.summary.sha256 == hashlib.sha256(snapshot).hexdigest()
    assert (opened.header.bay, opened.header.master, opened.header.created) == ("demo", "demo-master-0", CREATED)


def test_nothing_of_the_snapshot_is_in_the_file(tmp_path: Path) -> None:
    written = write(tmp_path / "a", b"a secret of somebody " * 500).read_bytes()
    assert b"a secret of somebody" not in written
    assert b"ca a" not in written
    assert len(written) > 10_000


def test_two_backups_of_the_same_snapshot_have_nothing_in_common(tmp_path: Path) -> None:
    first, second = (write(tmp_path / name).read_bytes().split(b"\n", 2)[2] for name in "ab")
    assert len(first) == len(second)
    assert sum(a == b for a, b in zip(first, second, strict=True)) < len(first) / 50


@settings(max_examples=25, deadline=None)
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_bit_that_flipped_anywhere_is_seen(where: float, bit: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = write(tmp_path_factory.mktemp("backup") / "a")
    content = bytearray(file.read_bytes())
    content[int(where * len(content))] ^= 1 << bit
    file.write_bytes(content)
    with pytest.raises(BackupUnusable):
        open_backup(file, "demo", BAY_ID, [keys()])


def regions(content: bytes) -> dict[str, int]:
    """A byte of each part of a file."""
    begin, salt = content.index(b"}\n") + 2, content.index(b'"salt"') + 8
    return {
        "magic": 3,
        "version": len("bay-backup "),
        "header": content.index(b"swarm"),
        "salt": next(i for i in range(salt, begin) if content[i : i + 1].isdigit()),
        "length": begin,
        "first piece": begin + 4,
        "tag of the first piece": begin + 4 + PIECE + 15,
        "last piece": len(content) - DIGEST - 20,
        "checksum": len(content) - 1,
    }


@pytest.mark.parametrize("region", regions(b'bay-backup 1\n{"coe":"swarm","salt":"0"}\n' + bytes(2000)))
@pytest.mark.parametrize("mends", [False, True], ids=["by accident", "with a checksum that fits"])
def test_damage_of_every_part_is_refused(region: str, mends: bool, tmp_path: Path) -> None:
    """mends: as somebody does it who wants that it is not seen."""
    file = write(tmp_path / "a")
    content = bytearray(file.read_bytes())
    content[regions(bytes(content))[region]] ^= 1
    if mends:
        content[-DIGEST:] = hashlib.sha256(content[:-DIGEST]).digest()
        if region == "checksum":
            content[-1] ^= 1
    file.write_bytes(content)
    message, _ = refusal(file)
    expected = {
        "magic": "is no backup of a bay",
        "version": "is a backup of version 0; this bay command reads version 1",
    }.get(region, "is damaged: its checksum is wrong")
    if mends and region not in ("magic", "version", "checksum"):
        expected = "was not written with the keys of bay demo, or somebody has changed it"
    if mends and region == "length":
        expected = "is damaged: a piece of it has a wrong length"
    assert expected in message


@pytest.mark.parametrize("left", [0, 5, 13, 100, 300, 1400, -1, -DIGEST, -DIGEST - 1])
def test_a_file_that_ends_early_is_refused(left: int, tmp_path: Path) -> None:
    file = write(tmp_path / "a")
    content = file.read_bytes()
    file.write_bytes(content[:left])
    with pytest.raises(BackupUnusable, match=r"is no backup of a bay|is damaged"):
        open_backup(file, "demo", BAY_ID, [keys()])


def test_pieces_may_neither_be_left_out_nor_change_places(tmp_path: Path) -> None:
    """Also where whoever did it wrote a checksum that fits."""
    file = write(tmp_path / "a")
    content = file.read_bytes()[:-DIGEST]
    begin = content.index(b"}\n") + 2
    size = 4 + PIECE + 16
    head, first, second, rest = (
        content[:begin],
        content[begin : begin + size],
        content[begin + size : begin + 2 * size],
        content[begin + 2 * size :],
    )
    for changed in (head + second + first + rest, head + second + rest, head + first + second, head):
        file.write_bytes(changed + hashlib.sha256(changed).digest())
        with pytest.raises(BackupUnusable):
            open_backup(file, "demo", BAY_ID, [keys()])


def test_a_backup_of_another_bay_is_named(tmp_path: Path) -> None:
    other = "00000000-0000-4000-8000-00000000000b"
    message, hint = refusal(write(tmp_path / "a", bay_id=other))
    assert message == f"{tmp_path}/a is a backup of another bay: demo (bay:id {other}), not of demo ({BAY_ID})"
    assert "opens only with the state of its own bay" in hint


def test_a_backup_that_only_says_it_is_of_this_bay_does_not_open(tmp_path: Path) -> None:
    message, _ = refusal(write(tmp_path / "a", own=keys(mark="of somebody else")))
    assert message == f"{tmp_path}/a was not written with the keys of bay demo, or somebody has changed it"


def test_the_generation_of_keys_is_the_files_own(tmp_path: Path) -> None:
    """In the middle of a rotation both are there; a number of the state is a float."""
    file = write(tmp_path / "a")
    generations = [keys(2, "new"), {**keys(), "serial": 1.0, "phase": "previous"}]
    opened = open_backup(file, "demo", BAY_ID, generations)  # type: ignore[arg-type]
    assert b"".join(opened.snapshot()) == SNAPSHOT
    message, hint = refusal(file, keys(2, "new"))
    assert message == f"{tmp_path}/a was encrypted with keys that bay demo has no more (generation 1)"
    assert "since the bay's keys were rotated" in hint


def with_header(file: Path, **changes: Any) -> Path:
    """A backup that says something else, with a checksum that fits."""
    first, header, rest = file.read_bytes()[:-DIGEST].split(b"\n", 2)
    changed = b"\n".join([first, json.dumps({**json.loads(header), **changes}).encode(), rest])
    file.write_bytes(changed + hashlib.sha256(changed).digest())
    return file


@pytest.mark.parametrize(
    "changes",
    [{"salt": "short"}, {"created": "yesterday"}, {"created": "2026-01-02T03:04:05"}, {"serial": "x"}, {"more": 1}],
)
def test_a_header_that_makes_no_sense_is_damage(changes: dict[str, Any], tmp_path: Path) -> None:
    message, _ = refusal(with_header(write(tmp_path / "a"), **changes))
    assert message == f"{tmp_path}/a is damaged: its header cannot be read"


@pytest.mark.parametrize("changes", [{"master": "other"}, {"bay": "other"}, {"created": "2027-01-02T03:04:05Z"}])
def test_a_header_that_somebody_changed_is_not_trusted(changes: dict[str, Any], tmp_path: Path) -> None:
    assert "somebody has changed it" in refusal(with_header(write(tmp_path / "a"), **changes))[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no backup of a bay"),
        (b"bay-backup 1", "is no backup of a bay"),
        (b"bay-backup one\n{}\n", "is no backup of a bay"),
        (b"\x1f\x8b\x08 something else\n" * 9, "is no backup of a bay"),
        (b"bay-backup 2\n...", "is a backup of version 2; this bay command reads version 1"),
        (b"bay-backup 1\n{}\n" + bytes(99), "is damaged: its header cannot be read"),
        (b"bay-backup 1\n" + b"x" * 200_000, "is damaged: its header cannot be read"),
    ],
)
def test_files_that_are_something_else_are_told(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(content)
    assert refusal(tmp_path / "a")[0] == f"{tmp_path}/a {message}"


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    assert refusal(tmp_path / "a") == (f"{tmp_path}/a: No such file or directory", "name a file that 'bay backup' made")
    assert refusal(tmp_path)[0] == f"{tmp_path}: Is a directory"


def test_a_file_that_changes_after_it_was_opened_gives_nothing_else(tmp_path: Path) -> None:
    file = write(tmp_path / "a")
    opened = open_backup(file, "demo", BAY_ID, [keys()])
    write(file, b"another snapshot")
    with pytest.raises(BackupUnusable, match="it has changed while it was read"):
        list(opened.snapshot())


def test_what_was_not_ended_is_no_backup(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as opened:
        Writer(opened, new_header("demo", BAY_ID, "swarm", "m", CREATED, keys()), keys()).write(SNAPSHOT)
    assert read_header(tmp_path / "a").bay == "demo"
    assert "is damaged" in refusal(tmp_path / "a")[0]
