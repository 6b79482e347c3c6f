"""What the names of a spec mean on this cloud: ids of image, flavors and networks, and whose login it is."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bay.components.cloud import connect, explained
from bay.components.errors import BayError, nearest
from bay.components.login import Login, login_of
from bay.components.spec import BaySpec, NetworkSpec

if TYPE_CHECKING:
    from openstack.connection import Connection


@dataclass(frozen=True)
class Named:
    """A thing of the cloud that exists already."""

    id: str
    name: str


@dataclass(frozen=True)
class Place:
    """The names of a spec, resolved on one cloud as one project sees it.

    flavors: by the name the spec uses. network: the existing network, else None. external: where the
    router and floating IPs go, None where the bay needs neither.
    """

    login: Login
    image: Named
    flavors: dict[str, Named]
    network: Named | None
    external: Named | None


def look_up(spec: BaySpec, connection: "Connection | None" = None) -> Place:
    """Ask the cloud; BayError with the nearest names where it knows no such thing."""
    cloud = connection or connect()
    with explained("looking up image, flavors and networks"):
        login = login_of(cloud)  # one token before the threads ask for things
        with ThreadPoolExecutor(4) as pool:
            image = pool.submit(_find_image, cloud, spec.image)
            flavors = pool.submit(_find_flavors, cloud, {group.flavor for group in spec.groups.values()})
            networks = pool.submit(_find_networks, cloud, spec)
            keypair = pool.submit(_check_keypair, cloud, spec.keypair)
            keypair.result()
            network, external = networks.result()
            return Place(login, image.result(), flavors.result(), network, external)


def _find_image(cloud: "Connection", wanted: str) -> Named:
    named = list(cloud.image.images(name=wanted, status="active"))  # an old one may be deactivated, not deleted
    exact = named or _by_id(cloud.image.find_image, wanted)
    if not exact:
        names = [image.name for image in cloud.image.images(status="active")]
        raise BayError(f"image: there is no image {wanted!r}", nearest(wanted, names))
    if len(exact) > 1:
        raise BayError(f"image: {len(exact)} images are called {wanted!r}", "give the id: openstack image list")
    return Named(exact[0].id, exact[0].name)


def _by_id(find: Callable[..., Any], wanted: str) -> list[Any]:
    found = find(wanted, ignore_missing=True)
    return [found] if found else []


def _find_flavors(cloud: "Connection", wanted: Iterable[str]) -> dict[str, Named]:
    every = list(cloud.compute.flavors())
    found: dict[str, Named] = {}
    for word in wanted:
        match = next((f for f in every if word in (f.name, f.id)), None)
        if match is None:
            raise BayError(f"flavor: there is no flavor {word!r}", nearest(word, [f.name for f in every]))
        found[word] = Named(match.id, match.name)
    return found


def _find_networks(cloud: "Connection", spec: BaySpec) -> tuple[Named | None, Named | None]:
    every = list(cloud.network.networks())
    external = [n for n in every if n.is_router_external]
    network = None
    if spec.network.existing is not None:
        network = _pick_network(spec.network.existing, every, "network.existing")
        if not spec.master_floating_ips:
            return network, None
    return network, _pick_external(spec.network, external)


def _pick_external(spec: NetworkSpec, external: list[Any]) -> Named:
    names = sorted(n.name for n in external)
    if spec.external is not None:
        return _pick_network(spec.external, external, "network.external", "external network")
    if len(external) != 1:
        raise BayError(
            f"network.external: the cloud has {len(external)} external networks",
            f"say --set network.external=NAME ({', '.join(names)})"
            if external
            else "say --set network.existing=NAME to use a network without router",
        )
    return Named(external[0].id, external[0].name)


def _pick_network(wanted: str, networks: list[Any], field: str, kind: str = "network") -> Named:
    matches = [n for n in networks if wanted in (n.name, n.id)]
    if not matches:
        raise BayError(f"{field}: there is no {kind} {wanted!r}", nearest(wanted, [n.name for n in networks]))
    if len(matches) > 1:
        raise BayError(f"{field}: {len(matches)} networks are called {wanted!r}", "give the id: openstack network list")
    return Named(matches[0].id, matches[0].name)


def _check_keypair(cloud: "Connection", wanted: str | None) -> None:
    if wanted is None:
        return
    names = [keypair.name for keypair in cloud.compute.keypairs()]
    if wanted not in names:
        hint = nearest(wanted, names) if names else f"openstack keypair create --public-key FILE {wanted}"
        raise BayError(f"keypair: there is no keypair {wanted!r}", hint)
