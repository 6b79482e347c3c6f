"""No file of the checkout has the marks of a merge that somebody left half done: one was in a page for users."""

import subprocess

from tests.paths import ROOT

MARKS = "^(" + "<" * 7 + "|" + ">" * 7 + ") "


def test_no_file_has_marks_of_a_merge() -> None:
    found = subprocess.run(
        ["git", "grep", "-n", "-I", "-E", MARKS], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout) == (1, ""), found.stderr
