"""A bay: puts the parts together, nothing else."""

from collections.abc import Collection, Mapping
from contextlib import nullcontext
from copy import copy
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from pulumi import ComponentResource, Output, ResourceOptions

from bay.components.application_credential import CloudLogin
from bay.components.disruption import inventory
from bay.components.endpoint import Endpoint
from bay.components.engines import ENGINES, Client, Facts
from bay.components.engines import CloudLogin as CloudFacts
from bay.components.firewall import Firewall
from bay.components.guard import Guard
from bay.components.identity import Identity
from bay.components.identity_store import IdentityStore
from bay.components.image import Image
from bay.components.inputs import locate, plainly, specify
from bay.components.network import Network
from bay.components.node import cloudinit, user_data
from bay.components.node.certificates import Authority
from bay.components.node.credentials import current
from bay.components.node.lifetimes import signed_at
from bay.components.node.proof import GroupData, proof_key
from bay.components.openstack.resolve import image_of
from bay.components.openstack.resolved import Named, ResolvedSpec
from bay.components.ownership import Mark, Owner
from bay.components.ports import Ports
from bay.components.program_errors import program_errors
from bay.components.servers import ServerArgs, Servers, StateVolumes
from bay.components.spec import BaySpec, check_name, role_of
from bay.components.spec.later import is_stand_in
from bay.components.text import host_and_port


