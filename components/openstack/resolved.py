"""What the names of a spec mean on one cloud, as one project sees it."""

from dataclasses import dataclass

from bay.components.openstack.scope import ProjectScope


@dataclass(frozen=True)
class Named:
    """A thing of the cloud that exists already."""

    id: str
    name: str


@dataclass(frozen=True)
class Flavor(Named):
    """A Nova flavor. vcpus: cores; ram: MiB; disk: GiB, 0 where servers must boot from a volume."""

    vcpus: int = 1
    ram: int = 2048
    disk: int = 20


@dataclass(frozen=True)
class GlanceImage(Named):
    """A Glance image. min_disk: GiB; min_ram: MiB; os_distro: empty where the property is not set."""

    min_disk: int = 0
    min_ram: int = 0
    os_distro: str = ""


@dataclass(frozen=True)
class ExistingNetwork(Named):
    """A network that the bay does not make.

    subnet_id: of the subnet that the spec names, None where Neutron chooses. cidrs: of the subnets that servers may
    come to be in. own: the bay's project owns it. routed: a router of the project is on it. pins_subnet: servers need
    ports of their own to be in the named subnet, since there are others.
    """

    subnet_id: str | None = None
    cidrs: tuple[str, ...] = ()
    own: bool = False
    routed: bool = False
    pins_subnet: bool = False


@dataclass(frozen=True)
class ResolvedSpec:
    """The names of a spec, resolved.

    images, flavors: by the name the spec uses. network: the existing network, else None. external: where the
    router and floating IPs go, None where the bay needs neither. volume_zones: availability zones of Nova's that Cinder
    has too; volumes go where their server is. warnings: what may not work, for people.
    """

    login: ProjectScope
    images: dict[str, GlanceImage]
    flavors: dict[str, Flavor]
    network: ExistingNetwork | None
    external: Named | None
    volume_zones: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
