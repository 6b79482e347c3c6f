"""A deployment as `pulumi stack export` printed it, shortened, and what a cut-off run leaves of it."""

import copy
import json
from collections.abc import Iterable
from typing import Any

from bay.components.spec import BaySpec
from bay.stacks.state.status import LastRun
from tests.paths import RECORDED

BAY_ID = "00000000-0000-4000-8000-00000000000a"
NODE_URN = "urn:pulumi:demo::bay::bay:index:Bay$bay:index:Servers$openstack:compute/instance:Instance::demo-node-0"

FINISHED = LastRun("update", "succeeded", 1, "2026-01-02T03:04:05.000Z")
"""The run that wrote a state at WRITTEN and went through."""
WRITTEN = "2026-01-02T03:04:05.9Z"

Deployment = dict[str, Any]


def complete() -> Deployment:
    """A bay of one master and one node that `bay create` made on the sandbox."""
    deployment: Deployment = json.loads((RECORDED / "complete.json").read_text())
    return deployment


def cut_off() -> Deployment:
    """The same bay when its first run was killed while Nova made the node."""
    deployment = complete()
    resources = deployment["resources"]
    del next(r for r in resources if r["type"] == "pulumi:pulumi:Stack")["outputs"]
    node = next(r for r in resources if r["urn"] == NODE_URN)
    resources.remove(node)
    unfinished = {key: value for key, value in node.items() if key not in ("id", "outputs")}
    deployment["pending_operations"] = [{"resource": unfinished, "type": "creating"}]
    return deployment


def failed() -> Deployment:
    """The complete bay, but Nova ran out of quota for its node."""
    deployment = complete()
    node = next(r for r in deployment["resources"] if r["urn"] == NODE_URN)
    node["initErrors"] = ["Error waiting for instance to become ready: unexpected state 'ERROR'"]
    return deployment


def kubernetes() -> Deployment:
    """The complete bay, as if its engine were Kubernetes with a login to the cloud."""
    deployment = complete()
    bay = next(r for r in deployment["resources"] if r["type"] == "bay:index:Bay")
    bay["inputs"]["spec"]["coe"] = "kubernetes"
    login = "openstack:identity/applicationCredential:ApplicationCredential"
    deployment["resources"].append({"type": login, "urn": f"urn:pulumi:demo::bay::{login}::demo", "id": "a1"})
    return deployment


def bay_of(spec: BaySpec, built: Iterable[str] | None = None) -> Deployment:
    """A bay called demo of any spec, written at WRITTEN; built: names of the servers that there are, else all.

    The server demo-node-1 has the id ``id node 1``.
    """
    deployment = complete()
    by_type = {resource["type"].rsplit(":", 1)[1]: resource for resource in deployment["resources"]}
    by_type["Bay"]["inputs"]["spec"] = spec.model_dump(mode="json")
    resources = [by_type[kind] for kind in ("Stack", "Identity", "Bay")]
    for name in sorted(spec.server_names("demo") if built is None else built):
        group, index = name.split("-")[1:]
        metadata = {"bay:group": group, "bay:id": BAY_ID, "bay:name": "demo"}
        urn = f"{NODE_URN.rpartition('::')[0]}::{name}"
        server = {"urn": urn, "type": by_type["Instance"]["type"], "id": f"id {group} {index}", "outputs": {}}
        resources.append({**server, "inputs": {"name": name, "metadata": metadata}})
    return {**deployment, "manifest": {"time": WRITTEN}, "resources": resources}


def with_nodes(count: int, **group: Any) -> Deployment:
    """The complete bay with a spec that asks for another number of nodes."""
    deployment = copy.deepcopy(complete())
    bay = next(r for r in deployment["resources"] if r["type"] == "bay:index:Bay")
    bay["inputs"]["spec"]["nodes"] = {"count": count, "flavor": "m1.small", "removed": [], **group}
    return deployment
