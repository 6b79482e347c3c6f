"""A test of the library is found by the name of its module: cloud/test_kinds.py is of cloud/kinds.py."""

from pathlib import Path

import pytest

from tests.paths import ROOT

TESTS = sorted((ROOT / "tests" / "stacks").rglob("test_*.py"))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_test_is_called_as_the_module_that_it_is_of(path: Path) -> None:
    folder = path.parent.relative_to(ROOT / "tests")
    assert (ROOT / folder / f"{path.name.removeprefix('test_')}").is_file()


def test_there_are_tests_to_check() -> None:
    assert len(TESTS) > 50
