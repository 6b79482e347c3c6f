# mypy: disable-error-code="import-not-found,misc"
"""Nova's driver where servers boot: a server whose image names a root file system that is there is a container.

Any other server stays a row, as in nova_driver. What a node is and does is in the package nodes.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from nova import context as nova_context
from nova import exception, objects
from nova.compute import power_state
from nova.virt import event, hardware

from . import config_drive
from .nodes.commands import CommandError
from .nodes.disks import Disk
from .nodes.names import Names
from .nodes.node import Interface, Kind, Node
from .nova_driver import SandboxDriver
from .plan import Plan

BOOTS_FROM = "image_sandbox_rootfs"
"""The image's property, in a server's system metadata: Nova drops unknown ones elsewhere."""
WATCH = 1.0  # seconds between looks for nodes that ended by themselves
PATIENCE = 20.0  # seconds for the shutdown of a soft reboot
CONSOLE = 100 * 1024  # bytes that Nova is given, as by libvirt's driver
MTU = 1500


class BootDriver(SandboxDriver):
    """One compute host; all hosts of a sandbox are this machine."""

    plan: ClassVar[Plan]

    def init_host(self, host: str) -> None:
        """Find the servers again, and begin to watch."""
        super().init_host(host)
        threading.Thread(target=self._watch, daemon=True, name=f"watch-{host}").start()

    def spawn(
        self,
        context: Any,
        instance: Any,
        image_meta: Any,
        injected_files: Any,
        admin_password: Any,
        allocations: Any,
        network_info: Any = None,
        block_device_info: Any = None,
        power_on: bool = True,
        accel_info: Any = None,
    ) -> None:
        """Make the node and start it; nothing is left of one that fails, and Nova tries no other host."""
        given = (injected_files, admin_password, allocations, network_info, block_device_info, power_on, accel_info)
        super().spawn(context, instance, image_meta, *given)
        root = self._root(instance)
        if root is None:
            return
        node = self._node(instance)
        try:
            drive = config_drive.content(instance, injected_files, admin_password, network_info)
            node.create(Kind(str(root), instance.hostname[:63], instance.flavor.memory_mb), drive)
            for volume in (block_device_info or {}).get("block_device_mapping") or ():
                node.attach(_disk(volume["connection_info"], volume["mount_device"]))
            if power_on:
                node.start(_interfaces(network_info))
        except (CommandError, OSError) as error:
            node.remove()
            super().destroy(context, instance, network_info, block_device_info)
            raise exception.BuildAbortException(instance_uuid=instance.uuid, reason=str(error)) from error

    def destroy(self, context: Any, instance: Any, network_info: Any, *arguments: Any, **options: Any) -> None:
        """Leave nothing."""
        if self._node(instance).folder.exists():
            self._node(instance).remove()
        super().destroy(context, instance, network_info, *arguments, **options)

    def power_off(self, instance: Any, timeout: float = 0, retry_interval: float = 0) -> None:
        """Shut down within ``timeout`` seconds, else pull the plug."""
        if self._node(instance).exists():
            self._node(instance).stop(timeout)
        super().power_off(instance, timeout, retry_interval)

    def power_on(self, context: Any, instance: Any, network_info: Any, *arguments: Any, **options: Any) -> None:
        """Start."""
        if self._node(instance).exists():
            with _told():
                self._node(instance).start(_interfaces(network_info))
        super().power_on(context, instance, network_info, *arguments, **options)

    def reboot(
        self, context: Any, instance: Any, network_info: Any, reboot_type: str, *arguments: Any, **options: Any
    ) -> None:
        """SOFT shuts down first, HARD does not."""
        if self._node(instance).exists():
            self._node(instance).stop(PATIENCE if reboot_type.upper() == "SOFT" else 0)
        super().reboot(context, instance, network_info, reboot_type, *arguments, **options)

    def resume_state_on_host_boot(
        self, context: Any, instance: Any, network_info: Any, *arguments: Any, **options: Any
    ) -> None:
        """Start a server that ran when the sandbox was stopped."""
        self.power_on(context, instance, network_info)

    def get_info(self, instance: Any, use_cache: bool = True) -> Any:
        """Whether the container runs."""
        info, node = super().get_info(instance, use_cache), self._node(instance)
        if not node.exists():
            return info
        running = node.container.running()
        return hardware.InstanceInfo(state=power_state.RUNNING if running else power_state.SHUTDOWN)

    def get_console_output(self, context: Any, instance: Any) -> Any:
        """The end of what the node wrote to /dev/console."""
        node = self._node(instance)
        if not node.container.console.exists():
            return super().get_console_output(context, instance)
        with node.container.console.open("rb") as console:
            console.seek(max(0, os.fstat(console.fileno()).st_size - CONSOLE))
            return console.read()

    def attach_interface(self, context: Any, instance: Any, image_meta: Any, vif: Any) -> None:
        """Plug it; the node's own configuration is its user's business, as anywhere."""
        super().attach_interface(context, instance, image_meta, vif)
        if self._node(instance).exists():
            with _told():
                self._node(instance).plug(_interface(vif))

    def detach_interface(self, context: Any, instance: Any, vif: Any) -> None:
        """Unplug it."""
        if self._node(instance).exists():
            self._node(instance).unplug(_interface(vif))
        super().detach_interface(context, instance, vif)

    def attach_volume(
        self, context: Any, connection_info: Any, instance: Any, mountpoint: str, *arguments: Any, **options: Any
    ) -> None:
        """Show it as a disk."""
        super().attach_volume(context, connection_info, instance, mountpoint, *arguments, **options)
        if self._node(instance).exists():
            with _told():
                self._node(instance).attach(_disk(connection_info, mountpoint))

    def detach_volume(self, context: Any, connection_info: Any, instance: Any, *arguments: Any, **options: Any) -> None:
        """Take it away."""
        if self._node(instance).exists():
            with _told():
                self._node(instance).detach(connection_info["data"]["volume_id"])
        super().detach_volume(context, connection_info, instance, *arguments, **options)

    def extend_volume(self, context: Any, connection_info: Any, instance: Any, requested_size: int) -> None:
        """Show its new size."""
        if self._node(instance).exists():
            with _told():
                self._node(instance).disks.grow(connection_info["data"]["volume_id"])

    def _node(self, instance: Any) -> Node:
        return Node(self.plan.nodes, Names.of(self.plan.state), instance.uuid)

    def _root(self, instance: Any) -> Path | None:
        """The root file system that a server boots from, as it is now: the name may come to mean a newer one."""
        name = instance.system_metadata.get(BOOTS_FROM)
        if not name or not self.plan.node_images:
            return None
        root = (self.plan.node_images / Path(name).name / "rootfs").resolve()
        return root if root.is_dir() else None

    def _watch(self) -> None:
        """Tell Nova of nodes that ended by themselves; it ignores those that it is stopping."""
        names, before = Names.of(self.plan.state), set[str]()
        while True:
            nodes = [Node(self.plan.nodes, names, uuid) for uuid in self.list_instance_uuids()]
            running = {node.uuid for node in nodes if node.container.running()}
            for uuid in before - running:
                self.emit_event(event.LifecycleEvent(uuid, event.EVENT_LIFECYCLE_STOPPED))
            before = running
            time.sleep(WATCH)


def remove_forgotten() -> None:
    """Remove the nodes of servers that were deleted while servers did not boot, or by a Nova that was killed."""
    plan, admin = BootDriver.plan, nova_context.get_admin_context()
    known = {server.uuid for server in objects.InstanceList.get_by_filters(admin, {"deleted": False})}
    for folder in plan.nodes.glob("*"):
        if folder.name not in known:
            Node(plan.nodes, Names.of(plan.state), folder.name).remove()


@contextmanager
def _told() -> Iterator[None]:
    """Failures as Nova reports them."""
    try:
        yield
    except (CommandError, OSError) as error:
        raise exception.NovaException(str(error)) from error


def _disk(connection: Any, device: str) -> Disk:
    return Disk(connection["data"]["volume_id"], connection["data"]["path"], Path(device).name)


def _interfaces(network_info: Any) -> list[Interface]:
    return [_interface(vif) for vif in network_info or ()]


def _interface(vif: Any) -> Interface:
    network = vif["network"]
    return Interface(vif["id"], network["id"], vif["address"], network.get_meta("mtu") or MTU)
