"""`bay rebuild` on the sandbox: what is outdated, in batches, after a kill, and the page that tells it."""

import os
import re
from collections.abc import Iterator

import pytest
from openstack.connection import Connection

from tests.integration.bays import damage
from tests.integration.bays.harness import CHECKOUT, COMMAND, Bay
from tests.integration.bays.kills import kill

pytestmark = pytest.mark.sandbox

PAGE = CHECKOUT / "docs" / "rebuild.md"


def outdated(bay: Bay, name: str) -> dict[str, list[str]]:
    """Server -> in what it is outdated; only those that are."""
    rows = bay.run("node", "list", name, "-f", "json", "-c", "name", "-c", "outdated").json
    return {row["name"].removeprefix(f"{name}-"): row["outdated"] for row in rows if row["outdated"]}


def servers(cloud: Connection, bay: str) -> dict[str, tuple[str, str]]:
    """Server -> id, name of its flavor."""
    found = cloud.compute.servers(name=f"^{bay}-")
    return {s.name.removeprefix(f"{bay}-"): (s.id, s.flavor["original_name"]) for s in found}


def renewed(before: dict[str, tuple[str, str]], after: dict[str, tuple[str, str]]) -> set[str]:
    """Servers that are others now."""
    assert before.keys() == after.keys()
    return {name for name in before if before[name][0] != after[name][0]}


def test_the_page_on_rebuilds_does_what_it_says(bay: Bay, clouds: list[Connection]) -> None:
    path = f"{COMMAND.parent}:{os.environ['PATH']}"
    make, look, rebuild, canary = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)

    def type_(block: str) -> tuple[str, str]:
        done = bay.execute(["bash", "-euo", "pipefail", "-c", block], PATH=path)
        assert done.code == 0, (block, done)
        return done.out, done.err

    type_(make)
    before = servers(clouds[0], "physics")
    out, err = type_(look)
    assert out.count("flavor") == 3, "of three nodes, and not of the masters"
    kept = "physics-node-0, physics-node-1, physics-node-2: created with another nodes.flavor"
    assert f"{kept}; 'bay rebuild physics --group node' replaces them, drained, batch by batch" in err
    assert servers(clouds[0], "physics") == before
    out, err = type_(rebuild)
    assert [line.partition(": ")[2] for line in err.splitlines() if line.startswith("batch ")] == [
        "physics-node-0, physics-node-1",
        "physics-node-2",
    ]
    after = servers(clouds[0], "physics")
    assert renewed(before, after) == {"node-0", "node-1", "node-2"}
    assert {flavor for name, (_, flavor) in after.items() if name.startswith("node")} == {"m1.medium"}
    type_(canary)
    assert renewed(after, servers(clouds[0], "physics")) == {"node-0"}
    assert outdated(bay, "physics") == {}
    assert bay.run("preview", "physics").code == 0


@pytest.fixture
def images(clouds: list[Connection]) -> Iterator[list[str]]:
    """Two images of one name, of this project alone; the first has another name once there is the second."""
    cloud, ids = clouds[0], list[str]()
    yield ids
    for id in ids:
        cloud.image.delete_image(id)


def upload(cloud: Connection, images: list[str]) -> str:
    """An image called weekly; the one of before gets another name, as operators do."""
    for number, id in enumerate(images):
        cloud.image.update_image(id, name=f"weekly-{number}")
    image = cloud.image.create_image(
        "weekly", container_format="bare", disk_format="raw", data=b"x" * 512, allow_duplicates=True
    )
    images.append(image.id)
    return str(image.id)


def booted(cloud: Connection, bay: str) -> dict[str, str]:
    """Server -> id of its image."""
    return {s.name.removeprefix(f"{bay}-"): s.image.id for s in cloud.compute.servers(name=f"^{bay}-")}


def test_a_newer_image_of_the_same_name_reaches_servers_by_a_rebuild_alone(
    bay: Bay, clouds: list[Connection], images: list[str]
) -> None:
    cloud = clouds[0]
    old = upload(cloud, images)
    bay.make("fresh", "--nodes", "1", "--no-wait", "--set", "image=weekly", "--set", "nodes.engine_volume=1")
    assert bay.run("list", "--outdated", "-f", "json").json == []
    new = upload(cloud, images)
    assert bay.run("preview", "fresh").code == 0, "an upload changes no bay"
    (listed,) = bay.run("list", "--outdated", "-f", "json").json
    assert (listed["name"], listed["outdated"]) == ("fresh", ["weekly: 2 servers"])
    assert outdated(bay, "fresh") == {"master-0": ["image"], "node-0": ["image"]}
    done = bay.run("rebuild", "fresh", "--yes", "--no-wait")
    assert done.code == 0, done
    assert done.err.splitlines()[-1] == "bay fresh: 1 server rebuilt; fresh-master-0 stays outdated"
    assert booted(cloud, "fresh") == {"master-0": old, "node-0": new}
    scaled = bay.run("scale", "fresh", "2", "--no-wait")
    assert scaled.code == 0, scaled
    assert booted(cloud, "fresh") == {"master-0": old, "node-0": new, "node-1": new}
    again = bay.run("rebuild", "fresh", "--yes", "--no-wait", "--lose-data")
    assert again.code == 0, again
    assert booted(cloud, "fresh") == dict.fromkeys(("master-0", "node-0", "node-1"), new)
    assert outdated(bay, "fresh") == {}


@pytest.mark.long
def test_a_rebuild_that_was_killed_is_resumed_and_doubles_nothing(bay: Bay, clouds: list[Connection]) -> None:
    cloud = clouds[0]
    volumes = ("--set", "masters.state_volume=1", "--set", "nodes.boot_volume=20")
    bay.make("hit", "--model", "swarm-ha", "--nodes", "3", "--no-wait", *volumes)
    assert outdated(bay, "hit") == {}
    before = servers(cloud, "hit")
    for flavor in ("masters.flavor=m1.medium", "nodes.flavor=m1.medium"):
        changed = bay.run("update", "hit", "--set", flavor, "--yes", "--no-wait")
        assert changed.code == 0, changed
    gone = iter(("hit-master-0", "hit-master-2", "hit-node-1"))
    for name in gone:
        here = cloud.compute.find_server(name, ignore_missing=False).id
        running = bay.start("rebuild", "hit", "--yes", "--no-wait")
        running.until(lambda here=here: damage.gone(cloud, here), 300)  # type: ignore[misc]
        kill(running, bay, "all")
        running.process.wait()
    done = bay.start("rebuild", "hit", "--yes", "--no-wait").wait(900)
    assert done.code == 0, done
    after = servers(cloud, "hit")
    assert renewed(before, after) == set(before)
    assert {flavor for _, flavor in after.values()} == {"m1.medium"}
    assert len(list(cloud.compute.servers(name="^hit-"))) == 6
    assert outdated(bay, "hit") == {}
    assert bay.run("preview", "hit").code == 0
    assert bay.run("drift", "hit", "-f", "json").json == []
