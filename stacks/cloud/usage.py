"""What each bay uses: cores, RAM and volumes, counted by the bay's mark in the cloud."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from bay.cli.console.output import say
from bay.components.errors import BayError
from bay.components.ownership import ID_KEY
from bay.stacks.context import Session, check_cloud
from bay.stacks.state.snapshot import StateSnapshot

if TYPE_CHECKING:
    from openstack.connection import Connection

FIELDS = ("servers", "cores", "ram_mib", "volumes", "volumes_gib")
COLUMNS = ("name", "coe", "status", *FIELDS)

Usage = Mapping[str, int]
"""Field -> number; RAM in MiB, volumes' size in GiB."""


def add(session: Session, found: Sequence[tuple[StateSnapshot | None, dict[str, Any]]]) -> list[dict[str, Any]]:
    """The rows of `bay list` with the usage of each bay; without, where the cloud does not say, and why is said."""
    try:
        cloud = session.cloud()
        used = of_bays(cloud)
    except BayError as error:
        say(f"what the bays use is not known: {error.message}")
        return [row for _, row in found]
    return [{**row, **_of_bay(cloud, used, record)} for record, row in found]


def _of_bay(cloud: "Connection", used: Mapping[str, Usage], record: StateSnapshot | None) -> Usage:
    """Nothing for a bay that cannot be read, or is not of this project: its servers are not seen."""
    if record is None:
        return {}
    try:
        check_cloud(record.name, record.cloud, cloud)
    except BayError as error:
        say(f"what bay {record.name} uses is not known: {error.message}")
        return {}
    return used.get(record.bay_id, dict.fromkeys(FIELDS, 0))


def of_bays(cloud: "Connection") -> dict[str, Usage]:
    """Id of each bay of the project -> what its servers and volumes use, whether its state knows them or not."""
    from bay.components.openstack.connection import explained

    with explained("asking what the bays use"), ThreadPoolExecutor(2) as pool:
        project = cloud.current_project_id  # one token before the threads ask; an administrator sees other projects
        servers = pool.submit(lambda: list(cloud.compute.servers(project_id=project)))
        volumes = pool.submit(_volumes, cloud)
        return counted(servers.result(), volumes.result())


def _volumes(cloud: "Connection") -> list[Any]:
    return list(cloud.block_storage.volumes()) if cloud.has_service("block-storage") else []


def counted(servers: Iterable[Any], volumes: Iterable[Any]) -> dict[str, Usage]:
    """Servers go by their mark; volumes by theirs or, since Nova gives none to what it makes, by their server's."""
    total: dict[str, Counter[str]] = {}
    bay_of = {}
    for server in servers:
        bay = bay_of[server.id] = (server.metadata or {}).get(ID_KEY)
        if bay:
            size = {"servers": 1, "cores": server.flavor.vcpus, "ram_mib": server.flavor.ram}
            total.setdefault(bay, Counter(dict.fromkeys(FIELDS, 0))).update(size)
    for volume in volumes:
        holders = (bay_of.get(attachment["server_id"]) for attachment in volume.attachments or [])
        bay = (volume.metadata or {}).get(ID_KEY) or next(filter(None, holders), None)
        if bay:
            size = {"volumes": 1, "volumes_gib": volume.size}
            total.setdefault(bay, Counter(dict.fromkeys(FIELDS, 0))).update(size)
    return {bay: dict(count) for bay, count in total.items()}


def sums(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The last row for people: of how many bays it is the sum, if not of all; none where nothing is known."""
    known = [row for row in rows if FIELDS[0] in row]
    name = "sum" if len(known) == len(rows) else f"sum of {len(known)} of {len(rows)} bays"
    return [{"name": name, **{field: sum(row[field] for row in known) for field in FIELDS}}] if known else []
