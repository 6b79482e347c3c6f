"""What a user of the sandbox finds: projects and their members, quotas, flavors, images and networks."""

import ipaddress
from typing import Any

from bay.sandbox.images.kubernetes import KUBERNETES

MEMBER_ROLES = ("member", "creator", "load-balancer_member")
"""The roles of an ordinary user: Barbican lets a `creator` keep secrets, Octavia asks for its own member role."""

PROJECTS = {"physics": "alice", "biology": "bob"}
"""Each project and its only member."""

READERS = {"physics": "carol"}
"""Project -> a user who may only look at it: what a job has that previews the requests of others."""

READER_ROLES = ("reader", "load-balancer_observer")
"""Keystone's own role, and Octavia's, which takes no other for reading."""

ADMIN = "admin"

USERS = (ADMIN, *PROJECTS.values(), *READERS.values())

CLOUDS = {
    "sandbox": ("physics", "alice"),
    "sandbox-other": ("biology", "bob"),
    "sandbox-reader": ("physics", "carol"),
    "sandbox-admin": (ADMIN, ADMIN),
}
"""Entries of clouds.yaml: project and user. `sandbox-admin` is there for taking stock in tests."""

QUOTAS: dict[str, dict[str, int]] = {
    "nova": {
        "instances": 100,
        "cores": 200,
        "ram": 400 * 1024,  # MiB
        "key_pairs": 100,
        "server_groups": 50,
        "server_group_members": 100,
    },
    "neutron": {
        "network": 100,
        "subnet": 100,
        "port": 500,
        "router": 10,
        "floatingip": 50,
        "security_group": 100,
        "security_group_rule": 1000,
    },
    "cinder": {"volumes": 100, "snapshots": 100, "gigabytes": 10000},
    "octavia": {
        "load_balancer": 20,
        "listener": 100,
        "pool": 100,
        "member": 1000,
        "health_monitor": 100,
    },
}
"""Of every project, as a medium-sized private cloud grants them: OpenStack's own defaults (10 instances, 20 cores)
end before an ordinary bay does. The services' configuration carries them, so a project made later has them too."""

FLAVORS: tuple[dict[str, Any], ...] = (
    {"name": "m1.tiny", "vcpus": 1, "ram": 512, "disk": 10},
    {"name": "m1.small", "vcpus": 1, "ram": 2048, "disk": 20},
    {"name": "m1.medium", "vcpus": 2, "ram": 4096, "disk": 40},
    {"name": "m1.large", "vcpus": 4, "ram": 8192, "disk": 80},
    {"name": "m1.xlarge", "vcpus": 8, "ram": 16384, "disk": 160},
)
"""RAM in MiB, disk in GiB."""

IMAGES: tuple[dict[str, Any], ...] = (
    {
        "name": "debian-12-docker",
        "min_disk": 10,
        "min_ram": 512,
        "os_distro": "debian",
        "os_version": "12",
        "sandbox_rootfs": "docker",
        "docker_version": "20.10.24",  # bookworm's
    },
    {
        "name": "debian-12-kubernetes",
        "min_disk": 10,
        "min_ram": 1024,
        "os_distro": "debian",
        "os_version": "12",
        "sandbox_rootfs": "kubernetes",
        "kube_version": KUBERNETES.removeprefix("v"),
    },
    {
        "name": "debian-12-mesos",
        "min_disk": 10,
        "min_ram": 1024,
        "os_distro": "debian",
        "os_version": "12",
        "sandbox_rootfs": "mesos",
    },
    {"name": "ubuntu-24.04", "min_disk": 10, "min_ram": 1024, "os_distro": "ubuntu", "os_version": "24.04"},
    {"name": "fedora-coreos-42", "min_disk": 10, "min_ram": 2048, "os_distro": "fedora-coreos", "os_version": "42"},
)
"""min_ram in MiB, min_disk in GiB. The images hold no system. Where the sandbox boots its servers and the cache has the
folder nodes/NAME/rootfs for an image's ``sandbox_rootfs=NAME``, a server of it boots from that; others never boot."""

PHYSICAL_NETWORKS = ("public", "provider")

RANGE = ipaddress.ip_network("198.18.0.0/15")
"""For tests (RFC 2544): no name resolves into it, unlike 203.0.113.0/24, behind which package mirrors were seen."""
PREFIX_LENGTH = 20  # of each network
BLOCKS = 2 ** (PREFIX_LENGTH - RANGE.prefixlen) // len(PHYSICAL_NETWORKS)
"""How many sandboxes may have ranges of their own."""


def ranges(block: int) -> list[str]:
    """The ranges of the networks `public` and `provider`, as CIDRs. The machine reaches those of a sandbox whose
    servers boot, so two such sandboxes have different blocks."""
    networks = list(RANGE.subnets(new_prefix=PREFIX_LENGTH))
    return [str(networks[block * len(PHYSICAL_NETWORKS) + place]) for place in range(len(PHYSICAL_NETWORKS))]


def networks(block: int = 0) -> list[dict[str, Any]]:
    """Flat networks of the project `service`: one to the outside, one that all share."""
    return [
        {
            "name": name,
            "external": name == "public",
            "shared": name == "provider",
            "physical_network": name,
            "cidr": cidr,
            "gateway_ip": str(ipaddress.ip_network(cidr)[1]),
            "enable_dhcp": name == "provider",
        }
        for name, cidr in zip(PHYSICAL_NETWORKS, ranges(block), strict=True)
    ]
