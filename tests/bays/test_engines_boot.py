"""Bays whose servers boot: the engine comes up from user data alone, and runs a service on every node."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bay.sandbox import Sandbox

from ..conftest import forget, new_sandbox, sweep_killed_runs, why_nothing_boots
from .harness import PROJECTS, Bay, connect, eventually, inventory

pytestmark = [pytest.mark.boot, pytest.mark.sandbox, pytest.mark.timeout(900)]

OPEN = ("--set", "access.api=[198.18.0.0/15]", "--set", "access.published=[198.18.0.0/15]")
"""For this machine, which reaches floating IPs from an address of the external network's."""
IMAGES = {"swarm": "docker", "kubernetes": "kubernetes"}


@pytest.fixture(scope="module")
def booting() -> Iterator[Sandbox]:
    """A sandbox whose servers boot, for the tests of this module."""
    reason = why_nothing_boots()
    if reason:
        pytest.skip(reason)
    sweep_killed_runs()
    sandbox = new_sandbox("booting-bays")
    try:
        sandbox.start(print, boot=True)
        yield sandbox
    finally:
        forget(sandbox)


@pytest.fixture
def user(booting: Sandbox, tmp_path: Path) -> Iterator[Bay]:
    """A user there, who leaves nothing."""
    clouds = [connect(booting, name) for name in PROJECTS]
    before = inventory(clouds)
    one = Bay(tmp_path, booting)
    yield one
    one.delete_all()
    assert inventory(clouds) == before
    for cloud in clouds:
        cloud.close()


@pytest.fixture
def need_image(booting: Sandbox) -> Callable[[str], None]:
    """Skips where the image of an engine's nodes was not built."""

    def need(engine: str) -> None:
        if not (booting.cache / "nodes" / IMAGES[engine] / "rootfs").is_dir():
            pytest.skip(f"bay sandbox image build {engine} was not run")

    return need


def health(user: Bay, name: str) -> dict[str, str]:
    """Server -> health, and the bay's own under its name."""
    shown = user.run("show", name, "-f", "json").json
    return {name: shown["health_status"], **shown["node_health"]}


@pytest.mark.parametrize("engine", ["swarm", "kubernetes"])
def test_an_engine_comes_up_grows_and_goes(engine: str, user: Bay, need_image: Callable[[str], None]) -> None:
    need_image(engine)
    made = user.run("create", "real", "--model", engine, *OPEN, "--timeout", "8")
    assert made.code == 0, made
    servers = ["real-master-0", "real-node-0", "real-node-1"]
    assert health(user, "real") == dict.fromkeys(["real", *servers], "HEALTHY")

    grown = user.run("scale", "real", "3", "--timeout", "8")
    assert grown.code == 0, grown
    assert health(user, "real") == dict.fromkeys(["real", *servers, "real-node-2"], "HEALTHY")
    listed = user.run("node", "list", "real", "-f", "json").json
    assert {row["health"] for row in listed} == {"HEALTHY"}


def test_a_service_runs_on_every_node_of_a_swarm(user: Bay, need_image: Callable[[str], None]) -> None:
    need_image("swarm")
    user.make("real", *OPEN, "--timeout", "8")
    script = """
        eval "$(bay config real)"
        docker service create --quiet --detach --name web --mode global --no-resolve-image \\
            --publish mode=host,target=8080,published=30080 localhost/bay/web:1 >/dev/null
    """
    done = user.execute(["bash", "-ec", script], PATH=_path(user))
    assert done.code == 0, done
    running = """eval "$(bay config real)"; docker service ps web --filter desired-state=running \\
        --format '{{.Node}} {{.CurrentState}}'"""

    def everywhere() -> bool:
        lines = user.execute(["bash", "-ec", running], PATH=_path(user)).out.splitlines()
        return sorted(line.split()[0] for line in lines if " Running" in line) == ["real-node-0", "real-node-1"]

    eventually(everywhere, 90)


def test_a_service_runs_on_every_node_of_a_kubernetes_bay(user: Bay, need_image: Callable[[str], None]) -> None:
    need_image("kubernetes")
    user.make("real", "--model", "kubernetes", *OPEN, "--timeout", "8")
    manifest = user.home / "web.json"
    manifest.write_text(json.dumps(WEB))
    script = """
        eval "$(bay config real)"
        kubectl apply -f web.json
        kubectl rollout status daemonset/web --timeout=120s
        kubectl wait --for=condition=Available deployment/coredns --namespace kube-system --timeout=120s
        kubectl get pods -o 'jsonpath={range .items[*]}{.spec.nodeName}{"\\n"}{end}'
    """
    done = user.execute(["bash", "-ec", script], PATH=_path(user))
    assert done.code == 0, done
    assert sorted(done.out.splitlines()[-2:]) == ["real-node-0", "real-node-1"]


WEB = {
    "apiVersion": "apps/v1",
    "kind": "DaemonSet",
    "metadata": {"name": "web"},
    "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "containers": [{"name": "web", "image": "localhost/bay/web:1", "imagePullPolicy": "IfNotPresent"}]
            },
        },
    },
}


def _path(user: Bay) -> str:
    """This checkout's `bay`, and the kubectl of the node image where the machine has none."""
    from .harness import COMMAND

    tools = user.sandbox.cache / "nodes" / "kubernetes" / "rootfs" / "usr" / "bin"
    return f"{COMMAND.parent}:{user.environment()['PATH']}:{tools}"
