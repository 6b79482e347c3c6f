"""What a list of the groups of a bay says."""

from typing import Any

from bay.components.openstack.resolve import image_of
from bay.components.spec import role_of
from bay.components.spec.groups import Nodes, Volume
from bay.stacks.operations.outdated import Reasons
from bay.stacks.state.snapshot import StateSnapshot


def group_rows(state: StateSnapshot, outdated: Reasons | None = None) -> list[dict[str, Any]]:
    """A row for each group, masters first: what the spec says of it, and how many servers there are.

    outdated: server -> in what, to count them; None: not known. A volume is ``SIZE`` or ``SIZE:TYPE``.
    """
    spec = state.require_spec()
    rows = []
    for name, group in spec.groups.items():
        own = [server.name for server in state.servers if server.group == name]
        limits = group if isinstance(group, Nodes) else None
        rows.append(
            {
                "name": name,
                "role": role_of(name),
                "count": group.count,
                "servers": len(own),
                "min": limits.min if limits else None,
                "max": limits.max if limits else None,
                "flavor": group.flavor,
                "image": image_of(spec, group),
                "zones": list(group.zones),
                "labels": dict(group.labels),
                "taints": list(limits.taints) if limits else [],
                "boot_volume": _volume(group.boot_volume),
                "engine_volume": _volume(group.engine_volume),
                "outdated": None if outdated is None else sum(one in outdated for one in own),
            }
        )
    return rows


def _volume(volume: Volume | None) -> str | None:
    if volume is None:
        return None
    return f"{volume.size}:{volume.type}" if volume.type else str(volume.size)
