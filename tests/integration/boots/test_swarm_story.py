"""A Swarm bay of one master and two nodes comes up, grows, works, changes its work and keeps its files."""

import json
import shutil
import sys

import pytest

from tests.integration.boots.booted_bay import health
from tests.integration.boots.ci_job import run_job
from tests.integration.boots.jupyter_image import import_python
from tests.integration.boots.story import EXAMPLES, NAME, Story, ask, comes, typed

ENGINE = "swarm"
pytestmark = [pytest.mark.boot, pytest.mark.sandbox, pytest.mark.timeout(600, func_only=True)]

MASTER, *NODES = (f"{NAME}-{server}" for server in ("master-0", "node-0", "node-1", "node-2"))
DEPLOY, SCALE, ROLL = typed("components", "Swarm")
FORMAT, KEEP, REPLACE, FOLLOW = typed("volume", "Swarm")


def replicas(story: Story, service: str) -> str:
    """RUNNING/WANTED of a service."""
    return story.type(f"docker service ls --filter name={service} --format '{{{{.Replicas}}}}'").strip()


def test_the_engine_is_healthy_on_every_server(story: Story) -> None:
    servers = [MASTER, *NODES[:2]]
    assert health(story.user, NAME) == dict.fromkeys([NAME, *servers], "HEALTHY")
    listed = story.type("docker node ls --format '{{.Hostname}} {{.Status}} {{.ManagerStatus}}'")
    assert sorted(listed.splitlines()) == [f"{MASTER} Ready Leader", *(f"{node} Ready " for node in NODES[:2])]


def test_one_node_more_joins(story: Story) -> None:
    story.run("scale", NAME, "3")
    assert health(story.user, NAME) == dict.fromkeys([NAME, MASTER, *NODES], "HEALTHY")


def test_a_site_of_three_components_answers_on_every_node(story: Story) -> None:
    story.type(DEPLOY, "components")
    comes(dict.fromkeys(NODES, "1"), lambda: story.answers(30080))


def test_one_component_is_scaled_and_the_others_find_it_on_all_nodes(story: Story) -> None:
    story.type(SCALE, "components")
    comes("4/4", lambda: replicas(story, "site_api"))
    assert replicas(story, "site_front") == "3/3"
    log = "docker service logs --raw --tail 20 site_worker | sed 's/.*host=\\([^ ]*\\).*/\\1/' | sort -u | wc -l"
    comes("4", lambda: story.type(log).strip())  # all four have answered, wherever they are


def test_one_component_is_rolled_to_a_new_version_on_every_node(story: Story) -> None:
    story.type(ROLL, "components")
    assert story.answers(30080) == dict.fromkeys(NODES, "2")
    images = story.type("docker service ls --format '{{.Name}} {{.Image}}'").splitlines()
    assert sorted(images) == [
        f"site_{name}"
        for name in ("api localhost/bay/web:1", "front localhost/bay/web:2", "worker localhost/bay/web:1")
    ]


def test_files_on_a_volume_outlive_the_node(story: Story) -> None:
    volume = story.make_volume("store")
    story.attach(volume, f"{NAME}-node-0")
    settings = {"VOLUME": volume[:20], "NODE": story.addresses()[f"{NAME}-node-0"]}
    story.type(FORMAT + KEEP, "volume", **settings)
    first = f"http://{settings['NODE']}:30081/data/greeting"
    comes("", lambda: ask(first, "still there"))
    assert ask(first) == "still there"

    story.type(REPLACE, "volume")
    story.attach(volume, f"{NAME}-node-3")
    story.type(FOLLOW, "volume")
    addresses = story.addresses()
    assert sorted(addresses) == [f"{NAME}-node-{index}" for index in (1, 2, 3)]
    comes("still there", lambda: ask(f"http://{addresses[f'{NAME}-node-3']}:30081/data/greeting"))


def test_a_job_of_gitlab_ci_builds_an_image_and_tries_it(story: Story) -> None:
    assert "2 tests passed" in run_job(story, "total").splitlines()
    built = story.type("docker image ls --format '{{.Repository}}:{{.Tag}}' ci").split()
    assert built == ["ci:latest"]
    assert story.type("docker run --rm ci:latest sh /total.sh 3 4") == "7\n"


def test_outdated_nodes_are_rebuilt_in_batches_and_do_the_same_work(story: Story) -> None:
    story.run("update", NAME, "--set", "nodes.labels={rack: one}", "--yes")
    listed = story.user.run("node", "list", NAME, "--long", "-f", "json").json
    assert {row["name"]: row["outdated"] for row in listed} == {
        MASTER: [],
        **{f"{NAME}-node-{index}": ["boot-data"] for index in (1, 2, 3)},
    }
    before, addresses = {row["name"]: row["id"] for row in listed}, story.addresses()
    story.run("rebuild", NAME, "--max-unavailable", "2", "--yes")
    listed = story.user.run("node", "list", NAME, "--long", "-f", "json").json
    assert [row["name"] for row in listed if row["id"] == before[row["name"]]] == [MASTER]
    assert {row["health"] for row in listed} == {"HEALTHY"}
    assert not any(row["outdated"] for row in listed)
    assert story.addresses() == addresses, "floating IPs are of ports, which stay"
    shown = "docker node ls --filter role=worker --quiet | xargs docker node inspect --format"
    labels = story.type(f"{shown} '{{{{.Description.Hostname}}}} {{{{.Description.Engine.Labels.rack}}}}'").splitlines()
    assert sorted(labels) == [f"{NAME}-node-{index} one" for index in (1, 2, 3)]
    comes(dict.fromkeys(addresses, "2"), lambda: story.answers(30080))


@pytest.mark.long
def test_a_notebook_is_run_by_a_jupyter_server_whose_image_the_bay_built(story: Story) -> None:
    download, build, give, serve, run = typed("jupyter")
    folder = story.user.home / "jupyter"
    shutil.copytree(EXAMPLES / "jupyter", folder)
    import_python(story)
    story.type(download.replace("python3", sys.executable, 1) + build, folder)
    addresses = story.addresses()
    for address in addresses.values():
        story.type(give, folder, NODE=address)
    story.type(serve, folder)
    where = "docker service ps jupyter_server --filter desired-state=running --format '{{.Node}}'"
    comes(True, lambda: story.type(where).strip() in addresses)
    node = story.type(where).strip()
    url = f"http://{addresses[node]}:30088/api"
    comes(True, lambda: "version" in ask(url))
    assert story.type(run, folder, NODE=addresses[node]) == "100000 decays, lifetime 2.19 microseconds\n"
    token = (folder / "token").read_text()
    kept = json.loads(ask(f"{url}/contents/decay.ipynb?token={token}"))["content"]["cells"][-1]
    assert kept["outputs"][0]["text"] == "100000 decays, lifetime 2.19 microseconds\n"
