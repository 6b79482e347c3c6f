"""Which servers are unavailable at the same time, and in which order."""

from collections.abc import Sequence
from dataclasses import dataclass

from bay.stacks.operations.batches import split
from bay.stacks.state.snapshot import RecordedServer


@dataclass(frozen=True)
class Action:
    """Something that is done with a server."""

    name: str
    urn: str = ""
    loses_disk: bool = True


def servers(**groups: int) -> list[RecordedServer]:
    names = [(group, index) for group, count in groups.items() for index in range(count)]
    return [RecordedServer(f"demo-{g}-{i}", g, g, "", f"id {g} {i}") for g, i in names]


def batches(there: Sequence[RecordedServer], size: int, *names: str) -> list[tuple[str, list[str]]]:
    actions = {name: Action(name) for name in names}
    return [(batch.group, batch.names) for batch in split(there, actions, lambda _group, _all: size)]


def test_each_group_is_cut_into_batches_in_the_order_of_its_servers() -> None:
    names = [f"demo-node-{i}" for i in (4, 0, 2, 1, 3)]
    assert batches(servers(node=5), 2, *names) == [
        ("node", ["demo-node-0", "demo-node-1"]),
        ("node", ["demo-node-2", "demo-node-3"]),
        ("node", ["demo-node-4"]),
    ]


def test_groups_do_not_share_a_batch_and_come_in_the_order_of_the_servers() -> None:
    found = batches(servers(master=1, node=1, gpu=1), 9, "demo-gpu-0", "demo-node-0", "demo-master-0")
    assert found == [("master", ["demo-master-0"]), ("node", ["demo-node-0"]), ("gpu", ["demo-gpu-0"])]


def test_servers_with_which_nothing_is_done_are_in_no_batch() -> None:
    assert batches(servers(master=3, node=3), 1, "demo-node-1") == [("node", ["demo-node-1"])]
    assert batches(servers(master=3), 1) == []


def test_how_many_go_at_once_is_asked_of_the_whole_group() -> None:
    asked: list[tuple[str, int]] = []

    def size_of(group: str, members: Sequence[RecordedServer]) -> int:
        asked.append((group, len(members)))
        return 1

    actions = {"demo-node-0": Action("demo-node-0")}
    assert len(list(split(servers(master=3, node=5), actions, size_of))) == 1
    assert set(asked) == {("master", 3), ("node", 5)}
