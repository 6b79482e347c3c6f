"""The benchmark of booting notes what servers say, and when; a stage nobody saw in time was there at the end."""

import re
from base64 import b64decode
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest
import yaml
from keystoneauth1.exceptions import ConnectFailure
from openstack.exceptions import SDKException

from tests.paths import ROOT


@pytest.fixture(scope="module")
def bench() -> Iterator[dict[str, ModuleType]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "bench"))
        import bare
        import boot

        yield {"bare": bare, "boot": boot}


def connection(logs: dict[str, str], status: str = "ACTIVE") -> MagicMock:
    """A cloud with a server for each console log."""
    cloud = MagicMock()
    cloud.compute.servers.return_value = [SimpleNamespace(id=name, name=name, status=status) for name in logs]
    cloud.compute.get_server_console_output.side_effect = lambda server: {"output": logs[server]}
    return cloud


def watch(bench: dict[str, ModuleType], cloud: MagicMock) -> Any:
    return bench["bare"].Watch(cloud, "bench", 2, re.compile("up"))


def test_a_watch_ends_when_each_server_has_said_the_word(bench: dict[str, ModuleType]) -> None:
    seen = watch(bench, connection({"bench-master-0": "it is up", "bench-node-0": "up"}))
    seen.run()
    assert set(seen.said) == {"bench-master-0", "bench-node-0"}
    assert seen.active <= seen.when("master")


def test_a_server_in_build_has_said_nothing(bench: dict[str, ModuleType]) -> None:
    seen = watch(bench, connection({"bench-master-0": "up", "bench-node-0": "up"}, "BUILD"))
    seen.ended.set()
    seen._look()
    assert (seen.active, seen.when("node")) == (float("inf"), float("inf"))


@pytest.mark.parametrize("error", [SDKException("503"), ConnectFailure("cut off")])
def test_a_look_that_fails_is_made_again(bench: dict[str, ModuleType], error: Exception) -> None:
    cloud = connection({"bench-master-0": "up", "bench-node-0": "up"})
    cloud.compute.servers.side_effect = [error, cloud.compute.servers.return_value]
    seen = watch(bench, cloud)
    seen.run()
    seen.check()
    assert set(seen.said) == {"bench-master-0", "bench-node-0"}


def test_a_watch_that_has_not_heard_all_servers_is_worth_nothing(bench: dict[str, ModuleType]) -> None:
    seen = watch(bench, connection({}))
    seen.said = {"bench-node-0": 15.0}
    with pytest.raises(bench["bare"].FloorError, match="1 of 2 servers of bench: bench-node-0"):
        seen.check()


def test_a_bare_boot_whose_watch_ended_early_is_not_timed(
    bench: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = bench["bare"]
    monkeypatch.setattr(bare, "Floor", MagicMock())
    monkeypatch.setattr(bare.Watch, "run", lambda _: None)
    with pytest.raises(bare.FloorError, match="no servers"):
        bare.BareBoot(MagicMock(), "bare", 1, "image").make()


def test_a_bay_whose_servers_were_not_heard_is_not_timed(
    bench: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    boot, bay, cloud = bench["boot"], MagicMock(), MagicMock()
    bay.name = "bench"
    monkeypatch.setattr(boot, "check", lambda _: None)
    monkeypatch.setattr(boot, "HEARD", 0.0)
    cloud.connect.return_value = connection({})
    with pytest.raises(bench["bare"].FloorError, match="no servers"):
        boot.timed_bay(cloud, bay)
    bay.delete.assert_called_once()


def test_a_stage_that_was_not_seen_in_time_was_there_at_the_end(bench: dict[str, ModuleType]) -> None:
    seen = watch(bench, MagicMock())
    seen.active, seen.said = 12.0, {"bench-master-0": 15.0}
    run = bench["boot"].run_of(seen, 10.0, 20.0, 0.5)
    assert (run.active, run.master, run.nodes, run.end) == (2.0, 5.0, 10.0, 10.0)


def test_medians_are_of_each_stage(bench: dict[str, ModuleType]) -> None:
    runs = [bench["boot"].Run(float(n), 10.0 - n, n * 2.0, n * 3.0, 0.0) for n in (1, 5, 2)]
    middle = bench["boot"].middle_of(runs)
    assert (middle.active, middle.master, middle.nodes, middle.end) == (2.0, 8.0, 4.0, 6.0)


def test_bare_servers_do_nothing_but_say_that_they_are_up(bench: dict[str, ModuleType]) -> None:
    bare = bench["bare"]
    floor = bare.BareBoot(MagicMock(), "bare", 2, "image")._floor
    document = yaml.safe_load(b64decode(floor.user_data))
    assert document == {"runcmd": [f"echo {bare.UP} >/dev/console"]}
