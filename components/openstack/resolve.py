"""Asks the cloud what the names of a spec mean, and whether what they name fits together."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from bay.components.errors import BayError, nearest
from bay.components.openstack.connection import connect, openstack_errors
from bay.components.openstack.resolve_image import find_images
from bay.components.openstack.resolve_network import find_networks
from bay.components.openstack.resolved import Flavor, GlanceImage, ResolvedSpec
from bay.components.openstack.scope import may_only_read, scope_of
from bay.components.spec import BaySpec, path_of
from bay.components.spec.groups import NodeGroup
from bay.components.text import command, join_names

if TYPE_CHECKING:
    from openstack.connection import Connection


def resolve(spec: BaySpec, connection: "Connection | None" = None, *, later: Collection[str] = ()) -> ResolvedSpec:
    """Ask the cloud; BayError with the nearest names where it knows no such thing, or where it does not fit.

    later: names that are not looked up now, and have no place in the answer.
    """
    cloud = connection or connect()
    with openstack_errors("checking the login"):
        login = scope_of(cloud)  # one token before the threads ask for things
    with openstack_errors("looking up image, flavors and networks"), ThreadPoolExecutor(6) as pool:
        wanted = {image_of(spec, group) for group in spec.groups.values()} - set(later)
        images = pool.submit(find_images, cloud, wanted, spec.os_distro)
        flavors = pool.submit(_find_flavors, cloud, {group.flavor for group in spec.groups.values()} - set(later))
        networks = pool.submit(find_networks, cloud, spec, login.project_id, later)
        zones = pool.submit(_find_volume_zones, cloud, spec)
        checks = [
            pool.submit(check, cloud, spec)
            for check in (_check_keypair, _check_services, _check_zones, _check_volume_types)
            if check is not _check_keypair or spec.keypair not in later
        ]
        for check in checks:
            check.result()
        network, external, of_network = networks.result()
        volume_zones, of_zones = zones.result()
        warnings = (*_image_warnings(images.result()), *of_network, *of_zones)
        resolved = ResolvedSpec(login, images.result(), flavors.result(), network, external, volume_zones, warnings)
    for name, group in spec.groups.items():
        if not {image_of(spec, group), group.flavor} & set(later):
            _check_fit(name, group, resolved.images[image_of(spec, group)], resolved.flavors[group.flavor])
    return resolved


def image_of(spec: BaySpec, group: NodeGroup) -> str:
    """The image of a group's servers, as the spec calls it."""
    return group.image or spec.image


def _find_flavors(cloud: "Connection", wanted: Iterable[str]) -> dict[str, Flavor]:
    every = list(cloud.compute.flavors())
    found: dict[str, Flavor] = {}
    for word in wanted:
        match = next((f for f in every if word in (f.name, f.id)), None)
        if match is None:
            raise BayError(f"flavor: there is no flavor {word!r}", nearest(word, [f.name for f in every]))
        found[word] = Flavor(match.id, match.name, match.vcpus, match.ram, match.disk)
    return found


def _check_keypair(cloud: "Connection", spec: BaySpec) -> None:
    if spec.keypair is None or may_only_read(cloud):  # keypairs are of a user, not of a project
        return
    names = [keypair.name for keypair in cloud.compute.keypairs()]
    if spec.keypair not in names:
        hint = (
            nearest(spec.keypair, names)
            if names
            else command("openstack", "keypair", "create", "--public-key", "FILE", spec.keypair)
        )
        raise BayError(f"keypair: there is no keypair {spec.keypair!r}", hint)


def _check_services(cloud: "Connection", spec: BaySpec) -> None:
    needs_volumes = any(group.volumes for group in spec.groups.values())
    if needs_volumes and not cloud.has_service("block-storage"):
        raise BayError("the cloud has no volumes (Cinder)", "leave the volumes of masters and nodes empty")
    if spec.endpoint.kind == "load-balancer" and not cloud.has_service("load-balancer"):
        raise BayError(
            "endpoint.kind: the cloud has no load balancers (Octavia)",
            "use --set endpoint.kind=masters, or virtual-ip on a network of the bay's own",
        )
    if spec.identity.store == "barbican" and not cloud.has_service("key-manager"):
        raise BayError(
            "identity.store: the cloud has no Barbican (key-manager)",
            "leave the certificates in the state alone: state",
        )


def _check_zones(cloud: "Connection", spec: BaySpec) -> None:
    wanted = {zone for group in spec.groups.values() for zone in group.zones}
    if not wanted:
        return
    names = [zone.name for zone in cloud.compute.availability_zones()]
    for zone in sorted(wanted - set(names)):
        raise BayError(f"zones: there is no availability zone {zone!r}", nearest(zone, names))


def _find_volume_zones(cloud: "Connection", spec: BaySpec) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The masters' zones that Cinder has too, and what to be warned of; nothing where no volume outlives its server."""
    from openstack import exceptions

    wanted = spec.masters.zones if spec.masters.state_volume else ()
    if not wanted or not cloud.has_service("block-storage"):
        return (), ()
    storage: Any = cloud.block_storage  # openstacksdk says it may be version 2, which has none
    try:
        names = {zone.name for zone in storage.availability_zones()}
    except (exceptions.NotFoundException, exceptions.ForbiddenException):
        return (), ()
    missing = [zone for zone in wanted if zone not in names]
    text = (
        f"volumes have no availability zone {join_names(missing)}: state volumes of masters there get the default one"
    )
    return tuple(zone for zone in wanted if zone in names), (text,) if missing else ()


def _image_warnings(images: Mapping[str, GlanceImage]) -> Iterator[str]:
    for image in images.values():
        if not image.os_distro:
            yield (
                f"image {image.name} does not say which system it holds (property os_distro): servers need cloud-init, "
                "systemd and the engine; os_distro=NAME of the spec says it"
            )


def _check_volume_types(cloud: "Connection", spec: BaySpec) -> None:
    wanted = {volume.type for group in spec.groups.values() for volume in group.volumes if volume.type}
    if not wanted:
        return
    names = [kind.name for kind in cloud.block_storage.types()]
    for kind in sorted(wanted - set(names)):
        raise BayError(f"volume type: there is no volume type {kind!r}", nearest(kind, names))


def _check_fit(group_name: str, group: NodeGroup, image: GlanceImage, flavor: Flavor) -> None:
    """An image on a server that is too small for it; Nova would say so only after the networks are made."""
    field = path_of(group_name)
    if flavor.ram < image.min_ram:
        raise BayError(
            f"{field}.flavor: {flavor.name} has {flavor.ram} MiB of RAM, image {image.name} needs {image.min_ram}",
            f"choose a larger flavor: --set {field}.flavor=FLAVOR",
        )
    if flavor.disk == 0 and not group.boot_volume:
        raise BayError(
            f"{field}.flavor: {flavor.name} has no disk, and Nova lets its servers boot from a volume only",
            f"--set {field}.boot_volume={max(image.min_disk, 10)}, or choose another flavor",
        )
    disk = group.boot_volume.size if group.boot_volume else flavor.disk
    what = "boot_volume: it" if group.boot_volume else f"flavor: {flavor.name}"
    if disk < image.min_disk:
        raise BayError(
            f"{field}.{what} has {disk} GiB of disk, image {image.name} needs {image.min_disk}",
            f"choose a larger flavor, or --set {field}.boot_volume={max(image.min_disk, 10)}",
        )
