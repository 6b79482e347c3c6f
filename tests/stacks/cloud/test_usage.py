"""What bays use, counted in the cloud by their mark; nothing is made up where the cloud does not say."""

from types import SimpleNamespace
from typing import Any

import pytest

from bay.components.errors import BayError
from bay.stacks.cloud import usage
from bay.stacks.state.snapshot import StateSnapshot

PROJECT = {"auth_url": "https://cloud.example:5000", "region": "north", "project_id": "p" * 32}


def server(server_id: str, bay: str | None, cores: int = 1) -> SimpleNamespace:
    mark = {"bay:id": bay} if bay else {}
    return SimpleNamespace(id=server_id, metadata=mark, flavor=SimpleNamespace(vcpus=cores, ram=2048 * cores))


def volume(size: int, bay: str | None = None, on: str | None = None) -> SimpleNamespace:
    mark = {"bay:id": bay} if bay else {}
    return SimpleNamespace(size=size, metadata=mark, attachments=[{"server_id": on}] if on else [])


SERVERS = [server("a1", "a"), server("a2", "a", cores=4), server("b1", "b"), server("other", None, cores=64)]
VOLUMES = [
    *(volume(5, bay="a"), volume(5, bay="a", on="a1")),  # state volumes, one of them without its server
    volume(100, on="a2"),  # made by Nova for a server, or by the engine for a container
    *(volume(1000), volume(1000, on="other"), volume(1000, on="gone")),  # of nobody here
]
A = {"servers": 2, "cores": 5, "ram_mib": 10240, "volumes": 3, "volumes_gib": 110}
B = {"servers": 1, "cores": 1, "ram_mib": 2048, "volumes": 0, "volumes_gib": 0}


class Cloud:
    """A project with two bays and things of nobody."""

    def __init__(self, project: str = PROJECT["project_id"]) -> None:
        self.config = SimpleNamespace(auth={"auth_url": PROJECT["auth_url"]}, region_name=PROJECT["region"])
        self.current_project_id = project
        self.compute = SimpleNamespace(servers=lambda project_id: [s for s in SERVERS if project_id == project])
        self.block_storage = SimpleNamespace(volumes=lambda: VOLUMES)
        self.services = {"block-storage"}

    def has_service(self, kind: str) -> bool:
        return kind in self.services


def rows(cloud: Cloud | BayError, *records: StateSnapshot | None) -> list[dict[str, Any]]:
    def connect() -> Cloud:
        if isinstance(cloud, BayError):
            raise cloud
        return cloud

    one: Any = SimpleNamespace(cloud=connect)
    return usage.add(one, [(record, {"name": record.name if record else "?"}) for record in records])


def bay(name: str, bay_id: str, **cloud: str) -> StateSnapshot:
    return StateSnapshot(name, bay_id=bay_id, cloud={**PROJECT, **cloud})


def test_servers_and_volumes_are_counted_to_their_bay() -> None:
    assert usage.counted(SERVERS, VOLUMES) == {"a": A, "b": B}


def test_every_bay_gets_what_it_uses_and_one_without_servers_uses_nothing() -> None:
    found = rows(Cloud(), bay("one", "a"), bay("two", "b"), bay("new", "c"))
    assert found == [{"name": "one", **A}, {"name": "two", **B}, {"name": "new", **dict.fromkeys(A, 0)}]
    assert usage.sums(found) == [
        {"name": "sum", "servers": 3, "cores": 6, "ram_mib": 12288, "volumes": 3, "volumes_gib": 110}
    ]


def test_where_there_are_no_volumes_servers_are_counted_still() -> None:
    cloud = Cloud()
    cloud.services = set()
    assert rows(cloud, bay("one", "a")) == [{"name": "one", **A, "volumes": 0, "volumes_gib": 0}]


def test_a_bay_of_another_project_has_no_figures_and_the_sum_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    found = rows(Cloud(), bay("one", "a"), bay("theirs", "b", project_id="q" * 32), None)
    assert found == [{"name": "one", **A}, {"name": "theirs"}, {"name": "?"}]
    assert usage.sums(found) == [{"name": "sum of 1 of 3 bays", **A}]
    assert capsys.readouterr().err.startswith(
        f"what bay theirs uses is not known: bay theirs belongs to project {'q' * 32}"
    )


def test_where_the_cloud_cannot_be_asked_that_is_said_and_bays_are_listed_still(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = rows(BayError("the cloud cannot be reached", "wait"), bay("one", "a"))
    assert found == [{"name": "one"}]
    assert usage.sums(found) == []
    assert capsys.readouterr().err == "what the bays use is not known: the cloud cannot be reached\n"


def test_what_a_run_that_was_killed_left_behind_is_used_too() -> None:
    """It carries the mark, though the state does not know it."""
    record = StateSnapshot("one", bay_id="a", cloud=PROJECT, servers=())
    assert rows(Cloud(), record)[0]["servers"] == 2
