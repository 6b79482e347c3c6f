"""What an installed bay has: every package of it, and none that is no more."""

import tomllib

import pytest

from tests.paths import ROOT

LISTED = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]


@pytest.mark.parametrize("folder", ["cli", "components", "stacks"])
def test_every_package_is_installed(folder: str) -> None:
    """Of sandbox and toolchain all files are, as data."""
    found = {
        f"bay.{path.parent.relative_to(ROOT).as_posix().replace('/', '.')}"
        for path in (ROOT / folder).rglob("__init__.py")
    }
    assert {name for name in LISTED if name.split(".")[1] == folder} == found
