"""The servers of a bay as Nova knows them; one that it took and then could not build never ran."""

from typing import Any

from bay.stacks.cloud.servers import delete_for_good, locked_servers, never_launched, server_statuses
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.openstack import FakeCloud
from tests.fakes.states import complete, failed

STATE = StateSnapshot.from_deployment("demo", complete())
FAILED = StateSnapshot.from_deployment("demo", failed())
MASTER, NODE = STATE.servers


def nova(*servers: tuple[str, str], **fields: Any) -> FakeCloud:
    """A cloud with servers of these ids and names."""
    cloud = FakeCloud()
    for id, name in servers:
        cloud.add("server", id, name=name, **{"status": "ACTIVE", **fields})
    return cloud


def test_servers_are_listed_once_however_many_there_are() -> None:
    cloud = nova((MASTER.id, MASTER.name), (NODE.id, NODE.name))
    assert server_statuses(cloud, STATE) == {MASTER.id: "ACTIVE", NODE.id: "ACTIVE"}  # type: ignore[arg-type]
    assert cloud.journal == ["servers name=^demo-"]


def test_a_server_with_another_name_is_found_by_its_id() -> None:
    cloud = nova((MASTER.id, MASTER.name), (NODE.id, "renamed"))
    assert server_statuses(cloud, STATE) == {MASTER.id: "ACTIVE", NODE.id: "ACTIVE"}  # type: ignore[arg-type]
    assert cloud.journal == ["servers name=^demo-", "servers"]


def test_a_server_whose_last_operation_failed_before_it_ever_ran_is_no_loss() -> None:
    cloud = nova((MASTER.id, MASTER.name), (NODE.id, NODE.name), launched_at=None)
    assert [one.id for one in never_launched(cloud, FAILED)] == [NODE.id]  # type: ignore[arg-type]


def test_a_server_that_once_ran_is_kept_whatever_failed_later() -> None:
    cloud = nova((MASTER.id, MASTER.name), (NODE.id, NODE.name), launched_at="2026-01-02T03:04:05.000000")
    assert never_launched(cloud, FAILED) == ()  # type: ignore[arg-type]


def test_a_server_that_nova_does_not_know_is_created_again() -> None:
    assert never_launched(nova(), FAILED) == FAILED.failed_servers  # type: ignore[arg-type]
    assert len(FAILED.failed_servers) == 1


def test_where_nothing_failed_nobody_is_asked() -> None:
    cloud = nova()
    assert never_launched(cloud, STATE) == ()  # type: ignore[arg-type]
    assert cloud.journal == []


def test_servers_that_nova_keeps_for_later_are_deleted_for_good() -> None:
    cloud = nova(("a", "demo-node-0"), ("b", "demo-node-1"), status="SOFT_DELETED")
    assert delete_for_good(cloud, ["a", "b"]) == ["demo-node-0", "demo-node-1"]  # type: ignore[arg-type]
    assert cloud.deeds == ["delete_server a force=True", "delete_server b force=True"]
    assert cloud.ids("server") == []


def test_where_nova_keeps_none_one_question_is_enough() -> None:
    cloud = nova()
    assert delete_for_good(cloud, ["a", "b", "c"]) == []  # type: ignore[arg-type]
    assert cloud.journal == ["find_server a"]


def test_a_server_that_is_back_at_work_is_left_alone() -> None:
    cloud = nova(("a", "demo-node-0"))
    assert delete_for_good(cloud, ["a"]) == []  # type: ignore[arg-type]
    assert cloud.deeds == []


def test_servers_that_are_locked_are_named() -> None:
    cloud = nova((MASTER.id, MASTER.name))
    cloud.add("server", NODE.id, name=NODE.name, is_locked=True)
    assert locked_servers(cloud, STATE) == {NODE.name}  # type: ignore[arg-type]
