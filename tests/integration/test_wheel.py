"""The wheel outside the checkout: what a user has who installs it, with everything that a run reads."""

import json
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.paths import ROOT

pytestmark = pytest.mark.toolchain

PACKAGES = ("cli", "components", "magnum", "sandbox", "stacks", "toolchain")
FILES = ("git", "ls-files", "--cached", "--others", "--exclude-standard")
ANOTHER_PROGRAM = """
from bay.components.bay import Bay
from bay.components.spec.models import model_files
from bay.stacks.bays import Bays
import bay.components, bay.stacks.worker, bay.sandbox
print(bay.components.__file__, sorted(model_files([])))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the files that a clone has, in a copy: a build leaves folders behind."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    listed = subprocess.run([*FILES, "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, source / name)
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(source))
    (built,) = folder.glob("*.whl")
    return built


def pip(*words: str, python: Path = Path(sys.executable)) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check", "--quiet", *words],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment with the wheel, and the libraries of the one that tests run in."""
    place = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    python = place / "bin" / "python"
    pip("install", "--no-deps", str(wheel), python=python)
    (site,) = place.glob("lib/python*/site-packages")
    # A folder that is named so gives its packages, and not the checkout, which is there by a file of its own.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    return place / "bin"


def run(installed: Path, home: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    environment = {"HOME": str(home), "PATH": f"{installed}:/usr/bin:/bin"}
    done = subprocess.run(words, cwd=home, env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        about = next(name.split("/")[0] for name in names if name.startswith("openstack_bay"))
        metadata = message_from_bytes(archive.read(f"{about}/METADATA"))
    assert (metadata["Name"], metadata["License-Expression"]) == ("openstack-bay", "Apache-2.0")
    assert "Typing :: Typed" in metadata.get_all("Classifier", [])
    assert f"{about}/licenses/LICENSE" in names
    assert {f"bay/{one}/py.typed" for one in PACKAGES} <= set(names)
    assert "bay/__init__.py" not in names, "the name bay is shared: docs/decisions/0001"
    assert str(metadata.get_payload()).startswith("# bay"), "README is its description"


def test_every_file_of_the_packages_is_in_it(wheel: Path) -> None:
    listed = subprocess.run([*FILES, "--", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=True)
    wanted = {f"bay/{name}" for name in listed.stdout.splitlines() if (ROOT / name).is_file()}
    with zipfile.ZipFile(wheel) as archive:
        assert wanted - set(archive.namelist()) == set()


def test_it_runs_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    assert run(installed, tmp_path, "bay", "--version").stdout == "bay 0.1.0\n"
    assert "Container clusters" in run(installed, tmp_path, "openstack-bay", "--help").stdout
    models = run(installed, tmp_path, "bay", "model", "list", "-f", "json")
    assert {"swarm", "kubernetes", "mesos"} <= {row["name"] for row in json.loads(models.stdout)}
    assert "access.api" in run(installed, tmp_path, "bay", "model", "fields", "-f", "value").stdout
    assert run(installed, tmp_path, "bay", "sandbox", "image", "list", "-f", "json").returncode == 0
    checks = json.loads(run(installed, tmp_path, "bay", "doctor", "-f", "json").stdout)
    assert {row["name"]: row["detail"] for row in checks}["command"] == str(installed / "bay")


def test_a_program_imports_what_the_wheel_brought(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "python", "-c", ANOTHER_PROGRAM)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(installed.parent))
    assert "'swarm'" in done.stdout


def test_its_types_are_seen_by_who_checks_a_program(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        "from bay.components.distribution import DISTRIBUTION\n\nname: int = DISTRIBUTION\n"
    )
    mypy = (sys.executable, "-m", "mypy", "--python-executable", str(installed / "python"), "program.py")
    told = run(installed, tmp_path, *mypy).stdout
    assert 'has type "str", variable has type "int"' in told
    assert "py.typed" not in told


@pytest.mark.long
def test_pip_brings_all_that_it_needs(wheel: Path, tmp_path: Path) -> None:
    """And nothing is missing that the environment of the tests happens to have."""
    place = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    pip("install", str(wheel), python=place / "bin" / "python")
    assert run(place / "bin", tmp_path, "bay", "model", "list").returncode == 0
    assert run(place / "bin", tmp_path, "python", "-c", ANOTHER_PROGRAM).returncode == 0
