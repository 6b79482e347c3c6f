"""A web service of two replicas on a bay of each engine, published on every node, and what its engine says of nodes."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bay.sandbox import Sandbox
from tests.integration.bays.harness import Bay
from tests.integration.boots.booted_bay import tools

PORT = 30080
"""At which every node answers for the service."""


class Service(Protocol):
    """One engine's way."""

    model: str

    def deploy(self, user: Bay) -> None:
        """Start it."""

    def holders(self, user: Bay) -> list[str]:
        """Nodes on which a replica runs."""

    def entries(self, user: Bay) -> list[str]:
        """Nodes that the engine knows."""

    def spread(self, user: Bay) -> None:
        """Have the replicas on different nodes again, after one was away."""

    def expire(self, user: Bay) -> None:
        """Make whatever let servers in until now useless."""


def on_bay(user: Bay, script: str) -> str:
    """What a script prints that has the engine's client, and the files of `bay config` for the bay `real`."""
    done = user.execute(["bash", "-ec", f'eval "$(bay config real)"\n{script}'], PATH=tools(user))
    assert done.code == 0, done
    return done.out


@dataclass(frozen=True)
class Swarm:
    """Behind a proxy on every node, since Swarm's own mesh needs IP_VS."""

    model: str = "swarm"

    def deploy(self, user: Bay) -> None:
        create = "docker service create --quiet --detach --network work --endpoint-mode dnsrr --no-resolve-image"
        proxy = f"--mode global --publish mode=host,target=8080,published={PORT}"
        on_bay(
            user,
            f"""docker network create --driver overlay work
            {create} --name web --replicas 2 localhost/bay/web:1
            {create} --name front {proxy} localhost/bay/proxy:1 tasks.web:8080""",
        )

    def holders(self, user: Bay) -> list[str]:
        lines = on_bay(
            user, "docker service ps web --filter desired-state=running --format '{{.Node}} {{.CurrentState}}'"
        )
        return [line.split()[0] for line in lines.splitlines() if " Running" in line]

    def entries(self, user: Bay) -> list[str]:
        return sorted(on_bay(user, "docker node ls --format '{{.Hostname}}'").split())

    def spread(self, user: Bay) -> None:
        on_bay(user, "docker service update --quiet --force --detach web")

    def expire(self, user: Bay) -> None:
        on_bay(
            user, "docker swarm join-token --rotate --quiet worker; docker swarm join-token --rotate --quiet manager"
        )


@dataclass(frozen=True)
class Kubernetes:
    """On a port of every node; the proxies of nodes need a moment to hear of a replica that goes."""

    model: str = "kubernetes"

    def deploy(self, user: Bay) -> None:
        (user.home / "web.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": WEB}))
        on_bay(user, "kubectl apply --filename web.json; kubectl rollout status deployment/web --timeout 120s")

    def holders(self, user: Bay) -> list[str]:
        pods = json.loads(on_bay(user, "kubectl get pods --selector app=web --output json"))["items"]
        return [pod["spec"]["nodeName"] for pod in pods if pod["status"]["phase"] == "Running" and _stays(pod)]

    def entries(self, user: Bay) -> list[str]:
        names = on_bay(user, "kubectl get nodes --output 'jsonpath={.items[*].metadata.name}'")
        return sorted(names.split())

    def spread(self, user: Bay) -> None:
        on_bay(user, "kubectl rollout restart deployment/web; kubectl rollout status deployment/web --timeout 120s")

    def expire(self, user: Bay) -> None:
        on_bay(user, "kubectl delete certificatesigningrequests --all")


def _stays(pod: dict[str, Any]) -> bool:
    return "deletionTimestamp" not in pod["metadata"]


def age_master(sandbox: Sandbox, server_id: str) -> None:
    """Let a master take its bay for three days old."""
    settings = Path(sandbox.state) / "nodes" / server_id / "merged" / "etc" / "bay" / "env"
    lines = settings.read_text().splitlines(keepends=True)
    (made,) = (line for line in lines if line.startswith("BAY_MADE_AT="))
    older = int(made.partition("=")[2].strip("'\n")) - 3 * 86400
    settings.write_text("".join(f"BAY_MADE_AT={older}\n" if line is made else line for line in lines))


FAREWELL = 15
"""Seconds for which a replica that is to go still serves: on a busy machine a node's kube-proxy hears of it late."""

LABELS = {"app": "web"}
WEB: list[dict[str, Any]] = [
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": LABELS},
            "template": {
                "metadata": {"labels": LABELS},
                "spec": {
                    "topologySpreadConstraints": [
                        {
                            "maxSkew": 1,
                            "topologyKey": "kubernetes.io/hostname",
                            "whenUnsatisfiable": "ScheduleAnyway",
                            "labelSelector": {"matchLabels": LABELS},
                            # Else those that are about to go count too, and both new ones may end on one node.
                            "matchLabelKeys": ["pod-template-hash"],
                        }
                    ],
                    "containers": [
                        {
                            "name": "web",
                            "image": "localhost/bay/web:1",
                            "imagePullPolicy": "IfNotPresent",
                            # On a busy machine it may be late, and two unready pods would be a failure of its own.
                            "readinessProbe": {
                                "httpGet": {"path": "/healthz", "port": 8080},
                                "periodSeconds": 1,
                                "timeoutSeconds": 5,
                            },
                            "lifecycle": {"preStop": {"sleep": {"seconds": FAREWELL}}},
                        }
                    ],
                },
            },
        },
    },
    {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "web"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": LABELS}},
    },
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {
            "type": "NodePort",
            "selector": LABELS,
            "ports": [{"port": 80, "targetPort": 8080, "nodePort": PORT}],
        },
    },
]
