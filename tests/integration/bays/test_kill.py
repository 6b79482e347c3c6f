"""`bay`, Pulumi or its plugin killed in the middle: the next command resumes, and delete leaves nothing."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from openstack.connection import Connection

from tests.integration.bays import reliability
from tests.integration.bays.campaign import Fates, agreed, expected, live
from tests.integration.bays.conftest import NewBay, NewRelay
from tests.integration.bays.harness import Bay, Inventory
from tests.integration.bays.kill_points import QUICK
from tests.integration.bays.kills import Point, struck
from tests.waiting import eventually

pytestmark = pytest.mark.sandbox

WIDE = (
    *("--set", "endpoint.kind=load-balancer"),
    *("--set", "floating_ips=all"),
    *("--set", "masters={boot_volume: 20, engine_volume: 5, state_volume: 5}"),
)
"""Options of a bay that has a load balancer, floating IPs and volumes of each sort."""


@pytest.fixture(scope="module")
def fates(
    new_relay: NewRelay, new_shared_bay: NewBay, clouds: list[Connection], holdings: Callable[[], Inventory]
) -> Fates:
    """The ten points of the smallest bay, from create to delete, after which nothing is left."""
    user, before = new_shared_bay(), holdings()
    lived = live(user, new_relay(user), QUICK, clouds[0], print)
    assert holdings() == before
    return lived


@pytest.mark.parametrize(("title", "point"), [(s.title, p) for s, p in QUICK.points], ids=lambda value: str(value))
def test_the_next_command_resumes(fates: Fates, title: str, point: Point) -> None:
    assert fates[title, point] in expected(point)


def test_only_bay_killed_its_pulumi_ends_and_the_bay_is_deleted(bay: Bay, clouds: list[Connection]) -> None:
    running = bay.start("create", "killed", "--model", "swarm", "--nodes", "1")
    running.until(lambda: any(clouds[0].network.ports(device_owner="network:router_interface", name="")))
    running.kill()
    running.process.wait()
    eventually(lambda: bay.run("delete", "killed", "--yes").code == 0, 90)


def forget_all(bay: Bay, name: str) -> None:
    """Make the state what it is after a kill while everything in the cloud was being made: pending, and without ids.

    Written into the file itself, because `pulumi stack import` drops pending operations.
    """
    file = bay.state / ".pulumi" / "stacks" / "bay" / f"{name}.json"
    document = json.loads(file.read_text())
    deployment = document["checkpoint"]["latest"]
    resources: list[dict[str, Any]] = deployment["resources"]
    made = [r for r in resources if r["type"].startswith("openstack:")]
    deployment["resources"] = [r for r in resources if r not in made]
    lost = [{key: value for key, value in r.items() if key not in ("id", "outputs")} for r in made]
    deployment["pending_operations"] = [{"resource": r, "type": "creating"} for r in lost]
    file.write_text(json.dumps(document))


def test_everything_that_is_pending_is_adopted_at_once_and_known_again_to_be_deleted(
    bay: Bay, clouds: list[Connection]
) -> None:
    bay.make("killed", "--nodes", "0", *WIDE)
    before = agreed(bay, "killed", clouds[0])
    forget_all(bay, "killed")
    shown = bay.run("show", "killed", "-f", "json").json
    assert shown["status"] == "UPDATE_FAILED"
    assert shown["status_reason"].startswith("interrupted while creating ")
    previewed = bay.run("preview", "killed")
    assert "note: the previous run was interrupted while creating " in previewed.out

    scaled = bay.run("scale", "killed", "1")
    assert scaled.code == 0, scaled
    assert before < agreed(bay, "killed", clouds[0]), "nothing was created twice, and the node was added"

    forget_all(bay, "killed")
    deleted = bay.run("delete", "killed", "--yes")
    assert deleted.code == 0, deleted
    # The fixture compares what both projects hold with what they held before.


def test_the_page_on_kills_does_what_it_says(bay: Bay, new_relay: NewRelay) -> None:
    (block,) = re.findall(r"^```sh\n(.*?)^```", reliability.FILE.read_text(), re.MULTILINE | re.DOTALL)
    interrupted, show, preview, again, drift, delete = (
        line.partition("#")[0].split()[1:] for line in block.splitlines()
    )
    struck(bay, new_relay(bay), interrupted, Point(("create", "Instance"), "after"), frozenset())
    shown = bay.run(*show)
    assert shown.out.startswith("CREATE_FAILED\ninterrupted while creating "), shown
    previewed = bay.run(*preview)
    assert previewed.code == 2, previewed
    assert "note: the previous run was interrupted while creating " in previewed.out
    assert interrupted == again
    for words in (again, drift, delete):
        done = bay.run(*words)
        assert done.code == 0, done
    assert bay.names() == []
