"""Fixtures that several folders of tests use."""

import gc
import os
import random
import shutil
import signal
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import settings

from bay.sandbox import Sandbox, machine, ports, processes
from bay.sandbox.errors import SandboxError
from bay.sandbox.images import machine as tools
from bay.toolchain import Toolchain, ensure
from tests.paths import ROOT

settings.register_profile("bay", deadline=None, derandomize=True, max_examples=60)  # two busy cores; the same each run
settings.load_profile("bay")

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
OURS = ROOT
"""The checkout that these tests are of."""
TEST_STATES = CACHE / "bay-test"
SERVICES = 9  # with Magnum


def pytest_configure() -> None:
    """Undo what the surroundings of a test run do to it.

    A shell without job control starts what is in its background with SIGINT ignored, and children inherit that.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.pop("COLUMNS", None)  # of pytest-xdist, for its workers: tables would be as narrow as that


def pytest_collection_finish() -> None:
    """What has been collected stays: looking through it for garbage again and again took a tenth of a run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


def free_first_port() -> int:
    """Begin of a block of ports on which nobody listens, off the default one and below the ephemeral ones."""
    while True:
        first = random.randrange(20000, 24900, 10)
        if all(ports.is_free(first + place) for place in range(SERVICES)):
            return first


def new_sandbox(name: str) -> Sandbox:
    """A sandbox of this test run, not started; its folder tells later runs whose it was."""
    owner = f"{os.getpid()}-{processes.start_time(os.getpid())}"
    return Sandbox(TEST_STATES / owner / name, TEST_STATES.parent / "bay" / "sandbox", free_first_port())


def forget(sandbox: Sandbox) -> None:
    """Delete a sandbox of this test run, and the run's folder with the last one."""
    sandbox.reset(print)
    if not any(sandbox.state.parent.iterdir()):
        sandbox.state.parent.rmdir()


def sweep_killed_runs() -> None:
    """Stop and delete the sandboxes of test runs that were killed."""
    for folder in TEST_STATES.glob("[0-9]*-[0-9]*"):
        pid, _, started = folder.name.partition("-")
        if not (pid + started).isdecimal():  # nothing of a run's
            continue
        if processes.start_time(int(pid)) != int(started):
            for state in folder.iterdir():
                Sandbox(state, TEST_STATES).reset(print)
            folder.rmdir()


def why_nothing_boots() -> str | None:
    """Why servers cannot boot here, or None."""
    try:
        machine.check_machine()
        tools.check(os.environ["PATH"])
    except SandboxError as error:
        return error.message
    return None


@pytest.fixture(scope="session")
def sandbox_cloud() -> Iterator[Sandbox]:
    """One running sandbox for all tests of the session, beside whatever the user runs; gone afterwards."""
    sweep_killed_runs()
    sandbox = new_sandbox("shared")
    try:
        sandbox.start(print)
        yield sandbox
    finally:
        forget(sandbox)


@pytest.fixture(scope="session")
def toolchain() -> Toolchain:
    """The Pulumi that bay uses on this machine; built when it is not there, which takes minutes."""
    return ensure(CACHE / "bay", os.environ["PATH"], print)


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MutableMapping[str, str]]:
    """The process environment with only PATH and an empty HOME, which is the working folder too."""
    monkeypatch.chdir(tmp_path)
    with patch.dict(os.environ, {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}, clear=True):
        yield os.environ


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout as far as Pulumi sees one."""
    folder = tmp_path / "checkout"
    shutil.copytree(OURS / "stacks", folder / "stacks", ignore=shutil.ignore_patterns("Pulumi.*.yaml"))
    shutil.copy(OURS / "Pulumi.yaml", folder)
    return folder
