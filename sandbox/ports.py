# mypy: disable-error-code="import-untyped"
"""Whether the ports of a sandbox are free, and who has them if not."""

import errno
import socket
from collections.abc import Mapping

import psutil

from bay.sandbox.catalog import HOST
from bay.sandbox.errors import SandboxError


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
    try:
        found = psutil.net_connections("tcp4")
        pid = next((one.pid for one in found if one.status == psutil.CONN_LISTEN and one.laddr[1:] == (port,)), None)
        return f"process {pid} ({psutil.Process(pid).name()})" if pid else ""
    except psutil.Error:  # gone meanwhile, or of another user
        return ""
