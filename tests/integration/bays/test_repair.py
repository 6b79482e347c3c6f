"""`bay repair` on bays of each engine: masters singly and with quorum, nodes in batches, after a kill, from a file."""

from pathlib import Path

import pytest
from openstack.connection import Connection

from tests.integration.bays import damage
from tests.integration.bays.harness import Bay
from tests.integration.bays.kills import kill
from tests.waiting import eventually

pytestmark = pytest.mark.sandbox


def servers(cloud: Connection, bay: str) -> dict[str, tuple[str, str]]:
    """Server name -> (id, address on the bay's network)."""
    found = cloud.compute.servers(name=f"^{bay}-")
    return {s.name: (s.id, next(ip["addr"] for ips in s.addresses.values() for ip in ips)) for s in found}


def repaired(bay: Bay, *words: str) -> str:
    """What a repair says, which has to go through; many runs of Pulumi, so it takes its time on a busy machine."""
    result = bay.start("repair", *words, "--yes").wait(600)
    assert result.code == 0, result
    return result.err


def batches(err: str) -> list[str]:
    """Servers of each batch of a repair, from what it says."""
    return [line.partition(": ")[2] for line in err.splitlines() if line.startswith("batch ")]


def test_masters_come_back_one_by_one_with_their_addresses_and_only_with_quorum(
    bay: Bay, clouds: list[Connection], admin: Connection
) -> None:
    cloud = clouds[0]
    bay.make("crew", "--model", "swarm-ha", "--nodes", "5", "--no-wait")
    before = servers(cloud, "crew")

    damage.break_server(admin, cloud, "crew-master-1")
    damage.break_server(admin, cloud, "crew-master-2")
    refused = bay.run("repair", "crew", "--yes")
    assert refused.error == (
        "bay crew: without crew-master-1, crew-master-2 only 1 of 3 masters would be healthy; quorum needs 2",
        "--lose-data overrides this, and control-plane data may be lost",
    )
    assert servers(cloud, "crew") == before, "nothing was done"
    admin.compute.reset_server_state(before["crew-master-2"][0], "active")

    damage.lose_server(cloud, "crew-master-0")
    admin.compute.reset_server_state(before["crew-master-1"][0], "active")
    damage.lose_port(cloud, "crew-master-2")
    damage.lose_server(cloud, "crew-node-0")
    for broken in ("crew-node-1", "crew-node-4"):
        damage.break_server(admin, cloud, broken)
    said = repaired(bay, "crew")
    assert batches(said) == [
        "crew-master-0",
        "crew-master-2",
        "crew-node-0, crew-node-1",  # 40 % of five
        "crew-node-4",
    ]
    after = servers(cloud, "crew")
    assert {name for name in before if before[name][0] != after[name][0]} == {
        *("crew-master-0", "crew-master-2"),
        *("crew-node-0", "crew-node-1", "crew-node-4"),
    }
    masters = [f"crew-master-{index}" for index in range(3)]
    assert [before[name][1] for name in masters] == [after[name][1] for name in masters], "all servers know these"
    assert bay.run("drift", "crew", "-f", "json").json == []
    assert bay.run("preview", "crew").code == 0


def test_a_repair_that_was_killed_goes_on_and_doubles_nothing(
    bay: Bay, clouds: list[Connection], admin: Connection
) -> None:
    cloud = clouds[0]
    bay.make("hit", "--model", "mesos", "--nodes", "3", "--no-wait")
    before = servers(cloud, "hit")
    damage.lose_server(cloud, "hit-node-0")
    damage.break_server(admin, cloud, "hit-node-1")
    damage.break_server(admin, cloud, "hit-node-2")
    running = bay.start("repair", "hit", "--yes", "--no-wait")
    running.until(lambda: damage.gone(cloud, before["hit-node-1"][0]))
    kill(running, bay, "all")
    running.process.wait()
    assert bay.run("show", "hit", "-f", "value", "-c", "status").out == "UPDATE_FAILED\n"
    told = bay.run("drift", "hit", "-f", "json")
    assert told.code == 2, told
    repaired(bay, "hit")
    after = servers(cloud, "hit")
    assert sorted(after) == sorted(before)
    assert {name for name in before if before[name][0] == after[name][0]} == {"hit-master-0"}
    assert len(list(cloud.compute.servers(name="^hit-"))) == 4
    assert bay.run("preview", "hit").code == 0


def test_a_bay_of_a_file_is_repaired_by_its_recorded_spec(bay: Bay, clouds: list[Connection], checkout: Path) -> None:
    cloud = clouds[0]
    bay.make("filed", "--model", "swarm", "--nodes", "1", "--no-wait", "--set", "masters.state_volume=5")
    assert bay.run("export", "filed", cwd=checkout).code == 0
    file = checkout / "stacks" / "Pulumi.filed.yaml"
    text = file.read_text().replace("nodes:\n    count: 1", "nodes:\n    count: 3")
    assert "count: 3" in text
    file.write_text(text)
    before = servers(cloud, "filed")
    damage.lose_server(cloud, "filed-master-0")
    repaired(bay, "filed")
    after = servers(cloud, "filed")
    assert sorted(after) == ["filed-master-0", "filed-node-0"], "what the file asks for is not applied"
    assert after["filed-master-0"][1] == before["filed-master-0"][1]
    (volume,) = cloud.block_storage.volumes(name="filed-master-0-state")
    assert [attached["server_id"] for attached in volume.attachments] == [after["filed-master-0"][0]]
    assert file.read_text() == text


def test_an_engine_without_state_volume_keeps_its_only_master(bay: Bay, clouds: list[Connection]) -> None:
    bay.make("lone", "--nodes", "0", "--no-wait")
    damage.lose_server(clouds[0], "lone-master-0")
    refused = bay.run("repair", "lone", "--yes")
    assert refused.error[0] == "bay lone: control-plane data is lost with lone-master-0, its only master"
    repaired(bay, "lone", "--lose-data")
    eventually(lambda: damage.server(clouds[0], "lone-master-0").status == "ACTIVE")
