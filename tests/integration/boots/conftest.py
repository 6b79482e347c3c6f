"""A sandbox whose servers boot, and users of `bay` on it."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from openstack.connection import Connection

from bay.sandbox import Sandbox, images
from tests.conftest import forget, new_sandbox, sweep_killed_runs, why_nothing_boots
from tests.integration.bays.harness import PROJECTS, Bay, connect, inventory
from tests.integration.boots.standing import Standing
from tests.integration.boots.story import Story, told
from tests.sandbox.remains import left, settings_and_rules

OWN_WARNINGS = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
"""openstacksdk warns of what it does itself, in most of its calls."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder uses openstacksdk, though warnings are errors."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(OWN_WARNINGS)


@pytest.fixture(scope="session")
def booting() -> Iterator[Sandbox]:
    """A sandbox whose servers boot, for all tests of this folder; nothing is left of it and of what its nodes did."""
    reason = why_nothing_boots()
    if reason:
        pytest.skip(reason)
    sweep_killed_runs()
    sandbox, before = new_sandbox("booting-bays"), settings_and_rules()
    try:
        sandbox.start(print, boot=True)
        yield sandbox
    finally:
        forget(sandbox)
    assert left(sandbox) == {}
    after = settings_and_rules()
    assert [name for name in before.keys() & after.keys() if before[name] != after[name]] == []


@contextmanager
def left_as_it_was(booting: Sandbox) -> Iterator[Connection]:
    """The first project's member; afterwards both projects hold what they held before."""
    clouds = [connect(booting, name) for name in PROJECTS]
    before = inventory(clouds)
    yield clouds[0]
    assert inventory(clouds) == before
    for cloud in clouds:
        cloud.close()


@pytest.fixture
def user(booting: Sandbox, tmp_path: Path) -> Iterator[Bay]:
    """A user there, who leaves nothing."""
    with left_as_it_was(booting):
        one = Bay(tmp_path, booting)
        yield one
        one.delete_all()


@pytest.fixture(scope="session")
def need_image(booting: Sandbox) -> Callable[[str], None]:
    """Builds the image of an engine's nodes where it is not in the cache: minutes, once."""

    def need(engine: str) -> None:
        images.build(booting.cache, engine, os.environ["PATH"], print)

    return need


@pytest.fixture
def cloud(user: Bay) -> Iterator[Connection]:
    """OpenStack, with the user's login."""
    with connect(user.sandbox, user.cloud) as connection:
        yield connection


@pytest.fixture
def key(user: Bay, cloud: Connection, request: pytest.FixtureRequest) -> Iterator[Path]:
    """The private key of a keypair of the user's, which the test's file names as `KEYPAIR`; the bays go before it."""
    file, name = user.home / "key", request.module.KEYPAIR
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)], check=True)
    cloud.compute.create_keypair(name=name, public_key=file.with_suffix(".pub").read_text())
    yield file
    user.delete_all()
    cloud.compute.delete_keypair(name)


@pytest.fixture(scope="module")
def story(
    booting: Sandbox,
    need_image: Callable[[str], None],
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Story]:
    """The bay that all tests of a file share, of the engine that the file names; gone afterwards, with all else."""
    need_image(request.module.ENGINE)
    user = Bay(tmp_path_factory.mktemp("home"), booting)
    with left_as_it_was(booting) as cloud, told(user, cloud, request.module.ENGINE) as story:
        yield story


@pytest.fixture(scope="session")
def standing(
    booting: Sandbox,
    need_image: Callable[[str], None],
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Standing]:
    """One bay of standing.KINDS, by parameter; pytest runs the tests of one together, whatever their files."""
    with left_as_it_was(booting) as cloud:
        bay = Standing(request.param, Bay(tmp_path_factory.mktemp("home"), booting), cloud)
        need_image(bay.engine)
        try:
            bay.make()
            yield bay
        finally:
            bay.user.delete_all()
