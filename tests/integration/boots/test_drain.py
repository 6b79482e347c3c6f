"""A node that goes lets its work go first: 100 requests a second, while nodes come and go, and none fails."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from openstack.connection import Connection

from tests.integration.bays.harness import Bay
from tests.integration.boots.booted_bay import OPEN, health
from tests.integration.boots.load import Load, under_load
from tests.integration.boots.services import PORT, Kubernetes, Service, Swarm, age_master
from tests.waiting import eventually

pytestmark = [pytest.mark.boot, pytest.mark.sandbox, pytest.mark.long, pytest.mark.timeout(1800)]

AFTERWARDS = 5.0
"""Seconds for which requests go on when a change is through."""


class Story:
    """A bay with a service, asked at a node that stays to the end."""

    def __init__(self, user: Bay, cloud: Connection, service: Service) -> None:
        self.user, self.cloud, self.service = user, cloud, service
        words = ("--nodes", "3", *OPEN, "--set", "floating_ips=all", "--timeout", "9")
        made = user.start("create", "real", "--model", service.model, *words).wait(600)
        assert made.code == 0, made
        service.deploy(user)
        eventually(lambda: len(set(service.holders(user))) == 2, 120)
        self.stays = service.holders(user)[0]
        server = cloud.compute.find_server(self.stays, ignore_missing=False, details=True)
        found = cloud.compute.get_server(server.id).addresses.values()
        self.address = next(
            one["addr"] for addresses in found for one in addresses if one["OS-EXT-IPS:type"] == "floating"
        )
        self.answers()

    def answers(self) -> None:
        """Wait until both replicas do, at the node that stays."""

        def both() -> bool:
            load = Load(self.address, PORT)
            for _ in range(8):
                load.ask()
            return not load.failed and len(load.served) == 2

        eventually(both, 120)

    def holder(self) -> str:
        """Another node with a replica."""
        eventually(lambda: len(set(self.service.holders(self.user))) == 2, 120)
        self.answers()
        return next(node for node in self.service.holders(self.user) if node != self.stays)

    def under_load(self, what: str, change: Callable[[], object], seconds: float = AFTERWARDS) -> Load:
        """Make a change while requests come; the counts."""
        with under_load(self.address, PORT) as load:
            change()
            time.sleep(seconds)
        print(f"{self.service.model}, {what}: {load}")
        return load


@pytest.mark.parametrize("service", [Swarm(), Kubernetes()], ids=["swarm", "kubernetes"])
def test_no_request_fails_while_nodes_come_and_go(
    service: Service, user: Bay, cloud: Connection, checkout: Path, need_image: Callable[[str], None]
) -> None:
    need_image(service.model)
    story = Story(user, cloud, service)

    leaving = story.holder()

    def scale_down() -> None:
        done = user.start("scale", "real", "--remove", leaving, "--yes").wait(300)
        assert done.code == 0, done
        assert leaving not in service.entries(user), "its entry is gone right after"

    load = story.under_load("bay scale down", scale_down)
    assert not load.failed
    assert load.steady

    # A day later: nothing that let servers in before does so now.
    age_master(user.sandbox, cloud.compute.find_server("real-master-0").id)
    service.expire(user)

    def scale_up() -> None:
        grown = user.start("scale", "real", "3", "--timeout", "9").wait(600)
        assert grown.code == 0, grown

    load = story.under_load("bay scale up", scale_up)
    assert not load.failed
    assert load.steady
    assert health(user, "real")["real-node-3"] == "HEALTHY"
    assert "real-node-3" in service.entries(user)

    exported = user.run("export", "real", cwd=checkout)
    assert exported.code == 0, exported
    going = story.holder()

    def pulumi_up() -> None:
        removed = f"pulumi config set --path 'bay:nodes.removed[1]' {going.rpartition('-')[2]}"
        script = f"{removed}; pulumi config set --path bay:nodes.count 2; pulumi up --yes --skip-preview"
        done = user.shell(f"pulumi stack select real; {script}", cwd=checkout, bay="real")
        assert done.code == 0, done
        assert going not in service.entries(user), "its entry is gone right after"

    load = story.under_load("pulumi up", pulumi_up)
    assert not load.failed
    assert load.steady

    stopped = cloud.compute.find_server(story.holder())
    cloud.compute.stop_server(stopped)
    cloud.compute.wait_for_server(stopped, "SHUTOFF", wait=90)
    assert stopped.name not in service.entries(user)
    cloud.compute.start_server(stopped)
    eventually(lambda: health(user, "real").get(stopped.name) == "HEALTHY", 120)
    assert stopped.name in service.entries(user), "by itself"

    service.spread(user)
    lost = story.holder()
    load = story.under_load("without a drain", lambda: cloud.compute.delete_server(cloud.compute.find_server(lost)), 10)
    assert load.failed, "the control: a server whose plug is pulled is missed"
    assert lost in service.entries(user)


@pytest.mark.parametrize("service", [Swarm(), Kubernetes()], ids=["swarm", "kubernetes"])
def test_no_request_fails_while_nodes_are_rebuilt(
    service: Service, user: Bay, cloud: Connection, need_image: Callable[[str], None]
) -> None:
    need_image(service.model)
    story = Story(user, cloud, service)
    changed = user.run("update", "real", "--set", "nodes.labels={rack: one}", "--yes")
    assert changed.code == 0, changed
    before = {server.name: server.id for server in cloud.compute.servers(name="^real-")}
    others = [name for name in before if name not in (story.stays, "real-master-0")]
    nodes = [word for name in others for word in ("--node", name)]

    def rebuild() -> None:
        done = user.start("rebuild", "real", *nodes, "--yes", "--timeout", "9").wait(900)
        assert done.code == 0, done

    load = story.under_load("bay rebuild", rebuild)
    assert not load.failed
    assert load.steady
    after = {server.name: server.id for server in cloud.compute.servers(name="^real-")}
    assert sorted(name for name in before if before[name] != after[name]) == sorted(others)
    assert set(health(user, "real").values()) == {"HEALTHY"}
