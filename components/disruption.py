"""What a bay would lose by a change of its spec: servers, volumes of masters, network, engine. Plain values only."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bay.components.spec import BaySpec


KINDS = ("masters", "volumes", "batch")
"""Losses that may be what was wanted."""
HARD = "hard"
"""A loss that never is."""
MEMBERS = "members"
"""Masters that come or go at once. `bay` has them do so one after another, and names them in its plan."""

Had = Mapping[str, Any]
"""What `had` tells of a bay."""


def inventory(bay: str, spec: "BaySpec", network: str, flavors: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What a bay of this spec has.

    network: id or address range of the network that its servers are on. flavors: ids by the names that the spec uses;
    an id says more, since another flavor may get the old one's name.
    """
    ids = flavors or {}
    servers = {
        group: {
            "count": members.count,
            "removed": list(members.removed),
            "flavor": ids.get(members.flavor, members.flavor),
            "ports": group == "master" or spec.server_floating_ips,  # each on a port of its own, not on Nova's
        }
        for group, members in spec.groups.items()
    }
    volumes = spec.masters.state_volume is not None
    return {"bay": bay, "coe": spec.coe, "servers": servers, "volumes": volumes, "network": network}


def find_disruptions(before: Had, after: Had, fixed_masters: str = "") -> list[tuple[str, str]]:
    """(kind, in words) of what the bay would lose, the worst first.

    before: of an earlier version where keys are missing; what they would tell is not compared. fixed_masters: name of
    an engine whose number of masters stays what it was; empty for others.
    """
    there, stays = _names(before)["master"], _names(after)["master"]
    masters = [name for name in there if name not in stays]
    found = [(HARD, words) for words in _never(before, after)]
    if fixed_masters and there != stays:
        found.append((HARD, f"the number of masters of {fixed_masters} cannot be changed"))
    new = [name for name in stays if name not in there]
    if there and new:
        found.append((MEMBERS, f"this would create {_some(new)} at once; masters join one by one"))
    if masters:
        found.append(("masters", f"this would delete {_some(masters)}; masters hold the control-plane data"))
    if before["volumes"] and (masters or not after["volumes"]):
        found.append(("volumes", "this would delete volumes of masters, which hold the control-plane data"))
    return [*found, *(("batch", words) for words in _batches(before, after))]


def is_allowed(kind: str, allow: Collection[str]) -> bool:
    """Whether a loss of this kind was asked for. Who has masters come and go one by one has asked for what that takes;
    who allows the loss of masters at once allows new ones at once."""
    if MEMBERS in allow and kind in (MEMBERS, "masters", "volumes"):
        return True
    return kind in allow or (kind == MEMBERS and "masters" in allow)


def _never(before: Had, after: Had) -> Iterator[str]:
    if before.get("coe") not in (None, after["coe"]):
        yield f"its container engine, {before['coe']}, cannot be changed"
    if before["network"] != after["network"]:
        yield "this would move the bay to another network, and all its servers would have to go first"


def _batches(before: Had, after: Had) -> Iterator[str]:
    """Groups of which more would go at once than a batch; in the words of `bay.stacks.plan.risks`.

    A change of flavor interrupts no server: each keeps its own until `bay rebuild`.
    """
    for group, there in _names(before).items():
        struck = _struck(before, after, group)
        count = sum(len(names) for names in struck.values())
        if count > max_unavailable_change(len(there)):
            deeds = "; ".join(f"{_some(names, 6)} {deed}" for deed, names in struck.items() if names)
            what = f"{count} of {len(there)} servers of group {group} at once: {deeds}"
            yield f"{what}; a batch is {max_unavailable_change(len(there))} ({BATCH_PERCENT} %)"


def _struck(before: Had, after: Had, group: str) -> dict[str, list[str]]:
    """What would happen to servers of a group -> their names."""
    there, stays = _names(before)[group], _names(after).get(group, [])
    old, new = before["servers"][group], after["servers"].get(group, {})
    left = [name for name in there if name in stays]
    moved = _differs("ports", old, new)  # another kind of port is another server
    return {
        "deleted": [name for name in there if name not in stays],
        "replaced": left if moved else [],
    }


def _differs(key: str, old: Had, new: Had) -> bool:
    return key in old and key in new and old[key] != new[key]


def _names(had: Had) -> dict[str, list[str]]:
    return {
        group: [f"{had['bay']}-{group}-{index}" for index in _indices(int(members["count"]), members["removed"])]
        for group, members in had["servers"].items()
    }


def _indices(count: int, removed: Sequence[float]) -> list[int]:
    """As `bay.components.spec.groups.NodeGroup.indices`, whose import takes longer than all else here."""
    gone = {int(index) for index in removed}
    return [index for index in range(count + len(gone)) if index not in gone][:count]


def _some(names: Sequence[str], limit: int = 5) -> str:
    return ", ".join(names[:limit]) + (f", ... ({len(names)} in all)" if len(names) > limit else "")


BATCH_PERCENT = 40
"""Share of a group's servers that one change may take away or stop, in percent.

Magnum's Cluster API driver stops healing a cluster where more than 40 % of its nodes are ill (`maxUnhealthy` of the
MachineHealthCheck in capi-helm-charts): what is left carries what ran on the others.
"""


def max_unavailable_repair(servers: int) -> int:
    """Servers of a group of this many that a repair replaces at once: the share rounded down, at least one.

    Whoever repairs did not choose how many are ill, so the rest must carry what ran on them.
    """
    return max(1, servers * BATCH_PERCENT // 100)


def max_unavailable_change(servers: int) -> int:
    """Most servers of a group of this many that a change takes without being asked for: the share rounded up.

    At least one. Who scales three nodes to one knows what that means; only more than that is worth a question.
    """
    return max(1, -(-servers * BATCH_PERCENT // 100))
