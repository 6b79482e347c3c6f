"""Users of `bay` on the sandbox cloud; whatever a test makes is gone after it, and nothing else is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from openstack.connection import Connection

from bay.sandbox import Sandbox
from tests.integration.bays.harness import PROJECTS, Bay, Inventory, connect, inventory
from tests.integration.bays.relay import Relay

OWN_WARNINGS = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
"""openstacksdk warns of what it does itself, in most of its calls."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder uses openstacksdk, though warnings are errors."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(OWN_WARNINGS)


@pytest.fixture(scope="session")
def clouds(sandbox_cloud: Sandbox) -> Iterator[list[Connection]]:
    """The member of each project."""
    connections = [connect(sandbox_cloud, name) for name in PROJECTS]
    yield connections
    for connection in connections:
        connection.close()


@pytest.fixture(scope="session")
def admin(sandbox_cloud: Sandbox) -> Iterator[Connection]:
    """The administrator: for quotas, and for things that no member sees."""
    with connect(sandbox_cloud, "sandbox-admin") as connection:
        yield connection


@pytest.fixture(scope="session")
def holdings(clouds: list[Connection]) -> Callable[[], Inventory]:
    """What both projects hold, at each call."""
    return lambda: inventory(clouds)


NewBay = Callable[..., Bay]
"""``new_bay(cloud="sandbox-other")``: one more user, with a home and a state of its own."""


@contextmanager
def _users(sandbox: Sandbox, holdings: Callable[[], Inventory], folder: Callable[[str], Path]) -> Iterator[NewBay]:
    """Users whose bays are deleted afterwards; both projects must then hold what they held before."""
    before = holdings()
    users: list[Bay] = []

    def new(cloud: str = "sandbox", **extra: str) -> Bay:
        user = Bay(folder("home"), sandbox, cloud, extra)
        users.append(user)
        return user

    yield new
    for user in users:
        user.delete_all()
    assert holdings() == before


@pytest.fixture
def new_bay(
    sandbox_cloud: Sandbox, holdings: Callable[[], Inventory], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NewBay]:
    """Makes users of `bay` for one test."""
    with _users(sandbox_cloud, holdings, tmp_path_factory.mktemp) as new:
        yield new


@pytest.fixture
def bay(new_bay: NewBay) -> Bay:
    """A user of `bay`, member of the project physics, for one test."""
    return new_bay()


NewRelay = Callable[[Bay], Relay]
"""``new_relay(user)``: a door between this user and the cloud."""


@pytest.fixture(scope="module")
def new_relay(sandbox_cloud: Sandbox) -> Iterator[NewRelay]:
    """Puts doors before the cloud; open to all when users delete what they have left, so it is asked for first."""
    relays: list[Relay] = []

    def new(user: Bay) -> Relay:
        relays.append(Relay(user.sandbox, user.home))
        user.extra = {**user.extra, "OS_CLIENT_CONFIG_FILE": str(relays[-1].clouds_file)}
        return relays[-1]

    yield new
    for relay in relays:
        relay.close()


@pytest.fixture(scope="module")
def new_shared_bay(
    sandbox_cloud: Sandbox, holdings: Callable[[], Inventory], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NewBay]:
    """Makes users of `bay` whom the tests of a module share; for tests that change nothing."""
    with _users(sandbox_cloud, holdings, tmp_path_factory.mktemp) as new:
        yield new
