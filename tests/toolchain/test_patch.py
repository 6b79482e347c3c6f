"""A module with changes of our own: what does not fit is an error that names the place."""

from pathlib import Path

import pytest

from bay.toolchain import ToolchainError, parts
from bay.toolchain.patch import apply, copy_module, edits

EDITS = """
[[edit]]
why = "it greets"
file = "inner/main.go"
old = '''
	leave()
'''
new = '''
	greet()
	leave()
'''
"""


@pytest.fixture
def patch(tmp_path: Path) -> Path:
    """A patch with one edit and one file."""
    folder = tmp_path / "patch"
    (folder / "inner").mkdir(parents=True)
    (folder / "edits.toml").write_text(EDITS)
    (folder / "inner" / "greet.go").write_text("package main\n")
    return folder


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A module as it lies in Go's cache: nothing can be written."""
    folder = tmp_path / "module"
    (folder / "inner" / "testdata").mkdir(parents=True)
    (folder / "inner" / "main.go").write_text("func main() {\n\tleave()\n}\n")
    for name in ("main_test.go", "testdata/large"):
        (folder / "inner" / name).write_text("")
    for path in (folder / "inner" / "main.go", folder / "inner", folder):
        path.chmod(0o555)
    return folder


def test_the_copy_has_the_edits_the_files_and_no_tests(patch: Path, module: Path, tmp_path: Path) -> None:
    copy_module(module, tmp_path / "copy")
    apply(patch, tmp_path / "copy")
    assert (tmp_path / "copy" / "inner" / "main.go").read_text() == "func main() {\n\tgreet()\n\tleave()\n}\n"
    assert sorted(path.name for path in (tmp_path / "copy" / "inner").iterdir()) == ["greet.go", "main.go"]


@pytest.mark.parametrize(
    ("text", "times"),
    [("func main() {\n\tgo leave()\n}\n", 0), ("\n\tleave()\n\n\tleave()\n", 2), (None, 0)],
    ids=["changed", "twice", "moved"],
)
def test_what_is_not_there_once_is_an_error_that_names_the_place(
    patch: Path, tmp_path: Path, text: str | None, times: int
) -> None:
    copy = tmp_path / "copy"
    (copy / "inner").mkdir(parents=True)
    if text is not None:
        (copy / "inner" / "main.go").write_text(text)
    with pytest.raises(ToolchainError) as caught:
        apply(patch, copy)
    message = f"inner/main.go of the module is not as the patch wants it (it greets: found {times} times)"
    assert caught.value.message == message
    assert str(patch / "edits.toml") in caught.value.hint


def test_a_change_of_the_patch_is_another_program() -> None:
    part = next(part for part in parts.PARTS if part.patch)
    assert part.patch is not None
    without = parts.Part(part.title, part.module, part.package, part.program, part.linker)
    assert part.digest != without.digest


def test_every_edit_of_pulumi_says_why_and_changes_something() -> None:
    found = edits(parts.SOURCES / "pulumi")
    assert len(found) >= 7
    assert all(edit.why and edit.old != edit.new and edit.old.strip() for edit in found)
