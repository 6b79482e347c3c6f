"""What Swarm's answer says of each server."""

from typing import Any

import pytest

from bay.components.engines import ENGINES

SWARM = ENGINES["swarm"]
MANAGER = {"ManagerStatus": {"Reachability": "reachable"}}


def node(name: str, state: str = "ready", **more: Any) -> dict[str, Any]:
    return {"Description": {"Hostname": name}, "Status": {"State": state}, **more}


@pytest.mark.parametrize("name", ["demo-master-1", "demo-master-9"])
def test_a_worker_that_calls_itself_like_a_master_is_none(name: str) -> None:
    answer = [node("demo-master-0", **MANAGER), node("demo-node-0"), node(name)]
    assert SWARM.node_health(answer) == {"demo-master-0": "HEALTHY", "demo-node-0": "HEALTHY"}


def test_a_manager_that_is_down_is_not_the_worker_that_took_its_name() -> None:
    down = {"ManagerStatus": {"Reachability": "unreachable"}}
    answer = [node("demo-master-0", **MANAGER), node("demo-master-1", "down", **down), node("demo-master-1")]
    assert SWARM.node_health(answer) == {"demo-master-0": "HEALTHY", "demo-master-1": "UNHEALTHY"}


def test_a_group_of_nodes_may_have_a_name_like_the_masters() -> None:
    answer = [node("demo-master-0", **MANAGER), node("demo-web-master-0")]
    assert SWARM.node_health(answer) == {"demo-master-0": "HEALTHY", "demo-web-master-0": "HEALTHY"}
