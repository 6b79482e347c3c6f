"""`bay scale --group master` on the sandbox: one after another, and the page that tells it."""

import os
import re

import pytest
from openstack.connection import Connection

from tests.integration.bays.harness import COMMAND, Bay
from tests.paths import DOCS

pytestmark = pytest.mark.sandbox


def test_the_page_on_masters_does_what_it_says(bay: Bay, clouds: list[Connection]) -> None:
    """As far as servers that do not boot can: they say that they are ready, and have no engine that lets one go."""
    make, more, fewer = re.findall(r"^```sh\n(.*?)^```", (DOCS / "masters.md").read_text(), re.MULTILINE | re.DOTALL)

    def type_(block: str) -> tuple[int, str, str]:
        path = f"{COMMAND.parent}:{os.environ['PATH']}"
        done = bay.execute(["bash", "-euo", "pipefail", "-c", block], PATH=path)
        return done.code, done.out, done.err

    assert type_(make)[0] == 0
    code, out, err = type_(more)
    assert code == 0, err
    assert "Raft grows from 1 to 3 members, one by one, each healthy before the next" in out + err
    batches = [line for line in err.splitlines() if line.startswith("batch ")]
    assert batches == ["batch 1 of 2: physics-master-1", "batch 2 of 2: physics-master-2"]
    masters = sorted(server.name for server in clouds[0].compute.servers(name="^physics-master"))
    assert masters == ["physics-master-0", "physics-master-1", "physics-master-2"]
    code, _, err = type_(fewer)
    assert (code, "can leave Docker Swarm by its API alone" in err) == (1, True), err
    saved = bay.run("preview", "physics", "--masters", "5", "--save", "five.plan")
    assert saved.code == 1
    assert "come and go one by one" in saved.error[0]
    even = bay.run("scale", "physics", "2", "--group", "master", "--yes")
    assert (even.code, "must be odd" in even.error[0]) == (2, True), even
    assert sorted(server.name for server in clouds[0].compute.servers(name="^physics-master")) == masters
