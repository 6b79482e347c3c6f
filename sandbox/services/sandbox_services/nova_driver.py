# mypy: disable-error-code="import-not-found,misc"
"""Nova's fake virtualisation driver, made to survive a restart. Its servers are rows and never boot."""

import uuid
from typing import Any
from unittest import mock

from nova import conf, context, objects
from nova.compute import manager, power_state, vm_states
from nova.scheduler.client import report
from nova.virt import block_device, fake

NODES = uuid.UUID("6f7f4bd2-0b0e-4d3c-9a5c-5a0d0d5b0c11")
"""Namespace of the node ids: the fake driver invents new ones in each process, which Nova takes for other nodes."""
FOUND_AGAIN = (vm_states.ACTIVE, vm_states.STOPPED, vm_states.PAUSED, vm_states.SUSPENDED)

# Several hosts share one process and one state_path, whose file of the node's identity Nova would compare.
manager.ComputeManager._ensure_existing_node_identity = lambda self, service: None

# At each claim and release Nova asks Placement for the allocations of every server of the host, for drivers that
# reshape their inventory, as this one does not: with hundreds of servers on a host that is all it does.
report.SchedulerReportClient.get_allocations_for_provider_tree = lambda self, context, node: {}


class _EveryHost:
    """Nova's configuration, in which each host of this process is "this host"."""

    host = mock.ANY

    def __getattr__(self, name: str) -> Any:
        return getattr(conf.CONF, name)


# A volume is detached from a server only by the host that the server is on; otherwise Cinder alone would forget it.
block_device.CONF = _EveryHost()


class SandboxDriver(fake.FakeDriver):
    """One compute host."""

    vcpus = 4000
    memory_mb = 16_000_000
    local_gb = 6_000_000

    def init_host(self, host: str) -> None:
        """Find the servers of the database again."""
        super().init_host(host)
        admin = context.get_admin_context()
        for server in objects.InstanceList.get_by_host(admin, host, expected_attrs=["flavor"]):
            if server.vm_state in FOUND_AGAIN:
                flavor = server.flavor
                self.resources.claim(vcpus=flavor.vcpus, mem=flavor.memory_mb, disk=flavor.root_gb)
                state = server.power_state or power_state.RUNNING
                self.instances[server.uuid] = fake.FakeInstance(server.name, state, server.uuid)

    def default_root_device_name(self, instance: Any, image_meta: Any, root_bdm: Any) -> str:
        """As KVM's disks are called; the others count on from it."""
        return "/dev/vda"

    def get_console_output(self, context: Any, instance: Any) -> str:
        """What tells those who wait for something to run on the server that nothing will."""
        return f"this server of the sandbox does not boot\nbay: stage=unbooted node={instance.hostname}\n"

    def get_nodenames_by_uuid(self, refresh: bool = False) -> dict[str, str]:
        """The host's only node."""
        return {_node_id(name): name for name in self.get_available_nodes()}

    def get_available_resource(self, nodename: str) -> dict[str, Any]:
        """Inventory, under the node's lasting id."""
        resource: dict[str, Any] = super().get_available_resource(nodename)
        return resource | {"uuid": _node_id(nodename)}


def _node_id(name: str) -> str:
    return str(uuid.uuid5(NODES, name))
