"""A bay: puts the parts together, nothing else."""

from dataclasses import asdict
from typing import Any, Literal

from pulumi import ComponentResource, Output, ResourceOptions

from bay.components import cloudinit
from bay.components.engines import ENGINES, Engine, Facts
from bay.components.firewall import Firewall
from bay.components.identity import Identity
from bay.components.image import Image
from bay.components.lookup import Place, look_up
from bay.components.mark import Mark
from bay.components.network import Network
from bay.components.nodes import MasterPorts, ServerArgs, Servers
from bay.components.spec import BaySpec, check_name

Owner = Literal["cli", "file"]
"""Who changes a bay: the ``bay`` command, or a file of a checkout under ``pulumi up``."""


class Bay(ComponentResource):
    """A container cluster on OpenStack.

    name: of the bay; every resource is called ``<name>-...``. place: what the spec's names mean on the
    cloud; looked up there if it is not given. Raises BayError for names the cloud does not know.

    bay_id: the mark of everything the bay owns. api_address: where the engine's API answers.
    """

    bay_id: Output[str]
    api_address: Output[str]
    client_files: Output[dict[str, str]]

    def __init__(
        self,
        name: str,
        spec: BaySpec,
        *,
        place: Place | None = None,
        managed_by: Owner = "file",
        opts: ResourceOptions | None = None,
    ) -> None:
        check_name(name)
        where = place or look_up(spec)
        login = asdict(where.login)
        # Before the Bay itself: where its guard refuses, the spec that the state holds stays what it was.
        self.identity = Identity(name, name, login, managed_by, ResourceOptions(parent=opts.parent if opts else None))
        super().__init__(
            "bay:index:Bay",
            name,
            {"spec": spec.model_dump(mode="json"), "cloud": login, "managed_by": self.identity.owner},
            opts,
        )
        self.name, self.spec, self.place = name, spec, where
        self.engine = ENGINES[spec.coe]
        child = ResourceOptions(parent=self)
        self.bay_id = self.identity.id
        self.mark = Mark(name, self.bay_id)
        self.image = Image(f"{name}-image", spec.image, where.image.id, child)
        self.network = Network(name, spec.network, where, self.mark, child)
        self.firewall = Firewall(name, self.engine, spec.access, self.mark, child)
        self._make_servers(child)
        reachable = self.ports.floating or self.ports.addresses
        self.api_address = Output.format("{}:{}", reachable[0], self.engine.api_port)
        self.client_files = Output.secret(self.identity.generations.apply(self.engine.client_files))
        self.register_outputs({"bay_id": self.bay_id, "api_address": self.api_address})

    def _make_servers(self, child: ResourceOptions) -> None:
        args = {group: self._server_args(group) for group in self.spec.groups}
        external = self.place.external if self.spec.master_floating_ips else None
        self.ports = MasterPorts(f"{self.name}-master", args["master"], external, child)
        self.servers = {
            group: Servers(
                f"{self.name}-{group}",
                args[group],
                self._user_data(group),
                child,
                ports=self.ports if group == "master" else None,
            )
            for group in self.spec.groups
        }

    def _server_args(self, group: str) -> ServerArgs:
        role, spec = role_of(group), self.spec.groups[group]
        return ServerArgs(
            group=group,
            spec=spec,
            flavor_id=self.place.flavors[spec.flavor].id,
            image_id=self.image.image_id,
            keypair=self.spec.keypair,
            network=self.network,
            mark=self.mark,
            security_group_id=self.firewall.ids[role],
            security_group_name=self.firewall.names[role],
        )

    def _user_data(self, group: str) -> Output[str]:
        known = Output.all(
            engine=self.engine.name,
            group=group,
            bay=self.name,
            bay_id=self.bay_id,
            master_names=[f"{self.name}-master-{i}" for i in self.spec.masters.indices],
            master_addresses=Output.all(*self.ports.addresses),
            floating=Output.all(*self.ports.floating),
            made_at=self.identity.made_at,
            generations=self.identity.generations,
        )
        return Output.secret(known.apply(boot_data))


def role_of(group: str) -> str:
    """A group of masters has the role of its name; every other group holds nodes."""
    return "master" if group == "master" else "node"


def boot_data(known: dict[str, Any]) -> str:
    """User data of a group, packed: the state keeps it for each server."""
    engine: Engine = ENGINES[known["engine"]]
    facts = Facts(
        bay=known["bay"],
        bay_id=known["bay_id"],
        group=known["group"],
        master_names=tuple(known["master_names"]),
        master_addresses=tuple(known["master_addresses"]),
        api_names=tuple(known["floating"]),
        made_at=known["made_at"],
        generations=known["generations"],
    )
    return cloudinit.packed(engine.boot(role_of(known["group"]), facts))
