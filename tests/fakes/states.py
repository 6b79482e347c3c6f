"""A deployment as `pulumi stack export` printed it, shortened, and what a cut-off run leaves of it."""

import copy
import json
from typing import Any

from tests.paths import RECORDED

BAY_ID = "00000000-0000-4000-8000-00000000000a"
NODE_URN = "urn:pulumi:demo::bay::bay:index:Bay$bay:index:Servers$openstack:compute/instance:Instance::demo-node-0"

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


def with_nodes(count: int, **group: Any) -> Deployment:
    """The complete bay with a spec that asks for another number of nodes."""
    deployment = copy.deepcopy(complete())
    bay = next(r for r in deployment["resources"] if r["type"] == "bay:index:Bay")
    bay["inputs"]["spec"]["nodes"] = {"count": count, "flavor": "m1.small", "removed": [], **group}
    return deployment
