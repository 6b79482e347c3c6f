"""A Kubernetes API that has a login to the cloud, and two workloads that read it when they start."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bay.components.engines import CloudLogin
from bay.components.engines.kubernetes.cloud_logins import KubernetesCloudLogins
from bay.components.engines.kubernetes.cloud_provider import _secret
from tests.fakes.engine_server import Answers, engine_server

LOGINS = KubernetesCloudLogins()
MANAGER, CONTROLLER = (one.path for one in LOGINS.consumers)


def login(id: str, secret: str) -> CloudLogin:
    """As the masters of a bay have it."""
    return CloudLogin("https://cloud.example:5000", "north", "p1", id, secret, "the-subnet", "the-external")


def workload(kind: str) -> dict[str, Any]:
    """Of two pods that run."""
    status = {"observedGeneration": 1}
    if kind == "DaemonSet":
        status |= {"desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 2}
    else:
        status |= {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}
    spec = {"template": {"metadata": {"labels": {"app": "x"}}}} | ({"replicas": 2} if kind == "Deployment" else {})
    return {"kind": kind, "metadata": {"generation": 1}, "spec": spec, "status": status}


@dataclass
class CloudLoginApi:
    """objects: path -> what is there. nodes: names of those that are ready. changes: paths of PATCH, in order.

    stuck: pods do not come back. before: called with the path of each change before it is made.
    """

    objects: dict[str, Any]
    nodes: tuple[str, ...] = ("demo-master-0",)
    changes: list[str] = field(default_factory=list)
    stuck: bool = False
    address: str = ""
    before: Callable[[str], object] = lambda _path: None

    @classmethod
    def holding(cls, id: str, secret: str, *paths: str) -> "CloudLoginApi":
        """One with a login, and those of the two workloads."""
        document = _secret(login(id, secret))
        text = document["stringData"]["cloud.conf"].encode()
        secret_object = {"metadata": {"resourceVersion": "1"}, "data": {"cloud.conf": base64.b64encode(text).decode()}}
        made = {path: workload("DaemonSet" if path == MANAGER else "Deployment") for path in paths}
        return cls({LOGINS.path: secret_object, **made})

    @property
    def held(self) -> tuple[str, str]:
        """(id, secret) that are in use."""
        found = LOGINS.held(self.objects[LOGINS.path])
        return found.credential_id, found.credential_secret

    def get(self, path: str) -> Any:
        """What GET answers; None: not found."""
        if path.startswith("/api/v1/nodes"):
            ready = [{"type": "Ready", "status": "True"}]
            return {
                "items": [
                    {"metadata": {"name": name, "labels": {}}, "status": {"conditions": ready}} for name in self.nodes
                ]
            }
        return self.objects.get(path)

    def patch(self, path: str, body: dict[str, Any]) -> int:
        """A merge patch; the status of the answer."""
        found = self.objects.get(path)
        if found is None:
            return 404
        self.before(path)
        self.changes.append(path)
        before = json.dumps(found["spec"]) if "spec" in found else ""
        _merge(found, body)
        if "spec" in found and json.dumps(found["spec"]) != before:
            found["metadata"]["generation"] += 1
            if not self.stuck:
                found["status"]["observedGeneration"] = found["metadata"]["generation"]
        return 200


def _merge(into: dict[str, Any], patch: dict[str, Any]) -> None:
    for key, value in patch.items():
        if isinstance(value, dict):
            _merge(into.setdefault(key, {}), value)
        else:
            into[key] = value


def handler_of(api: CloudLoginApi) -> type[Answers]:
    """What answers for it by HTTP."""

    class Handler(Answers):
        def do_GET(self) -> None:
            found = api.get(self.path)
            self.answer(404 if found is None else 200, json.dumps(found))

        def do_PATCH(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.answer(api.patch(self.path, body), "{}")

    return Handler


@contextmanager
def serving(api: CloudLoginApi, folder: Path) -> Iterator[CloudLoginApi]:
    """By HTTPS, while this lasts."""
    with engine_server(folder, handler_of(api)) as address:
        api.address = address
        yield api
