"""A Kubernetes API that knows nodes: lists and patches them, by HTTPS, for clients of the bay's own authority."""

import copy
import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bay.components.node.cloudinit import packed
from bay.components.spec import BaySpec
from tests.fakes.engine_server import FILES, Answers, engine_server
from tests.fakes.openstack import FakeCloud, boot, ordinary_cloud
from tests.fakes.stack import FakeStack
from tests.fakes.states import FINISHED, bay_of


@dataclass
class NodesApi:
    """nodes: by name. conflicts: how many changes are refused because somebody else was quicker. refuses: status of
    every change. patched: names, in order. goes: whether who was
    quicker deleted the node. lists, reads: how often all nodes were asked for, and one."""

    nodes: dict[str, Any] = field(default_factory=dict)
    conflicts: int = 0
    refuses: int = 0
    patched: list[str] = field(default_factory=list)
    goes: bool = False
    lists: int = 0
    reads: list[str] = field(default_factory=list)
    address: str = ""

    def add(self, name: str, labels: dict[str, str], *taints: str) -> None:
        """A node as it registers itself; taints: ``KEY=VALUE:EFFECT``."""
        found = [
            dict(zip(("key", "value", "effect"), text.replace("=", ":").split(":"), strict=True)) for text in taints
        ]
        metadata = {"name": name, "resourceVersion": "1", "labels": labels}
        self.nodes[name] = {"metadata": metadata, "spec": {"taints": found}, "status": {}}

    def labels(self, name: str) -> dict[str, str]:
        """Of a node."""
        found: dict[str, str] = self.nodes[name]["metadata"]["labels"]
        return found

    def taints(self, name: str) -> list[str]:
        """Of a node, as ``KEY=VALUE:EFFECT``."""
        return [f"{t['key']}={t.get('value', '')}:{t['effect']}" for t in self.nodes[name]["spec"].get("taints", [])]

    def patch(self, name: str, body: dict[str, Any]) -> int:
        """The status of the answer."""
        node = self.nodes.get(name)
        if node is None:
            return 404
        if self.refuses:
            return self.refuses
        version = int(node["metadata"]["resourceVersion"])
        if self.conflicts:
            self.conflicts -= 1
            node["metadata"]["resourceVersion"] = str(version + 1)
            if self.goes:
                del self.nodes[name]
        if body["metadata"]["resourceVersion"] != node["metadata"]["resourceVersion"]:
            return 409
        merged = _merged(node, body)
        merged["metadata"]["resourceVersion"] = str(version + 1)
        self.nodes[name] = merged
        self.patched.append(name)
        return 200


def _merged(old: Any, new: Any) -> Any:
    """RFC 7396."""
    if not isinstance(new, dict):
        return new
    result = dict(old) if isinstance(old, dict) else {}
    for key, value in new.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(result.get(key), value)
    return result


@contextmanager
def nodes_api(folder: Path) -> Iterator[NodesApi]:
    """One that answers while this lasts; folder: for its keys."""
    known, lock = NodesApi(), threading.Lock()

    class Handler(Answers):
        def do_GET(self) -> None:
            with lock:
                if self.path == "/api/v1/nodes":
                    known.lists += 1
                    self.answer(200, json.dumps({"items": copy.deepcopy(list(known.nodes.values()))}))
                    return
                name = self.path.removeprefix("/api/v1/nodes/")
                known.reads.append(name)
                node = known.nodes.get(name)
                self.answer(200, json.dumps(node)) if node else self.answer(404, "{}")

        def do_PATCH(self) -> None:
            assert self.headers["Content-Type"] == "application/merge-patch+json"
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                self.answer(known.patch(self.path.removeprefix("/api/v1/nodes/"), body), "{}")

    with engine_server(folder, Handler) as known.address:
        yield known


class LabelledStack(FakeStack):
    """A bay whose servers were told to register with labels and taints. boots: server -> user data, as it was given."""

    boots: dict[str, str]

    def secrets(self) -> dict[str, Any]:
        """With the user data of the servers in the clear, as Pulumi exports it."""
        content = super().secrets()
        for resource in content["resources"]:
            text = self.boots.get((resource.get("inputs") or {}).get("name", ""))
            if text is not None:
                resource["inputs"]["userData"] = {"plaintext": json.dumps(packed(text))}
        return content


def user_data(labels: dict[str, str], *taints: str) -> str:
    """As much of a server's as says how it registers."""
    pairs = ",".join(f"{key}={value}" for key, value in labels.items())
    return f"#cloud-config\n    BAY_KUBELET_ARGS='node-labels={pairs} v=2'\n    BAY_TAINTS='{' '.join(taints)}'\n"


def labelled_bay(
    spec: BaySpec, addresses: Iterable[str], boots: dict[str, str], cloud: FakeCloud | None = None, **options: Any
) -> LabelledStack:
    """A complete bay of a spec, all of whose servers are well, with an API at these addresses."""
    deployment = bay_of(spec)
    stack = next(r for r in deployment["resources"] if r["type"] == "pulumi:pulumi:Stack")
    outputs = {"api_addresses": list(addresses), "client_files": FILES}
    stack["outputs"] = {**(stack.get("outputs") or {}), **outputs}
    bay = LabelledStack(deployment, cloud or ordinary_cloud(), last=FINISHED, **options)
    bay.boots = boots
    boot(bay.fake.openstack, bay.state)
    return bay
