"""`bay upgrade` on the sandbox: the page that tells it, what is refused, and what a kill leaves."""

import os
import re
from collections.abc import Iterator

import pytest
from openstack.connection import Connection

from tests.integration.bays import damage
from tests.integration.bays.harness import CHECKOUT, COMMAND, Bay
from tests.integration.bays.kills import kill

pytestmark = pytest.mark.sandbox

PAGE = CHECKOUT / "docs" / "upgrade.md"
OLD_KUBERNETES, NEW_DOCKER = "debian-12-kubernetes-1.33", "debian-12-docker-28"


@pytest.fixture
def images(clouds: list[Connection]) -> Iterator[None]:
    """Images of other versions, of this project alone: no server of this sandbox boots."""
    made = []
    for name, property, version in (
        (OLD_KUBERNETES, "kube_version", "1.33.6"),
        (NEW_DOCKER, "docker_version", "28.0.1"),
    ):
        image = clouds[0].image.create_image(
            name,
            container_format="bare",
            disk_format="raw",
            data=b"x" * 512,
            allow_duplicates=True,
            **{property: version, "os_distro": "debian"},
        )
        made.append(image.id)
    yield
    for id in made:
        clouds[0].image.delete_image(id)


def booted(cloud: Connection, bay: str) -> dict[str, str]:
    """Server -> name of the image that it was created from."""
    names = {image.id: image.name for image in cloud.image.images()}
    return {s.name.removeprefix(f"{bay}-"): names[s.image.id] for s in cloud.compute.servers(name=f"^{bay}-")}


def test_the_page_on_upgrades_does_what_it_says(bay: Bay, clouds: list[Connection], images: None) -> None:
    path = f"{COMMAND.parent}:{os.environ['PATH']}"
    make, look, upgrade = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)

    def type_(block: str) -> tuple[str, str]:
        done = bay.execute(["bash", "-euo", "pipefail", "-c", block], PATH=path)
        assert done.code == 0, (block, done)
        return done.out, done.err

    type_(make)
    assert set(booted(clouds[0], "physics").values()) == {OLD_KUBERNETES}
    out, err = type_(look)
    steps = [line.replace("`", "").split(" | ")[1:4:2] for line in out.splitlines()[2:]]
    assert steps == [
        ["configure", "kubeadm-config"],
        ["configure", "kubelet-config"],
        ["replace", "physics-master-0"],
        ["configure", "kube-proxy"],
        ["configure", "coredns"],
        ["configure", "add-ons"],
        ["replace", "physics-node-0"],
    ]
    assert "bay physics: Kubernetes 1.33.6 -> 1.34.2; image: debian-12-kubernetes-1.33 -> debian-12-kubernetes" in err
    assert set(booted(clouds[0], "physics").values()) == {OLD_KUBERNETES}, "a look changes nothing"
    out, err = type_(upgrade)
    assert err.splitlines()[-1] == "bay physics: upgraded to Kubernetes 1.34.2"
    assert booted(clouds[0], "physics") == dict.fromkeys(("master-0", "node-0"), "debian-12-kubernetes")
    again = bay.run("upgrade", "physics", "--version", "1.34.2", "--yes")
    assert (again.code, again.err) == (0, "bay physics: runs Kubernetes 1.34.2 already\n")
    back = bay.run("upgrade", "physics", "--image", OLD_KUBERNETES, "--yes")
    assert "runs Kubernetes 1.34.2, not 1.33.6" in back.error[0]


@pytest.mark.long
def test_an_upgrade_that_was_killed_is_resumed(bay: Bay, clouds: list[Connection], images: None) -> None:
    cloud = clouds[0]
    bay.make("hit", "--model", "swarm-ha", "--nodes", "2", "--no-wait")
    for name in ("hit-master-0", "hit-master-2", "hit-node-1"):
        here = cloud.compute.find_server(name, ignore_missing=False).id
        running = bay.start("upgrade", "hit", "--image", NEW_DOCKER, "--yes", "--no-wait")
        running.until(lambda here=here: damage.gone(cloud, here), 300)  # type: ignore[misc]
        kill(running, bay, "all")
        running.process.wait()
    done = bay.start("upgrade", "hit", "--version", "28.0.1", "--yes", "--no-wait").wait(900)
    assert done.code == 0, done
    assert set(booted(cloud, "hit").values()) == {NEW_DOCKER}
    assert len(list(cloud.compute.servers(name="^hit-"))) == 5
    assert bay.run("preview", "hit").code == 0
    assert bay.run("drift", "hit", "-f", "json").json == []
