"""What each bay uses: cores, RAM and volumes, counted by the bay's mark in the cloud."""

from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from bay.components.ownership import ID_KEY

if TYPE_CHECKING:
    from openstack.connection import Connection

FIELDS = ("servers", "cores", "ram_mib", "volumes", "volumes_gib")

Usage = Mapping[str, int]
"""Field -> number; RAM in MiB, volumes' size in GiB."""
NOTHING: Usage = dict.fromkeys(FIELDS, 0)


def of_bays(cloud: "Connection") -> dict[str, Usage]:
    """Id of each bay of the project -> what its servers and volumes use, whether its state knows them or not."""
    from bay.components.openstack.connection import openstack_errors

    with openstack_errors("asking what the bays use"), ThreadPoolExecutor(2) as pool:
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
            flavor = server.flavor  # made of its JSON each time
            size = {"servers": 1, "cores": flavor.vcpus, "ram_mib": flavor.ram}
            total.setdefault(bay, Counter(dict.fromkeys(FIELDS, 0))).update(size)
    for volume in volumes:
        holders = (bay_of.get(attachment["server_id"]) for attachment in volume.attachments or [])
        bay = (volume.metadata or {}).get(ID_KEY) or next(filter(None, holders), None)
        if bay:
            size = {"volumes": 1, "volumes_gib": volume.size}
            total.setdefault(bay, Counter(dict.fromkeys(FIELDS, 0))).update(size)
    return {bay: dict(count) for bay, count in total.items()}
