"""Servers of a bay: the Nova servers of one group, with their volumes."""

from collections.abc import Collection
from dataclasses import dataclass

from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions
from pulumi_openstack import blockstorage, compute

from bay.components.network import Network
from bay.components.node.proof import GroupData
from bay.components.ownership import Mark
from bay.components.ports import Ports
from bay.components.spec.groups import Masters, NodeGroup, Volume

KEPT_AS_CREATED = ["imageId", "userData", "keyPair", "blockDevices", "availabilityZone", "schedulerHints", "flavorId"]
"""A change of these would rebuild, replace or stop servers, all at once; `bay rebuild` reaches them in batches."""
FLAVOR = "flavorId"
ATTACHMENT = ["networks", "securityGroups"]
"""Of a node that Nova attached by the network's name; a port of its own would be another server."""


@dataclass(frozen=True, kw_only=True)
class ServerArgs:
    """What the servers of one group have in common. affinity: policy of their server group, or ``none``.

    protect: whether the engine refuses to delete or replace them. keeps_attachment: whether a server that is there
    stays on the port that Nova made for it, though servers of its group have ports of their own by now. resized:
    names of servers that get the flavor of the spec where they are. as_new: nothing is kept of servers that are there.
    """

    group: str
    spec: NodeGroup
    flavor_id: str
    image_id: Output[str]
    keypair: Input[str] | None
    affinity: str
    network: Network
    mark: Mark
    security_group_name: Output[str]
    protect: bool
    keeps_attachment: bool = False
    resized: Collection[str] = ()
    as_new: bool = False

    def kept(self, name: str) -> list[str]:
        """Properties of a server that stay what they were when it was created."""
        attachment = ATTACHMENT if self.keeps_attachment else []
        if self.as_new:
            return attachment
        shape = [one for one in KEPT_AS_CREATED if one != FLAVOR] if name in self.resized else KEPT_AS_CREATED
        return [*shape, *attachment]


class StateVolumes(ComponentResource):
    """A volume of each master for the engine's own data. It outlives the server.

    volumes: index -> volume. They are protected, unless their loss was asked for.
    """

    volumes: dict[int, blockstorage.Volume]

    def __init__(
        self,
        name: str,
        spec: Masters,
        volume: Volume,
        mark: Mark,
        opts: ResourceOptions,
        zones: Collection[str] = (),
        *,
        protect: bool,
    ) -> None:
        """zones: availability zones of the masters that Cinder has too."""
        super().__init__("bay:index:StateVolumes", name, {}, opts)
        self.volumes = {
            index: blockstorage.Volume(
                f"{name}-{index}-state",
                name=f"{name}-{index}-state",
                size=volume.size,
                volume_type=volume.type,
                availability_zone=zone if (zone := spec.zone(index)) in zones else None,
                description=mark.description,
                metadata=mark.metadata("master"),
                # Where it is now: another zone would be another volume.
                opts=ResourceOptions(parent=self, protect=protect, ignore_changes=["availabilityZone"]),
            )
            for index in spec.indices
        }
        self.register_outputs({})


class Servers(ComponentResource):
    """The Nova servers of one group, spread over hosts where the cloud can.

    servers: index -> server. Each is deleted before it is replaced, since a port or volume is with one server at a
    time (Nova answers 409 otherwise).
    """

    servers: dict[int, compute.Instance]

    def __init__(
        self,
        name: str,
        args: ServerArgs,
        user_data: Output[GroupData],
        opts: ResourceOptions,
        *,
        ports: Ports | None = None,
        state: StateVolumes | None = None,
    ) -> None:
        super().__init__("bay:index:Servers", name, {}, opts)
        self.args, self.ports, self.state = args, ports, state
        self.spread = None if args.affinity == "none" else self._server_group(name)
        self.servers = {index: self._server(name, index, user_data) for index in args.spec.indices}
        self.register_outputs({})

    def _server_group(self, name: str) -> compute.ServerGroup:
        return compute.ServerGroup(
            name,
            name=self.args.mark.unique_name(name),
            policies=self.args.affinity,
            # A new policy is for servers to come; a new group would replace those that are there.
            opts=ResourceOptions(parent=self, ignore_changes=["policies"]),
        )

    def _server(self, group_name: str, index: int, user_data: Output[GroupData]) -> compute.Instance:
        args, name = self.args, f"{group_name}-{index}"
        waits_for: list[Resource] = list(args.network.ready)
        return compute.Instance(
            name,
            name=name,
            flavor_id=args.flavor_id,
            image_id=None if args.spec.boot_volume else args.image_id,
            key_pair=args.keypair,
            availability_zone=args.spec.zone(index),
            networks=[self._attachment(index)],
            security_groups=None if self.ports is not None else [args.security_group_name],
            scheduler_hints=[{"group": self.spread.id}] if self.spread is not None else None,
            block_devices=self._disks(index),
            metadata=args.mark.metadata(args.group),
            tags=list(args.mark.own_tags) or None,
            user_data=user_data.apply(lambda data: data.of(name)),
            # Nova's delete pulls the plug; its stop presses the power button, and the node leaves (decision 0011).
            stop_before_destroy=None if args.group == "master" else True,
            opts=ResourceOptions(
                parent=self,
                depends_on=waits_for,
                ignore_changes=args.kept(name),
                protect=args.protect,
                delete_before_replace=True,
            ),
        )

    def _attachment(self, index: int) -> compute.InstanceNetworkArgsDict:
        if self.ports is not None:
            return {"port": self.ports.ports[index].id}
        # The name beside the id saves the provider two look-ups a server.
        return {"uuid": self.args.network.id, "name": self.args.network.name}

    def _disks(self, index: int) -> list[compute.InstanceBlockDeviceArgsDict] | None:
        """Every disk, the boot disk first; None where the flavor's own is all there is."""
        if not self.args.spec.volumes:
            return None
        disks = [self._boot_disk()]
        if self.args.spec.engine_volume is not None:
            disks.append(_new_volume(self.args.spec.engine_volume, source_type="blank", boot_index=-1))
        if self.state is not None:
            disks.append(
                {
                    "uuid": self.state.volumes[index].id,
                    "source_type": "volume",
                    "destination_type": "volume",
                    "boot_index": -1,
                    "delete_on_termination": False,
                }
            )
        return disks

    def _boot_disk(self) -> compute.InstanceBlockDeviceArgsDict:
        volume = self.args.spec.boot_volume
        if volume is not None:
            return {**_new_volume(volume, source_type="image", boot_index=0), "uuid": self.args.image_id}
        return {
            "uuid": self.args.image_id,
            "source_type": "image",
            "destination_type": "local",
            "boot_index": 0,
            "delete_on_termination": True,
        }


def _new_volume(volume: Volume, *, source_type: str, boot_index: int) -> compute.InstanceBlockDeviceArgsDict:
    """A volume that Nova makes with the server and deletes with it."""
    disk: compute.InstanceBlockDeviceArgsDict = {
        "source_type": source_type,
        "destination_type": "volume",
        "boot_index": boot_index,
        "volume_size": volume.size,
        "delete_on_termination": True,
    }
    if volume.type is not None:
        disk["volume_type"] = volume.type
    return disk
