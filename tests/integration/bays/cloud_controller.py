"""Makes what cloud-provider-openstack 1.34.1 makes for a cluster, field by field as its source writes it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import Event, Thread
from typing import Any

from openstack.connection import Connection
from openstack.exceptions import NotFoundException, SDKException

from tests.waiting import eventually

ROOM = 120.0
"""Seconds for what the cloud says it will do, on a busy machine."""


@dataclass
class CloudController:
    """The controllers of one cluster: for Services of type LoadBalancer and for PersistentVolumeClaims."""

    cloud: Connection
    cluster: str
    made: dict[str, Any] = field(default_factory=dict)

    def service(self, name: str, subnet_id: str, address_from: str = "", node_port_id: str = "") -> None:
        """What `kubectl expose --type LoadBalancer` leads to; address_from: network of its floating IP."""
        called = f"kube_service_{self.cluster}_default_{name}"
        octavia = self.cloud.load_balancer
        balancer = octavia.create_load_balancer(
            name=called,
            description=f"Kubernetes external service default/{name} from cluster {self.cluster}",
            vip_subnet_id=subnet_id,
            tags=[called],
            listeners=[
                {
                    "name": f"listener_0_{called}",
                    "protocol": "TCP",
                    "protocol_port": 80,
                    "tags": [called],
                    "default_pool": {
                        "name": f"pool_0_{called}",
                        "protocol": "TCP",
                        "lb_algorithm": "ROUND_ROBIN",
                        "members": [{"address": "10.0.0.99", "protocol_port": 30080, "subnet_id": subnet_id}],
                        "healthmonitor": {
                            "name": f"monitor_0_{called}",
                            "type": "TCP",
                            "delay": 60,
                            "timeout": 30,
                            "max_retries": 3,
                        },
                    },
                }
            ],
        )
        octavia.wait_for_load_balancer(balancer.id, interval=0.5, wait=ROOM)
        self.made[f"load balancer {name}"] = balancer
        if address_from:
            self.made[f"floating IP {name}"] = self.cloud.network.create_ip(
                floating_network_id=address_from,
                port_id=balancer.vip_port_id,
                description=f"Floating IP for Kubernetes external service default/{name} from cluster {self.cluster}",
            )
        self._group(name, subnet_id, node_port_id)

    def _group(self, name: str, subnet_id: str, node_port_id: str) -> None:
        """With `manage-security-groups`: a group that lets the subnet in, on the ports of the nodes."""
        network = self.cloud.network
        group = network.create_security_group(
            name=f"lb-sg-0b0f8a7e-8c4f-4d3e-9d2b-5d1c6b7a8f90-default-{name}",
            description=f"Security Group for default/{name} Service LoadBalancer in cluster {self.cluster}",
        )
        network.create_security_group_rule(
            security_group_id=group.id,
            direction="ingress",
            protocol="tcp",
            ether_type="IPv4",
            port_range_min=30080,
            port_range_max=30080,
            remote_ip_prefix=network.get_subnet(subnet_id).cidr,
        )
        if node_port_id:
            port = network.get_port(node_port_id)
            network.update_port(port, security_group_ids=[*port.security_group_ids, group.id])
        self.made[f"security group {name}"] = group

    @contextmanager
    def at_work(self, server_id: str, subnet_id: str) -> Iterator[None]:
        """As long as its server lives, the controller makes a Service's load balancer again when it is gone."""
        called, octavia, over = f"kube_service_{self.cluster}_default_api", self.cloud.load_balancer, Event()

        def reconcile() -> None:
            while not over.is_set() and self.cloud.compute.find_server(server_id):
                if not any(octavia.load_balancers(name=called)):
                    octavia.create_load_balancer(name=called, vip_subnet_id=subnet_id, tags=[called])
                over.wait(0.2)

        thread = Thread(target=reconcile)
        thread.start()
        try:
            eventually(lambda: any(octavia.load_balancers(name=called)), ROOM)
            yield
        finally:
            over.set()
            thread.join()

    def share(self, balancer: Any, name: str) -> None:
        """A Service that names another's load balancer: a listener and a pool of its own on it, and a tag."""
        octavia, tag = self.cloud.load_balancer, f"kube_service_{self.cluster}_default_{name}"
        listener = octavia.create_listener(
            name=f"listener_0_{tag}", protocol="TCP", protocol_port=8080, tags=[tag], load_balancer_id=balancer.id
        )
        octavia.wait_for_load_balancer(balancer.id, interval=0.5, wait=ROOM)
        pool = octavia.create_pool(
            name=f"pool_0_{tag}", protocol="TCP", lb_algorithm="ROUND_ROBIN", listener_id=listener.id
        )
        octavia.wait_for_load_balancer(balancer.id, interval=0.5, wait=ROOM)
        octavia.update_load_balancer(balancer.id, tags=[*balancer.tags, tag])
        octavia.wait_for_load_balancer(balancer.id, interval=0.5, wait=ROOM)
        self.made[f"listener {name}"], self.made[f"pool {name}"] = listener, pool

    def claim(self, name: str, size: int = 1, server_id: str = "") -> Any:
        """What a PersistentVolumeClaim leads to, mounted on a server if one is named."""
        volume = self.cloud.block_storage.create_volume(
            name=f"pvc-{name}",
            size=size,
            description="Created by OpenStack Cinder CSI driver",
            metadata={
                "cinder.csi.openstack.org/cluster": self.cluster,
                "csi.storage.k8s.io/pv/name": f"pvc-{name}",
                "csi.storage.k8s.io/pvc/name": name,
                "csi.storage.k8s.io/pvc/namespace": "default",
            },
        )
        self.cloud.block_storage.wait_for_status(volume, "available", interval=0.5, wait=ROOM)
        if server_id:
            self.cloud.compute.create_volume_attachment(server_id, volume_id=volume.id)
            eventually(lambda: self.cloud.block_storage.get_volume(volume.id).status == "in-use", ROOM)
        self.made[f"volume {name}"] = volume
        return volume

    def snapshot(self, volume: Any) -> Any:
        """What a VolumeSnapshot leads to."""
        snapshot = self.cloud.block_storage.create_snapshot(
            name=f"snapshot-{volume.name}",
            volume_id=volume.id,
            is_forced=True,
            description="Created by OpenStack Cinder CSI driver",
            metadata={"cinder.csi.openstack.org/cluster": self.cluster},
        )
        self.cloud.block_storage.wait_for_status(snapshot, "available", interval=0.5, wait=ROOM)
        self.made[f"snapshot {volume.name}"] = snapshot
        return snapshot

    def remove(self) -> None:
        """Take back what is still there, for the end of a test."""
        cloud = self.cloud
        deleted: dict[str, Callable[..., object]] = {
            "floating IP": cloud.network.delete_ip,
            "listener": cloud.load_balancer.delete_listener,
            "pool": cloud.load_balancer.delete_pool,
            "load balancer": partial(cloud.load_balancer.delete_load_balancer, cascade=True),
            "security group": cloud.network.delete_security_group,
            "snapshot": cloud.block_storage.delete_snapshot,
            "volume": cloud.block_storage.delete_volume,
        }
        for kind, delete in deleted.items():
            for name, thing in self.made.items():
                if name.startswith(f"{kind} "):
                    eventually(partial(is_gone, delete, thing.id), ROOM)


def is_gone(delete: Callable[..., object], thing_id: str) -> bool:
    """Ask for its end; True once the cloud knows it no more."""
    try:
        delete(thing_id, ignore_missing=False)
    except NotFoundException:
        return True
    except SDKException:  # busy: asked again
        return False
    return False
