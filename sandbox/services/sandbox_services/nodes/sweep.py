"""Takes away what a sandbox has in the kernel: containers, mounts, control groups, namespaces, interfaces, settings."""

import concurrent.futures
from pathlib import Path

from . import cgroups, disks, mounts, namespaces, shared
from .commands import attempt
from .names import Names
from .node import Node

PATIENCE = 20.0  # seconds for a node to shut down


def sweep(state: Path, names: Names) -> None:
    """All of it, of the sandbox with that state folder; the nodes' disks stay. The services must have ended."""
    folder = state / "nodes"
    nodes = [Node(folder, names, path.name) for path in sorted(folder.glob("*")) if path.is_dir()]
    if nodes:
        with concurrent.futures.ThreadPoolExecutor(len(nodes)) as threads:
            list(threads.map(_end, nodes))
    for place in mounts.below(folder):
        mounts.unmount(place)
    disks.free_all(state)
    for namespace in namespaces.listed(f"{names.prefix}-"):
        namespaces.end(namespace)
    for link in Path("/sys/class/net").glob(f"{names.prefix}-*"):
        attempt("ip", "link", "delete", link.name)
    cgroups.remove(cgroups.of_this_machine(), names.prefix)
    shared.leave(names.prefix)


def _end(node: Node) -> None:
    node.stop(PATIENCE)
    node.release()