class Bay(ComponentResource):
    """A container cluster on OpenStack: ``Bay("physics", model="swarm", nodes=3)``.

    name: of the bay; every resource is called ``<name>-...``. fields: of the spec (docs/spec.md), over those of the
    model that they name; where the name or id of something in the cloud belongs, an output of another resource will do.
    Raises BayError for names that the cloud does not know, of which `pulumi up` shows the message alone.

    ``opts.protect`` holds for what cannot be had again: the identity, masters and their volumes; nodes come and go.
    So does the spec's `protected`.

    bay_id: the mark of everything the bay owns. api_addresses: ``HOST:PORT`` where the engine's API answers, the
    best one first, which is api_address.
    """

    bay_id: Output[str]
    api_address: Output[str]
    api_addresses: Output[list[str]]
    client_files: Output[dict[str, str]]

    def __init__(
        self,
        name: str,
        spec: BaySpec | None = None,
        *,
        resolved: ResolvedSpec | None = None,
        managed_by: Owner = "file",
        allow: Collection[str] = (),
        opts: ResourceOptions | None = None,
        resized: Collection[str] = (),
        as_new: bool = False,
        authority: Authority | None = None,
        credential_serial: str = "",
        rotation: str = "",
        **fields: Any,
    ) -> None:
        """spec: in the place of fields, with what its names mean on the cloud (`resolved`), if that is known already.

        allow: kinds of loss that were asked for: masters, volumes, batch; see `bay.components.guard`. resized: servers
        that get the flavor of the spec where they are. as_new: declare servers as they would be if they were created
        now, for a look at what differs; never to be run. authority: in place of one of its own, for a bay that is
        created now; the state keeps it. credential_serial: has the masters' credential replaced by one of this serial.
        rotation: of the identity's join keys, see `bay.components.identity.RENEW`.
        """
        with program_errors() if resolved is None else nullcontext():
            check_name(name)
            given, outputs = (spec, {}) if spec is not None else specify(name, fields)
            where = locate(given, outputs) if resolved is None else plainly(given, resolved)
        self.name, self.located, self.resolved = name, where, where.resolved
        self.engine, self.allow = ENGINES[given.coe], frozenset(allow)
        self.resized, self.as_new = frozenset(resized), as_new
        self.credential_serial = credential_serial
        login, own = asdict(self.resolved.login), copy(opts or ResourceOptions())
        asked = own.protect if own.protect is not None else getattr(own.parent, "_protect", False)
        self.protects = bool(asked) or given.protected
        own.protect = False  # nodes and rules would have it from the Bay, and a scale-down deletes some
        # Before the Bay itself: where its guard refuses, the spec that the state holds stays what it was.
        beside = ResourceOptions(parent=own.parent, protect=False)
        secrets = self.engine.secrets
        self.identity = Identity(
            *(name, name, login, managed_by, secrets, beside),
            authority=authority,
            protect=self.protects,
            rotation=rotation,
        )
        guard = _guard(name, given, self.resolved, allow, beside)
        super().__init__(
            "bay:index:Bay",
            name,
            {"spec": where.spec, "cloud": login, "managed_by": self.identity.owner},
            ResourceOptions.merge(own, ResourceOptions(depends_on=[guard])),
        )
        self.spec = given  # Pulumi puts an output in its place while it registers the inputs
        self.child = ResourceOptions(parent=self)
        self.bay_id = self.identity.id
        self.mark = Mark(name, self.bay_id, given.tags)
        self._make_surroundings()
        self._make_servers()
        self._publish()

    def _publish(self) -> None:
        """Where the bay is reached, and what a client needs."""
        engine = self.engine
        self.api_addresses = Output.all(*self._api_hosts()).apply(
            lambda hosts: [host_and_port(host, engine.api_port) for host in hosts]
        )
        self.api_address = self.api_addresses.apply(lambda addresses: addresses[0])
        known = Output.all(addresses=self.api_addresses, generations=self.identity.generations)
        self.client_files = Output.secret(known.apply(self._client_files))
        self.register_outputs({"bay_id": self.bay_id, "api_addresses": self.api_addresses})

    def _make_surroundings(self) -> None:
        """All but the servers: images, network, firewall, endpoint, ports, volumes, the login and the certificates."""
        name, spec, child = self.name, self.spec, self.child
        self.network = Network(name, spec.network, self.resolved, self.mark, child, self.located.cidrs)
        self.firewall = Firewall(name, self.engine, spec, self.network, self.mark, child)
        self.endpoint: Endpoint | None = None
        if spec.endpoint.kind != "masters":
            external = self._external(spec.endpoint_floating_ip)
            self.endpoint = Endpoint(f"{name}-api", spec, self.network, external, self.mark, child)
        self.ports = {group: self._ports(group) for group in spec.groups if self._has_ports(group)}
        if self.endpoint is not None and spec.endpoint.kind == "load-balancer":
            self.endpoint.balance(self.engine.api_port, self.ports["master"].addresses)
        self.state_volumes: StateVolumes | None = None
        if spec.masters.state_volume is not None:
            named = f"{name}-master"
            protect = self.protects and "volumes" not in self.allow
            volume = spec.masters.state_volume
            zones = self.resolved.volume_zones
            self.state_volumes = StateVolumes(named, spec.masters, volume, self.mark, child, zones, protect=protect)
        self.login: CloudLogin | None = None
        if self.engine.wants_cloud(spec):
            external, serial = self.resolved.external, self.credential_serial
            self.login = CloudLogin(name, self.resolved.login, self.network, external, self.mark, child, serial)
        self.identity_store: IdentityStore | None = None
        if spec.identity.store == "barbican":
            self.identity_store = IdentityStore(name, self.identity.generations, self.mark, child)
        self.images = self._images()

    def _make_servers(self) -> None:
        self.servers = {
            group: Servers(
                f"{self.name}-{group}",
                self._server_args(group),
                self._user_data(group),
                self.child,
                ports=self.ports.get(group),
                state=self.state_volumes if group == "master" else None,
            )
            for group in self.spec.groups
        }

    def _images(self) -> dict[str, Image]:
        """One for the bay, and one for each group that has its own; by the name the spec uses."""
        own = {image_of(self.spec, group): f"-{name}" for name, group in self.spec.groups.items() if group.image}
        used = {image_of(self.spec, group) for group in self.spec.groups.values()}
        suffixes = {**own, self.spec.image: ""}
        return {image: self._image(f"{self.name}{suffixes[image]}-image", image) for image in sorted(used)}

    def _image(self, resource_name: str, name: str) -> Image:
        found = self.resolved.images[name]
        return Image(resource_name, found.name if is_stand_in(name) else name, found.id, self.child)

    def _image_id(self, image: str) -> Output[str]:
        """The id that the name had first; of servers as new ones, the id that it has now."""
        return Output.from_input(self.resolved.images[image].id) if self.as_new else self.images[image].image_id

    def _has_ports(self, group: str) -> bool:
        return group == "master" or self.spec.server_floating_ips or self.network.pins_subnet

    def _ports(self, group: str) -> Ports:
        role = role_of(group)
        virtual = role == "master" and self.spec.endpoint.kind == "virtual-ip"
        return Ports(
            f"{self.name}-{group}",
            self.spec.groups[group].indices,
            self.network,
            self.firewall.ids[role],
            self.mark,
            self.child,
            floating_from=self._external(self.spec.has_floating_ip(role)),
            shared_address=self.endpoint.address if virtual and self.endpoint else None,
        )

    def _external(self, wanted: bool) -> Named | None:
        return self.resolved.external if wanted else None

    def _server_args(self, group: str) -> ServerArgs:
        spec = self.spec.groups[group]
        return ServerArgs(
            group=group,
            spec=spec,
            flavor_id=self.resolved.flavors[spec.flavor].id,
            image_id=self._image_id(image_of(self.spec, spec)),
            keypair=self.located.keypair,
            affinity=self.spec.affinity,
            network=self.network,
            mark=self.mark,
            security_group_name=self.firewall.names[role_of(group)],
            protect=self.protects and group == "master" and "masters" not in self.allow,
            keeps_attachment=group != "master" and self.network.pins_subnet and not self.spec.server_floating_ips,
            resized=self.resized,
            as_new=self.as_new,
        )

    def _api_hosts(self) -> list[Output[str]]:
        """Where clients reach the API, the best first: the DNS name alone, if there is one."""
        if self.spec.endpoint.name is not None:
            return [Output.from_input(self.spec.endpoint.name)]
        if self.endpoint is not None:
            return [self.endpoint.floating or self.endpoint.address]
        return self.ports["master"].floating or self.ports["master"].addresses

    def _client_files(self, known: Mapping[str, Any]) -> dict[str, str]:
        return self.engine.client_files(Client(self.name, tuple(known["addresses"]), known["generations"]))

    def _user_data(self, group: str) -> Output[GroupData]:
        volumes = self.state_volumes.volumes.values() if self.state_volumes and group == "master" else ()
        floating = [self.endpoint.floating] if self.endpoint else self.ports["master"].floating
        known = Output.all(
            bay_id=self.bay_id,
            master_addresses=Output.all(*self.ports["master"].addresses),
            endpoint_address=self.endpoint.address if self.endpoint else None,
            floating=Output.all(*(address for address in floating if address is not None)),
            state_volumes=Output.all(*(volume.id for volume in volumes)),
            cloud=self.login.facts if self.login and group == "master" else None,
            cidrs=Output.all(*map(self.network.cidr, self.network.cidrs)),
            made_at=self.identity.made_at,
            generations=self.identity.generations,
        )
        return Output.secret(known.apply(lambda values: self._boot_data(group, values)))

    def _boot_data(self, group: str, known: Mapping[str, Any]) -> GroupData:
        """User data of a group, packed: the state keeps it for each server."""
        named = self.spec.endpoint.name
        facts = Facts(
            bay=self.name,
            bay_id=known["bay_id"],
            group=group,
            spec=self.spec,
            master_names=tuple(f"{self.name}-master-{i}" for i in self.spec.masters.indices),
            master_addresses=tuple(known["master_addresses"]),
            endpoint_address=known["endpoint_address"],
            api_names=(*known["floating"], *([named] if named else [])),
            state_volumes=tuple(known["state_volumes"]),
            cidrs=tuple(known["cidrs"]),
            cloud=CloudFacts(**known["cloud"]) if known["cloud"] else None,
            made_at=known["made_at"],
            signed_at=signed_at(datetime.fromisoformat(known["made_at"]), datetime.now(UTC)).isoformat(),
            generations=known["generations"],
        )
        common = cloudinit.packed(user_data.user_data(self.engine, facts))
        return GroupData(common, proof_key(current(facts.generations)))


def _guard(name: str, spec: BaySpec, resolved: ResolvedSpec, allow: Collection[str], opts: ResourceOptions) -> Guard:
    engine = ENGINES[spec.coe]
    network = resolved.network.id if resolved.network else spec.network.cidr
    flavors = {flavor: found.id for flavor, found in resolved.flavors.items()}
    return Guard(inventory(name, spec, network, flavors), allow, engine.title if engine.fixed_masters else "", opts)
