"""Whether the ports of a sandbox are free, and who has them if not."""

import errno
import socket
from collections.abc import Mapping
from pathlib import Path

from bay.sandbox.catalog import HOST
from bay.sandbox.errors import SandboxError

LISTENING = "0A"  # state in /proc/net/tcp


def check_free(ports: Mapping[str, int]) -> None:
    """Raise SandboxError for the first port, by service, on which another program listens."""
    for service, port in ports.items():
        if not is_free(port):
            owner = _owner(port)
            raise SandboxError(
                f"port {port} of {HOST}, which {service} needs, is taken" + (f" by {owner}" if owner else ""),
                "stop that program, then start the sandbox again",
            )


def is_free(port: int) -> bool:
    """Whether a server could listen on the port."""
    with socket.socket() as probe:
        # As the server does: a connection of the last sandbox that lingers in TIME_WAIT is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
        return True


def _owner(port: int) -> str:
    """Name and id of the process that listens on a port, where the user may know it, else an empty string."""
    inodes = {f"socket:[{inode}]" for inode in _listening(port)}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(link.readlink()) in inodes for link in (process / "fd").iterdir()):
                return f"process {process.name} ({(process / 'comm').read_text().strip()})"
        except OSError:  # gone meanwhile, or of another user
            continue
    return ""


def _listening(port: int) -> list[str]:
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [row[9] for row in rows if row[3] == LISTENING and int(row[1].rpartition(":")[2], 16) == port]
