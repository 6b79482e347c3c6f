"""Ports created again with the address that they had, since every server of a bay is told its masters' addresses."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bay.components.errors import BayError
from bay.components.openstack.connection import openstack_errors

if TYPE_CHECKING:
    from openstack.connection import Connection


def recreate_port(cloud: "Connection", was: Mapping[str, Any]) -> str:
    """Create a missing port from the outputs of the one that was; its id. BayError where an address is not free.

    Pulumi would ask for a port of the subnet, and Neutron would choose another address.
    """
    from openstack import exceptions

    with openstack_errors(f"creating port {was['name']} again"):
        try:
            asked = request(was)
            same = cloud.network.ports(**{key: asked[key] for key in ("name", "description", "network_id")})
            # One that is there with name and mark was created by a repair that ended before it told the state.
            found = next(same, None)
            port = cloud.network.get_port(found.id) if found else cloud.network.create_port(**asked)
            cloud.network.set_tags(port, list(was.get("tags") or []))
        except (exceptions.ForbiddenException, exceptions.ConflictException) as error:
            raise BayError(
                f"port {was['name']} cannot have its address {', '.join(was['allFixedIps'])} again: {error.message}",
                "free the address, or have the network's owner create the port; all servers know it by this address",
            ) from None
    return str(port.id)


def request(was: Mapping[str, Any]) -> dict[str, Any]:
    """What to ask Neutron for, from the outputs of the port that was."""
    subnet = next((ip["subnetId"] for ip in was.get("fixedIps") or [] if ip.get("subnetId")), None)
    # Addresses of IPv6 come by themselves, and where they are made of the port's MAC address cannot be asked for.
    mine = [address for address in was["allFixedIps"] if ":" not in address] or was["allFixedIps"]
    addresses = [{"ip_address": address} | ({"subnet_id": subnet} if subnet else {}) for address in mine]
    pairs = [{"ip_address": pair["ipAddress"]} for pair in was.get("allowedAddressPairs") or []]
    return {
        "name": was["name"],
        "description": was["description"],
        "network_id": was["networkId"],
        "fixed_ips": addresses,
        "security_group_ids": list(was.get("securityGroupIds") or []),
        **({"allowed_address_pairs": pairs} if pairs else {}),
    }
