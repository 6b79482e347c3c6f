"""A Kubernetes bay of one master and two nodes comes up, grows, works, changes its work and keeps its files."""

import pytest

from tests.integration.boots.booted_bay import health
from tests.integration.boots.story import NAME, Story, ask, comes, typed

ENGINE = "kubernetes"
pytestmark = [pytest.mark.boot, pytest.mark.sandbox, pytest.mark.timeout(600, func_only=True)]

MASTER, *NODES = (f"{NAME}-{server}" for server in ("master-0", "node-0", "node-1", "node-2"))
DEPLOY, SCALE, ROLL = typed("components", "Kubernetes")
KEEP, REPLACE, FOLLOW = typed("volume", "Kubernetes")


def test_the_engine_is_healthy_on_every_server(story: Story) -> None:
    servers = [MASTER, *NODES[:2]]
    assert health(story.user, NAME) == dict.fromkeys([NAME, *servers], "HEALTHY")
    listed = story.type("kubectl get nodes --no-headers --output custom-columns=NAME:.metadata.name")
    assert sorted(listed.split()) == servers


def test_one_node_more_joins(story: Story) -> None:
    story.run("scale", NAME, "3")
    assert health(story.user, NAME) == dict.fromkeys([NAME, MASTER, *NODES], "HEALTHY")


KEY = "example.org/disk"


@pytest.mark.long
def test_labels_and_taints_of_nodes_change_while_they_run(story: Story) -> None:
    before = {server.name: server.id for server in story.cloud.compute.servers(name=f"^{NAME}-")}
    story.type(f"kubectl label node {NODES[0]} mine=stays && kubectl taint node {NODES[0]} own=1:PreferNoSchedule")
    story.run("group", "set", NAME, "node", "--label", f"{KEY}=ssd", "--taint", f"{KEY}=ssd:PreferNoSchedule")
    assert labelled(story, f"{KEY}=ssd") == {node: {KEY} for node in NODES[1:]} | {NODES[0]: {KEY, "own"}}
    assert outdated(story) == [], "though their boot data has no such label"
    story.type(f"kubectl label node {NODES[1]} {KEY}-")
    assert outdated(story) == [NODES[1]]
    story.run("rebuild", NAME, "--yes")
    assert outdated(story) == []
    story.run("group", "set", NAME, "node", "--remove-label", KEY, "--remove-taint", KEY)
    assert labelled(story, KEY) == {}
    assert labelled(story, "mine=stays") == {NODES[0]: {"own"}}
    story.type(f"kubectl label node {NODES[0]} mine- && kubectl taint node {NODES[0]} own-")
    assert {server.name: server.id for server in story.cloud.compute.servers(name=f"^{NAME}-")} == before


def labelled(story: Story, selector: str) -> dict[str, set[str]]:
    """Node that has a label -> keys of its taints."""
    columns = "--output 'custom-columns=NAME:.metadata.name,TAINTS:.spec.taints[*].key'"
    lines = story.type(f"kubectl get nodes --selector {selector} --no-headers {columns}").splitlines()
    found = (line.split() for line in lines)
    return {name: {key for key in keys.split(",") if key != "<none>"} for name, keys in found}


def outdated(story: Story) -> list[str]:
    """Nodes that are, in labels and in nothing else."""
    rows = story.user.run("node", "list", NAME, "-f", "json", "-c", "name", "-c", "outdated").json
    assert {reason for row in rows for reason in row["outdated"]} <= {"labels"}
    return [row["name"] for row in rows if row["outdated"]]


def test_a_site_of_three_components_answers_on_every_node(story: Story) -> None:
    story.type(DEPLOY, "components")
    comes(dict.fromkeys(NODES, "1"), lambda: story.answers(30080))


def test_one_component_is_scaled_and_the_others_find_it_on_all_nodes(story: Story) -> None:
    story.type(SCALE, "components")
    log = "kubectl logs deployment/worker --tail=20 | sed 's/.*host=\\([^ ]*\\).*/\\1/' | sort -u | grep -c api-"
    comes("4", lambda: story.type(f"{log} || true").strip())  # all four have answered, wherever they are


def test_one_component_is_rolled_to_a_new_version_on_every_node(story: Story) -> None:
    story.type(ROLL, "components")
    assert story.answers(30080) == dict.fromkeys(NODES, "2")
    image = "--output 'jsonpath={.items[*].spec.containers[*].image}'"
    assert story.type(f"kubectl get pods --selector app=front {image}").split() == ["localhost/bay/web:2"] * 3
    assert story.type(f"kubectl get pods --selector app=api {image}").split() == ["localhost/bay/web:1"] * 4


def test_files_on_a_volume_outlive_the_node(story: Story) -> None:
    volume = story.make_volume("store")
    story.attach(volume, f"{NAME}-node-0")
    story.type(KEEP, "volume", VOLUME=volume[:20])
    url = f"http://{story.addresses()[f'{NAME}-node-1']}:30081/"  # any node passes it on
    comes("", lambda: ask(f"{url}data/greeting", "still there"))
    assert f"node={NAME}-node-0" in ask(url)

    story.type(REPLACE, "volume")
    story.attach(volume, f"{NAME}-node-3")
    story.type(FOLLOW, "volume")
    assert sorted(story.addresses()) == [f"{NAME}-node-{index}" for index in (1, 2, 3)]
    comes("still there", lambda: ask(f"{url}data/greeting"))
    assert f"node={NAME}-node-3" in ask(url)
