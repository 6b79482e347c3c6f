"""`bay group` on the sandbox: the page that tells of it, typed, and what is refused."""

import json
import os
import re
from collections.abc import Callable

import pytest
from openstack.connection import Connection

from tests.integration.bays.harness import CHECKOUT, COMMAND, Bay
from tests.integration.bays.kills import kill

pytestmark = pytest.mark.sandbox

PAGE = CHECKOUT / "docs" / "groups.md"


def servers(cloud: Connection, bay: str = "physics") -> dict[str, str]:
    """Server -> name of its flavor."""
    found = cloud.compute.servers(name=f"^{bay}-")
    return {s.name.removeprefix(f"{bay}-"): s.flavor["original_name"] for s in found}


def test_the_page_on_groups_does_what_it_says(bay: Bay, clouds: list[Connection]) -> None:
    path = f"{COMMAND.parent}:{os.environ['PATH']}"
    make, create, set_, delete = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)

    def type_(block: str) -> tuple[str, str]:
        done = bay.execute(["bash", "-euo", "pipefail", "-c", block], PATH=path)
        assert done.code == 0, (block, done)
        return done.out, done.err

    type_(make)
    plain = servers(clouds[0])
    out, _ = type_(create)
    assert servers(clouds[0]) == {**plain, "batch-0": "m1.medium", "batch-1": "m1.medium"}
    assert "example.org/disk=ssd" in out
    out, err = type_(set_)
    three = dict.fromkeys(("batch-0", "batch-1", "batch-2"), "m1.medium")
    assert servers(clouds[0]) == {**plain, **three}, "a flavor is for servers created later"
    names = "physics-batch-0, physics-batch-1, physics-batch-2"
    assert f"{names}: created with another node_groups.batch.flavor" in err
    assert "'bay rebuild physics --group batch' replaces them, drained, batch by batch" in err
    assert re.search(r"batch +│ +3 +│ +m1.small +│ +3 ", out), out
    assert out.count("flavor, boot-data") == 3
    out, _ = type_(delete)
    assert f"risk (delete): group batch goes with its 3 servers: {names};" in out
    assert servers(clouds[0]) == plain
    rows = json.loads(out[out.rindex("[\n") :])
    assert rows == [{"name": "master", "count": 1}, {"name": "node", "count": 1}]
    assert bay.run("preview", "physics").code == 0


@pytest.mark.long
def test_a_group_that_was_killed_half_way_comes_and_goes_by_the_same_words(bay: Bay, clouds: list[Connection]) -> None:
    cloud = clouds[0]
    bay.make("hit", "--nodes", "1", "--no-wait")
    plain = servers(cloud, "hit")
    create = ("group", "create", "hit", "gpu", "--count", "3", "--no-wait")
    half_way(bay, create, lambda: len(servers(cloud, "hit")) > len(plain))
    resumed = bay.start(*create).wait(600)
    assert resumed.code == 0, resumed
    listed = [server.name for server in cloud.compute.servers(name="^hit-")]
    assert sorted(listed) == ["hit-gpu-0", "hit-gpu-1", "hit-gpu-2", "hit-master-0", "hit-node-0"]
    assert bay.run("preview", "hit").code == 0
    refused = bay.run(*create)
    assert (refused.code, refused.err.splitlines()[0]) == (1, "error: bay hit has a group 'gpu' already")

    delete = ("group", "delete", "hit", "gpu", "--yes")
    half_way(bay, delete, lambda: len(servers(cloud, "hit")) < len(listed))
    ended = bay.start(*delete).wait(600)
    assert ended.code == 0, ended
    assert servers(cloud, "hit") == plain
    assert bay.run("preview", "hit").code == 0
    assert bay.run("drift", "hit", "-f", "json").json == []
    assert "no group 'gpu'" in bay.run(*delete).err


def half_way(bay: Bay, words: tuple[str, ...], begun: Callable[[], bool]) -> None:
    """Kill a command, with all that it started, once what it does is seen."""
    running = bay.start(*words)
    running.until(begun, 300)
    kill(running, bay, "all")
    running.process.wait()
