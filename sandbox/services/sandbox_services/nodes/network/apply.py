"""Makes the kernel's networks and routers what a plan says; every step may be repeated."""

from pathlib import Path

from .. import namespaces
from ..commands import attempt, run
from ..names import BRIDGE, HOST_END
from .balancers import Balancer
from .legs import Leg
from .plan import Network, Plan, Router


def network(wanted: Network) -> None:
    """Bridge, filter, link to the host."""
    namespace = wanted.namespace
    namespaces.ensure(namespace)
    have = namespaces.links(namespace)
    if BRIDGE not in have:
        options = ("mtu", str(wanted.mtu), "type", "bridge", "forward_delay", "0", "mcast_snooping", "0")
        run("ip", "-n", namespace, "link", "add", "name", BRIDGE, *options)
        namespaces.inside(namespace, "sh", "-c", "echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables")
        run("ip", "-n", namespace, "link", "set", BRIDGE, "up")
    namespaces.inside(namespace, "nft", "-f", "-", text=wanted.filter)
    if wanted.host_link:
        _link_host(wanted, wanted.host_link, HOST_END in have)


def _link_host(wanted: Network, link: str, there: bool) -> None:
    if not there:
        mtu = ("mtu", str(wanted.mtu))
        end = ("peer", "name", HOST_END, *mtu, "netns", wanted.namespace)
        run("ip", "link", "add", "name", link, *mtu, "type", "veth", *end)
        run("ip", "-n", wanted.namespace, "link", "set", HOST_END, "master", BRIDGE, "up")
    run("ip", "link", "set", link, "up")
    for address in wanted.host_addresses:
        run("ip", "address", "replace", address, "dev", link)


def forget_neighbours(wanted: Plan) -> None:
    """Let the host and all routers ask anew who has an address: a floating IP may have moved to another router."""
    for one in wanted.networks:
        if one.host_link:
            attempt("ip", "neigh", "flush", "dev", one.host_link)
    for one_router in wanted.routers:
        attempt("ip", "-n", one_router.namespace, "neigh", "flush", "all")


def router(wanted: Router) -> None:
    """Interfaces, addresses, routes, translation."""
    namespace = wanted.namespace
    namespaces.ensure(namespace, forwarding=True)
    have = namespaces.links(namespace)
    for leg in wanted.legs:
        _ensure_leg(namespace, leg, leg.name in have)
    for link in have - {leg.name for leg in wanted.legs} - {"lo"}:
        attempt("ip", "-n", namespace, "link", "delete", link)  # gone already if its network is
    for destination, hop in wanted.routes:
        run("ip", "-n", namespace, "route", "replace", destination, "via", hop)
    namespaces.inside(namespace, "nft", "-f", "-", text=wanted.translation)


def _ensure_leg(namespace: str, leg: Leg, there: bool) -> None:
    if not there:
        mtu = ("mtu", str(leg.mtu))
        end = ("type", "veth", "peer", "name", leg.tap, *mtu, "netns", leg.network)
        run("ip", "link", "add", "name", leg.name, *mtu, "address", leg.mac, "netns", namespace, *end)
    run("ip", "-n", leg.network, "link", "set", leg.tap, "master", BRIDGE, "up")
    run("ip", "-n", namespace, "link", "set", leg.name, "up")
    have, wanted = namespaces.addresses(namespace, leg.name), set(leg.addresses)
    for address in sorted(have - wanted):
        run("ip", "-n", namespace, "address", "delete", address, "dev", leg.name)
        for side in ("--orig-dst", "--reply-dst"):  # a floating IP's connections end with it
            namespaces.try_inside(namespace, "conntrack", "--delete", side, address.split("/")[0])
    for address in sorted(wanted - have, key=lambda one: one.endswith("/32")):  # the subnet's own first
        run("ip", "-n", namespace, "address", "add", address, "dev", leg.name)


def balancer(wanted: Balancer, folder: Path) -> None:
    """Virtual IP and HAProxy, whose files are in ``folder``; one that runs hands its connections over."""
    namespaces.ensure(wanted.namespace)
    _ensure_leg(wanted.namespace, wanted.leg, wanted.leg.name in namespaces.links(wanted.namespace))
    if wanted.gateway:
        run("ip", "-n", wanted.namespace, "route", "replace", "default", "via", wanted.gateway)
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / f"{wanted.id}.cfg"
    configuration.write_text(wanted.configuration)
    old = namespaces.processes(wanted.namespace)
    command = ["haproxy", "-D", "-f", str(configuration)]
    namespaces.inside(wanted.namespace, *command, *(["-sf", *map(str, old)] if old else []))
