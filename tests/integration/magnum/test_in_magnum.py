"""The unit tests of the driver, in the environment that has Magnum."""

import os
import subprocess
from pathlib import Path

import pytest

from bay.sandbox import Sandbox, install
from bay.sandbox import magnum as module
from tests.paths import ROOT

pytestmark = [pytest.mark.sandbox, pytest.mark.long]

RUN = "import sys; sys.path.append({site!r}); import pytest; sys.exit(pytest.main(sys.argv[1:]))"
"""pytest is only in bay's environment, whose packages come after Magnum's here."""


def test_the_driver_with_magnums_own_objects(magnum: Sandbox) -> None:
    environment = install.ensure(magnum.cache, print, module.REQUIREMENTS)
    options = ["-q", "--noconftest", "-p", "no:xdist", "-p", "no:cacheprovider", "-W", "ignore"]
    done = subprocess.run(
        [
            environment / "bin" / "python",
            *("-c", RUN.format(site=str(Path(pytest.__file__).parent.parent))),
            *(*options, str(ROOT / "tests" / "magnum" / "test_driver.py")),
        ],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(magnum.state / "etc" / "magnum" / "python")},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout, done.stdout
