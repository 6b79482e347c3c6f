"""Gives nodes that run the labels and taints of a spec, by the engine's API."""

import logging
from collections.abc import Collection

from bay.components.spec import BaySpec
from bay.components.text import join_names
from bay.stacks.cluster.node_labels import boot_labels, open_nodes_api, wanted_labels
from bay.stacks.stack import BayStack

LOG = logging.getLogger(__name__)


def relabel(bay: BayStack, spec: BaySpec, servers: Collection[str]) -> None:
    """Change the nodes of these servers; told, and no error, where it cannot be: 'bay rebuild' does it then.

    Servers that are not in the engine register themselves with what they were created with.
    """
    nodes = open_nodes_api(bay)
    known = {server.name for server in bay.state.servers}
    there = [name for name in servers if name in known and (isinstance(nodes, str) or name in nodes.nodes)]
    if not there:
        return
    if isinstance(nodes, str):
        wrong = dict.fromkeys(there, nodes)
    else:
        before = boot_labels(bay, there)
        wrong = nodes.carry_out(wanted_labels(bay, spec, there), before)
    changed = sorted(set(there) - set(wrong))
    LOG.info("%s: labels: %s; wrong: %s", bay.name, changed, wrong)
    if changed:
        bay.notify("relabelled", f"{join_names(changed)}: labels and taints are as the spec says, while they run")
    for reason in sorted(set(wrong.values())):
        names = join_names(sorted(name for name, one in wrong.items() if one == reason))
        remedy = f"'bay rebuild {bay.name}' does it"
        bay.notify("kept-until-rebuild", f"{names}: labels and taints stay as they were: {reason}; {remedy}")
