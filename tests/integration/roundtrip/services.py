"""Resources of every type that the built plugin has: volumes, load balancers, secrets, credentials."""

from typing import Any

from tests.integration.roundtrip.trips import PREFIX, Made, trip


@trip("openstack:blockstorage/volume:Volume")
def volume(_: Made, turn: int) -> dict[str, Any]:
    return {"name": PREFIX, "size": 1, "description": f"turn {turn}", "metadata": {"bay:name": PREFIX}}


@trip("openstack:blockstorage/volume:Volume", "same")
def second_volume(_: Made, turn: int) -> dict[str, Any]:
    return {"name": PREFIX, "size": 1}


@trip("openstack:compute/volumeAttach:VolumeAttach", "replace")
def attachment(made: Made, turn: int) -> dict[str, Any]:
    volumes = {1: made["volume"], 2: made["second_volume"]}
    return {"instance_id": made["server"].id, "volume_id": volumes[turn].id}


@trip("openstack:loadbalancer/loadBalancer:LoadBalancer")
def load_balancer(made: Made, turn: int) -> dict[str, Any]:
    return {"name": PREFIX, "vip_subnet_id": made["subnet"].id, "description": f"turn {turn}"}


@trip("openstack:loadbalancer/listener:Listener")
def listener(made: Made, turn: int) -> dict[str, Any]:
    return {
        "name": PREFIX,
        "loadbalancer_id": made["load_balancer"].id,
        "protocol": "TCP",
        "protocol_port": 6443,
        "description": f"turn {turn}",
    }


@trip("openstack:loadbalancer/pool:Pool")
def pool(made: Made, turn: int) -> dict[str, Any]:
    return {
        "name": PREFIX,
        "listener_id": made["listener"].id,
        "protocol": "TCP",
        "lb_method": "ROUND_ROBIN",
        "description": f"turn {turn}",
    }


@trip("openstack:loadbalancer/monitor:Monitor")
def monitor(made: Made, turn: int) -> dict[str, Any]:
    return {
        "name": PREFIX,
        "pool_id": made["pool"].id,
        "type": "TCP",
        "delay": 5 * turn,
        "timeout": 3,
        "max_retries": 3,
    }


@trip("openstack:loadbalancer/member:Member")
def member(made: Made, turn: int) -> dict[str, Any]:
    return {
        "name": PREFIX,
        "pool_id": made["monitor"].pool_id,
        "address": "10.20.0.201",
        "protocol_port": 6443,
        "weight": turn,
    }


@trip("openstack:loadbalancer/pool:Pool", "same")
def second_pool(made: Made, _: int) -> dict[str, Any]:
    return {
        "name": PREFIX,
        "loadbalancer_id": made["listener"].loadbalancer_id,
        "protocol": "TCP",
        "lb_method": "SOURCE_IP",
    }


@trip("openstack:loadbalancer/members:Members")
def members(made: Made, turn: int) -> dict[str, Any]:
    addresses = ["10.20.0.202", "10.20.0.203", "10.20.0.204"][: turn + 1]
    return {
        "pool_id": made["second_pool"].id,
        "members": [{"address": address, "protocol_port": 6443} for address in addresses],
    }


@trip("openstack:keymanager/secretV1:SecretV1")
def secret(_: Made, turn: int) -> dict[str, Any]:
    return {
        "name": PREFIX,
        "payload": "not a secret",
        "payload_content_type": "text/plain",
        "secret_type": "passphrase",
        "metadata": {"turn": str(turn)},
    }


@trip("openstack:keymanager/containerV1:ContainerV1")
def container(made: Made, turn: int) -> dict[str, Any]:
    return {
        "name": PREFIX,
        "type": "generic",
        "secret_refs": [{"name": f"turn {turn}", "secret_ref": made["secret"].secret_ref}],
    }


@trip("openstack:identity/applicationCredential:ApplicationCredential", "replace")
def credential(_: Made, turn: int) -> dict[str, Any]:
    return {"name": f"{PREFIX}-{turn}", "description": f"turn {turn}"}
