"""What the images of all engines have in common: the base, and a web service to try a cluster with."""

from bay.sandbox.images.containers import Archives, Container
from bay.sandbox.images.debian import Base
from bay.sandbox.images.programs import Programs

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

PROXY = Programs(name="proxy", title="a proxy in place of Swarm's routing mesh", space=20)

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


PROXY_CONTAINER = Container(
    file="proxy",
    names=("localhost/bay/proxy:1",),
    programs=(("proxy/proxy", "usr/local/bin/proxy"),),
    folders=("tmp",),
    entrypoint=("/usr/local/bin/proxy",),
)

WEB_IMAGES = Archives(
    name="web-images",
    title="container images of the web service",
    space=60,
    needs=(BASE, WEB, PROXY),
    containers=(web_container(1), web_container(2), PROXY_CONTAINER),
)
