"""How a server of a bay is logged in to: its address, user and key, and the key that it proves itself by."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bay.components.errors import BayError
from bay.components.openstack.connection import openstack_errors
from bay.components.private_files import make_folder, write_private
from bay.stacks.stack import BayStack
from bay.stacks.state import pki
from bay.stacks.state.snapshot import RecordedServer

if TYPE_CHECKING:
    from openstack.connection import Connection

USERS = {
    "amazon": "ec2-user",
    "centos": "cloud-user",
    "fedora-coreos": "core",
    "flatcar": "core",
    "openmandriva": "omv",
    "rhel": "cloud-user",
}
"""os_distro of an image -> the user that its cloud-init or Ignition makes; elsewhere it has the distribution's own name
(cloud-init: config/cloud.cfg.tmpl)."""


@dataclass(frozen=True)
class SshTarget:
    """address: the floating IP, else the server's own. key: private key of `keypair` in this user's folder, None where
    it is not there. known_hosts: what proves the server; is_pinned: since the bay made that key itself."""

    server: str
    address: str
    user: str
    keypair: str
    key: Path | None
    alias: str
    known_hosts: Path
    is_pinned: bool

    def command(self, words: Sequence[str] = ()) -> list[str]:
        """``ssh`` with its arguments; words: a command to run there, as one typed them."""
        file = str(self.known_hosts).replace("%", "%%")  # ssh takes several files, and replaces what follows %
        options = {
            "HostKeyAlias": self.alias,  # an address may be another server's tomorrow
            "UserKnownHostsFile": f'"{file}"',
            "GlobalKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "yes" if self.is_pinned else "accept-new",
        }
        return [
            "ssh",
            *(word for name, value in options.items() for word in ("-o", f"{name}={value}")),
            *(("-i", str(self.key)) if self.key else ()),
            "-l",
            self.user,
            self.address,
            *(("--", *words) if words else ()),
        ]


def ssh_target(bay: BayStack, node: str | None, user: str | None, key: Path | None) -> SshTarget:
    """Of a server by name, else of the first master; BayError where the bay lets nobody in.

    user, key: the caller's choice in place of the image's user and of the keypair's private key.
    """
    require_way_in(bay, key)
    return ssh_targets(bay, [bay.state.find_server(node) if node else _first(bay)], user, key)[0]


def ssh_targets(
    bay: BayStack, servers: Sequence[RecordedServer], user: str | None = None, key: Path | None = None
) -> list[SshTarget]:
    """Of each of these servers; BayError for one that has no address."""
    spec = bay.state.require_spec()
    found, private = [], key or _private_key(bay.cloud, spec.keypair or "")
    public = pki.keys_of(bay.state, bay.secrets())["ssh_host_public_key"] if any(map(_is_master, servers)) else ""
    for server in servers:
        address = server.floating_ip or server.address
        if not address:
            raise BayError(f"{server.name} has no address yet", f"'bay show {bay.name}' says how the bay is")
        file, login = _known_hosts(bay, server, public), user or _user(bay, server)
        keypair, pinned = spec.keypair or "", _is_master(server)
        found.append(SshTarget(server.name, address, login, keypair, private, server.id, file, pinned))
    return found


def require_way_in(bay: BayStack, key: Path | None = None) -> None:
    """BayError where the servers of a bay let nobody in by SSH."""
    spec = bay.state.require_spec()
    if spec.keypair is None and key is None:
        raise BayError(
            f"bay {bay.name} has no keypair, so its servers let nobody in by SSH",
            f"'bay logs {bay.name} NODE' shows a console log; a keypair is chosen as a bay is created (--keypair)",
        )
    if not spec.access.ssh:
        raise BayError(
            f"SSH to the servers of bay {bay.name} is closed",
            f"'bay update {bay.name} --set access.ssh=[CIDR]' opens it to your network",
        )


def _first(bay: BayStack) -> RecordedServer:
    if not bay.state.servers:
        raise BayError(f"bay {bay.name} has no servers", f"'bay show {bay.name}' says how it is")
    return bay.state.servers[0]  # masters come first


def _is_master(server: RecordedServer) -> bool:
    return server.role == "master"


def _known_hosts(bay: BayStack, server: RecordedServer, public: str) -> Path:
    """The file that proves a server. public: the key of all masters, which the bay made itself."""
    file = bay.context.settings.data / "known_hosts" / server.id
    if _is_master(server):
        write_private(file, f"{server.id} {public}\n")
    else:
        make_folder(file.parent)
    return file


def _user(bay: BayStack, server: RecordedServer) -> str:
    """What the image says (os_admin_user), else what its distribution makes; ``root`` where no image says any."""
    spec = bay.state.require_spec()
    image_id = next(
        (
            str((one.get("outputs") or {}).get("imageId") or "")
            for one in bay.state.resources
            if one["urn"] == server.urn
        ),
        "",
    )
    with openstack_errors("asking for the image"):
        image = bay.cloud.image.find_image(image_id) if image_id else None
    distro = (image.os_distro if image else None) or spec.os_distro or ""
    return str((image.os_admin_user if image else None) or USERS.get(distro, distro) or "root")


def _private_key(cloud: "Connection", keypair: str) -> Path | None:
    """The file beside the public key in ~/.ssh that the keypair has; None where there is none."""
    with openstack_errors("asking for the keypair"):
        found = cloud.compute.find_keypair(keypair)
    words = str(found.public_key or "").split() if found else []
    return next((file for file, own in _public_keys() if own[:2] == words[:2] and words), None)


def _public_keys() -> Iterator[tuple[Path, list[str]]]:
    for public in sorted((Path.home() / ".ssh").glob("*.pub")):
        private = public.with_suffix("")
        try:
            words = public.read_text(encoding="utf-8").split()
        except (OSError, UnicodeDecodeError):
            continue
        if private.is_file():
            yield private, words
