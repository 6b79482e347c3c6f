# mypy: disable-error-code="import-not-found"
"""What Nova puts on a server's configuration drive."""

from typing import Any

from nova.api.metadata import base
from nova.network import model

DYNAMIC = ("dhcp_server", "enable_dhcp")


def content(instance: Any, files: Any, password: str | None, network: Any) -> dict[str, bytes]:
    """Path -> content: user data, metadata, keys, network. Nova's own code makes it, in all versions of the format."""
    more = {"admin_pass": password} if password else None
    metadata = base.InstanceMetadata(instance, content=files, network_info=_fixed(network), extra_md=more)
    pairs = metadata.metadata_for_config_drive()
    return {path: data if isinstance(data, bytes) else data.encode() for path, data in pairs}


def _fixed(network: Any) -> Any:
    """The same network without DHCP, which nobody serves here: the drive then has the fixed addresses.

    A name server too: on a real cloud Neutron's DHCP agent is one. Here nobody answers at the gateway, which programs
    take better than to have none at all: CoreDNS would ask itself, and give up.
    """
    copy = model.NetworkInfo.hydrate(network.json() if network else "[]")
    for interface in copy:
        for subnet in interface["network"]["subnets"]:
            if subnet["gateway"] and subnet["gateway"]["address"] and not subnet["dns"]:
                subnet["dns"] = [subnet["gateway"]]
            subnet["meta"] = {key: value for key, value in subnet["meta"].items() if key not in DYNAMIC}
    return copy
