"""How many servers of a group may be away at once."""

BATCH_PERCENT = 40
"""Share of a group's servers that one change may take away or stop, in percent.

Magnum's Cluster API driver stops healing a cluster where more than 40 % of its nodes are ill (`maxUnhealthy` of the
MachineHealthCheck in capi-helm-charts): what is left carries what ran on the others.
"""


def at_once(servers: int) -> int:
    """Servers of a group of this many that a repair replaces at once: the share rounded down, at least one.

    Whoever repairs did not choose how many are ill, so the rest must carry what ran on them.
    """
    return max(1, servers * BATCH_PERCENT // 100)


def batch(servers: int) -> int:
    """Most servers of a group of this many that a change takes without being asked for: the share rounded up.

    At least one. Who scales three nodes to one knows what that means; only more than that is worth a question.
    """
    return max(1, -(-servers * BATCH_PERCENT // 100))
