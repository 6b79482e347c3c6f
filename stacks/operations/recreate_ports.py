"""Ports made again with the address that they had, since every server of a bay is told its masters' addresses."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bay.components.errors import BayError
from bay.stacks.operations.repair_plan import Mend
from bay.stacks.stack import BayStack
from bay.stacks.state.snapshot import PORT_TYPE

if TYPE_CHECKING:
    from openstack.connection import Connection


def make_ports(stack: BayStack, cloud: "Connection", mends: Sequence[Mend]) -> None:
    """Make the missing ports among `mends`, and tell the state their new ids; BayError where an address is not free.

    The engine would ask for a port of the subnet, and Neutron would choose another address.
    """
    missing = {mend.urn for mend in mends if mend.type == "Port" and mend.action == "make again"}
    if not missing:
        return
    deployment = stack.export()
    content: dict[str, Any] = dict(deployment.deployment or {})
    for resource in content.get("resources", []):
        if resource["urn"] in missing and resource["type"] == PORT_TYPE:
            made = _made(cloud, resource["outputs"])
            resource["id"] = resource["outputs"]["id"] = made
    deployment.deployment = content
    stack.import_(deployment)


def request(was: dict[str, Any]) -> dict[str, Any]:
    """What to ask Neutron for, from the outputs of the port that was."""
    subnet = next((ip["subnetId"] for ip in was.get("fixedIps") or [] if ip.get("subnetId")), None)
    addresses = [{"ip_address": address} | ({"subnet_id": subnet} if subnet else {}) for address in was["allFixedIps"]]
    pairs = [{"ip_address": pair["ipAddress"]} for pair in was.get("allowedAddressPairs") or []]
    return {
        "name": was["name"],
        "description": was["description"],
        "network_id": was["networkId"],
        "fixed_ips": addresses,
        "security_group_ids": list(was.get("securityGroupIds") or []),
        **({"allowed_address_pairs": pairs} if pairs else {}),
    }


def _made(cloud: "Connection", was: dict[str, Any]) -> str:
    from openstack import exceptions

    from bay.components.openstack.connection import explained

    with explained(f"making port {was['name']} again"):
        try:
            asked = request(was)
            same = cloud.network.ports(**{key: asked[key] for key in ("name", "description", "network_id")})
            # One that is there with name and mark was made by a repair that was cut off before it told the state.
            port = next(same, None) or cloud.network.create_port(**asked)
            cloud.network.set_tags(port, list(was.get("tags") or []))
        except (exceptions.ForbiddenException, exceptions.ConflictException) as error:
            raise BayError(
                f"port {was['name']} cannot have its address {', '.join(was['allFixedIps'])} again: {error.message}",
                "free the address, or have the network's owner make the port; all servers know it by this address",
            ) from None
    return str(port.id)
