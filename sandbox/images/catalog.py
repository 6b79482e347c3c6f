"""The node images: which engines they are for, and the parts that they are made of."""

from collections.abc import Sequence
from difflib import get_close_matches

from bay.sandbox.errors import SandboxError
from bay.sandbox.images.containers import Archives, Container
from bay.sandbox.images.debian import Base
from bay.sandbox.images.node import Node
from bay.sandbox.images.programs import Programs

ENGINES = {"docker": "docker", "swarm": "docker"}
"""What a user may ask for -> name of the image."""

BASE = Base(
    name="base",
    title="the base of all nodes",
    space=900,
    packages=(
        *("systemd", "systemd-sysv", "systemd-resolved", "dbus", "udev", "kmod", "procps", "sudo"),
        *("cloud-init", "python3-cffi-backend"),  # the latter: debootstrap does not know who provides it
        *("openssh-server", "openssh-client", "ca-certificates", "openssl", "curl", "jq"),
        *("iproute2", "iputils-ping", "netbase", "nftables", "iptables", "ebtables", "ethtool"),
        *("conntrack", "socat", "netcat-openbsd", "haproxy", "keepalived", "e2fsprogs", "busybox-static"),
    ),
)

WEB = Programs(name="web", title="a web service to try with", space=20)

WEB_NAME = "localhost/bay/web"
"""Of the host `localhost`: an engine that asks there for a newer one is refused at once."""

APPLETS = ("sh", "cat", "cmp", "cp", "env", "head", "id", "ls", "mkdir", "mv", "printf", "rm", "sed", "sleep", "tail")
BUSYBOX = tuple((f"bin/{applet}", "/usr/bin/busybox") for applet in APPLETS)


def web_container(version: int) -> Container:
    """The web service; there are two versions of it, to roll from one to the other."""
    return Container(
        file=f"web-{version}",
        names=(f"{WEB_NAME}:{version}",),
        programs=(("web/web", "usr/local/bin/web"),),
        tools=("usr/bin/busybox",),
        links=BUSYBOX,
        folders=("data", "tmp"),
        command=("/usr/local/bin/web",),
        environment=(f"VERSION={version}", "DATA=/data"),
    )


WEB_IMAGES = Archives(
    name="web-images",
    title="container images of the web service",
    space=60,
    needs=(BASE, WEB),
    containers=(web_container(1), web_container(2)),
)

DOCKER = Node(
    name="docker",
    title="the image of nodes with Docker",
    space=1100,
    needs=(BASE, WEB_IMAGES),
    packages=("docker.io",),
    archives="opt/bay/images",
)


def image(engine: str, apt_sources: Sequence[str] = ()) -> Node:
    """The image for an engine; raises SandboxError for an engine that there is none for."""
    del apt_sources
    if engine not in ENGINES:
        near = get_close_matches(engine, ENGINES, 1)
        known = ", ".join(ENGINES)
        raise SandboxError(
            f"there is no node image for {engine!r}", f"did you mean {near[0]}?" if near else f"name one of: {known}"
        )
    return {"docker": DOCKER}[ENGINES[engine]]
