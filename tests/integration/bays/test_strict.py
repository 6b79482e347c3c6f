"""Clouds that are strict: they forbid calls, and keep deleted servers for a while."""

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openstack.connection import Connection

from bay.sandbox import Sandbox
from tests.conftest import forget, new_sandbox
from tests.integration.bays.conftest import NewBay, NewRelay
from tests.integration.bays.harness import Bay, Inventory, connect, inventory
from tests.integration.bays.relay import Answer, Seen
from tests.integration.bays.test_busy import refusal

pytestmark = pytest.mark.sandbox

SPEC = ("--model", "swarm", "--no-wait", "--set", "affinity=none")
KEPT_FOR = 3600
"""Seconds for which Nova keeps a server that was deleted."""


def forbids(method: str, end: str, rule: str) -> Callable[[Seen], Answer | None]:
    """A cloud whose policy forbids a call."""
    answer = refusal(403, text=f"Policy doesn't allow {rule} to be performed.")
    return lambda seen: answer if seen.method == method and seen.path.endswith(end) else None


def test_a_console_log_that_policy_forbids_ends_the_wait_at_once(new_relay: NewRelay, new_bay: NewBay) -> None:
    user = new_bay()
    new_relay(user).refuse = forbids("POST", "/action", "os_compute_api:os-console-output")
    made = user.run("create", "strict", "--model", "swarm", "--nodes", "0", "--set", "affinity=none")
    assert made.code == 1
    assert made.error[0].startswith("nothing tells when the engine of bay strict is ready: reading the console log of")
    assert made.error[0].endswith("the cloud's policy does not allow it: os_compute_api:os-console-output")
    assert made.error[1].startswith("the bay is created; 'bay show strict' asks its engine where access.api lets you")
    assert user.run("show", "strict", "-f", "value", "-c", "status").out == "CREATE_COMPLETE\n"
    assert user.run("scale", "strict", "1", "--no-wait").code == 0


@pytest.fixture(scope="module")
def keeping_cloud() -> Iterator[Sandbox]:
    """A cloud whose Nova deletes servers later (`reclaim_instance_interval`)."""
    nova: Any = importlib.import_module("bay.sandbox.config.nova")
    plain = nova._compute
    sandbox = new_sandbox("keeping")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nova, "_compute", lambda settings: plain(settings) | {"reclaim_instance_interval": KEPT_FOR})
        try:
            sandbox.start(print)
            yield sandbox
        finally:
            forget(sandbox)


@pytest.fixture
def project(keeping_cloud: Sandbox) -> Iterator[Connection]:
    with connect(keeping_cloud, "sandbox") as connection:
        yield connection


@pytest.fixture
def keeper(keeping_cloud: Sandbox, tmp_path_factory: pytest.TempPathFactory, project: Connection) -> Iterator[Bay]:
    """A user of that cloud; afterwards it holds what it held before, ports too."""
    before: Inventory = inventory([project])
    user = Bay(tmp_path_factory.mktemp("home"), keeping_cloud)
    yield user
    user.delete_all()
    assert inventory([project]) == before


@pytest.mark.long
@pytest.mark.parametrize("network", [(), ("--set", "network.existing=provider")], ids=["own network", "shared network"])
def test_servers_that_nova_would_keep_are_deleted_for_good(
    keeper: Bay, project: Connection, network: tuple[str, ...]
) -> None:
    keeper.make("soft", *SPEC, "--nodes", "2", *network)
    [node] = [server for server in project.compute.servers() if server.name == "soft-node-1"]
    assert keeper.run("scale", "soft", "1", "--yes", "--allow", "batch").code == 0
    assert list(project.network.ports(device_id=node.id)) == []
    # One that is deleted by another hand, and that Nova lists no more.
    [other] = [server for server in project.compute.servers() if server.name == "soft-node-0"]
    project.compute.delete_server(other.id)
    deleted = keeper.run("delete", "soft", "--yes")
    assert deleted.code == 0, deleted
    assert keeper.names() == []


def test_a_locked_server_is_named_before_anything_is_changed(bay: Bay, clouds: list[Connection]) -> None:
    bay.make("strict", *SPEC, "--nodes", "1")
    [node] = [server for server in clouds[0].compute.servers() if server.name == "strict-node-0"]
    clouds[0].compute.lock_server(node)
    try:
        planned = bay.run("preview", "strict", "--nodes", "0", "-f", "json")
        assert [risk["names"] for risk in planned.json["risks"] if risk["kind"] == "locked"] == [["strict-node-0"]]
        scaled = bay.run("scale", "strict", "0", "--yes", "--allow", "batch")
        assert scaled.error == (
            "bay strict: strict-node-0 deleted, but locked in Nova",
            "'openstack server unlock SERVER', by who locked it, then try again",
        )
        deleted = bay.run("delete", "strict", "--yes")
        assert deleted.error == (
            "locked servers block the deletion of bay strict: server strict-node-0 is locked",
            "unlock them, then 'bay delete strict' again; --dry-run lists all; the first: "
            f"openstack server unlock {node.id}",
        )
        assert len(bay.run("node", "list", "strict", "-f", "json").json) == 2, "nothing was changed"
    finally:
        clouds[0].compute.unlock_server(node)
