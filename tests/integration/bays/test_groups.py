"""`bay group` on the sandbox: the page that tells of it, typed, and what is refused."""

import json
import os
import re

import pytest
from openstack.connection import Connection

from tests.integration.bays.harness import CHECKOUT, COMMAND, Bay

pytestmark = pytest.mark.sandbox

PAGE = CHECKOUT / "docs" / "groups.md"


def servers(cloud: Connection) -> dict[str, str]:
    """Server -> name of its flavor."""
    found = cloud.compute.servers(name="^physics-")
    return {s.name.removeprefix("physics-"): s.flavor["original_name"] for s in found}


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
