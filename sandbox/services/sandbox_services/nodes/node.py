"""A node: the container of one server, its disk and its network interfaces."""

import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from . import mounts, namespaces, tree
from .commands import CommandError, attempt, run
from .container import Container
from .deadline import Deadline
from .disks import Disk, Disks
from .names import BRIDGE, Names, tap
from .network import lag

OWN_DISK = ("docker", "containerd", "kubelet", "etcd")
"""Folders of /var/lib that are the host's file system: engines cannot put overlays on an overlay. An image may have
content for them, beside its root file system."""
BRIDGE_APPEARS = 60.0  # seconds for the network agent to create a new network; on an idle machine it takes a half
AGENT_RETURNS = 20.0  # seconds for an agent that has exited to be started again
INTERVAL = 0.1  # seconds between polls


@dataclass(frozen=True)
class Kind:
    """What a node is made from and does not lose; image: its root file system."""

    image: str
    hostname: str
    memory: int
    """MiB."""


@dataclass(frozen=True)
class Interface:
    """A port of the server."""

    port: str
    network: str
    mac: str
    mtu: int


class Node:
    """The node of the server ``uuid``, in a folder of its own below ``folder``."""

    def __init__(self, folder: Path, names: Names, uuid: str) -> None:
        self.uuid = uuid
        self.folder = folder / uuid
        self.names = names
        self.namespace = names.server(uuid)
        self.disks = Disks(self.folder)
        self.container = Container(self.folder, self.namespace, names.prefix)

    def exists(self) -> bool:
        """Whether there is such a node; its container may be off."""
        return self._kind_file.exists()

    def create(self, kind: Kind, config_drive: Mapping[str, bytes]) -> None:
        """Make its disk."""
        for name in ("upper", "work", "merged", "data"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
            (self.folder / name).chmod(0o755)
        tree.Tree(self.folder / "upper", Path(kind.image)).prepare(config_drive)
        for name in OWN_DISK:
            tree.take_over(Path(kind.image).with_name(name), self.folder / "data" / name)
        self._kind_file.write_text(json.dumps(asdict(kind)))

    def start(self, interfaces: list[Interface]) -> None:
        """Start its container, with its interfaces and no other: one that was off has lost what it made itself."""
        if not self.container.running():
            namespaces.delete(self.namespace)
        for interface in interfaces:
            self.plug(interface)
        kind = Kind(**json.loads(self._kind_file.read_text()))
        mounts.overlay(Path(kind.image), self.folder / "upper", self.folder / "work", self.folder / "merged")
        binds = {self.folder / "data" / name: f"/var/lib/{name}" for name in OWN_DISK}
        self.container.start(kind.hostname, self.uuid, kind.memory, binds)
        self.disks.show(self.container.first_process())

    def stop(self, patience: float) -> None:
        """Shut its container down within ``patience`` seconds, or kill it; its disk stays."""
        self.container.power_off(patience)
        self.disks.free()

    def release(self) -> None:
        """Kill its container; take its mount and its interfaces away. Its disk stays."""
        self.stop(0)
        namespaces.delete(self.namespace)
        mounts.unmount(self.folder / "merged")

    def remove(self) -> None:
        """Leave nothing of it."""
        self.release()
        self._kind_file.unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def plug(self, interface: Interface) -> None:
        """Connect it to a network, unless it is; the interface inside is the first ethN that is free."""
        network, outside = self.names.network(interface.network), tap(interface.port)
        namespaces.ensure(self.namespace)
        if interface.mac in namespaces.macs(self.namespace):
            return
        self._wait_for_bridge(network, interface.network)
        # Of a server that had the port before: the kernel takes a namespace that was deleted apart when it has time.
        self.unplug(interface)
        links = namespaces.links(self.namespace)
        inside = next(name for name in (f"eth{number}" for number in range(100)) if name not in links)
        mtu = ("mtu", str(interface.mtu))
        end = ("type", "veth", "peer", "name", outside, *mtu, "netns", network)
        run("ip", "link", "add", "name", inside, *mtu, "address", interface.mac, "netns", self.namespace, *end)
        run("ip", "-n", network, "link", "set", outside, "master", BRIDGE, "up")

    def _wait_for_bridge(self, namespace: str, network: str) -> None:
        state = self.folder.parent.parent
        deadline, absent = Deadline(BRIDGE_APPEARS), Deadline(AGENT_RETURNS)
        while not _has_bridge(namespace):
            if lag.is_running(state):
                absent = Deadline(AGENT_RETURNS)
            if deadline.has_passed() or absent.has_passed():
                why = lag.lag_reason(state, grace=0) or "it has applied everything that the databases have"
                raise CommandError(f"the network agent has not created a bridge for the network {network}: {why}")
            time.sleep(INTERVAL)

    def unplug(self, interface: Interface) -> None:
        """Take an interface away."""
        attempt("ip", "-n", self.names.network(interface.network), "link", "delete", tap(interface.port))

    def attach(self, disk: Disk) -> None:
        """Give it a volume, at once if it runs."""
        self.disks.add(disk, self.container.first_process())

    def detach(self, volume: str) -> None:
        """Take a volume away."""
        self.disks.remove(volume, self.container.first_process())

    @property
    def _kind_file(self) -> Path:
        return self.folder / "node.json"


def _has_bridge(network: str) -> bool:
    return namespaces.exists(network) and attempt("ip", "-n", network, "link", "show", BRIDGE)
