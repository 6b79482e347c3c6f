# mypy: disable-error-code="import-not-found,misc"
"""The HTTP server in front of each API."""

from collections.abc import Callable, Iterable
from typing import Any

from cheroot import wsgi

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

THREADS = 16


class Server(wsgi.Server):
    """cheroot with the sandbox's measures: pure Python, threads, keeps connections open."""

    keep_alive_conn_limit = 200
    nodelay = True

    def __init__(self, address: tuple[str, int], application: Application) -> None:
        super().__init__(
            address, application, numthreads=THREADS, request_queue_size=256, timeout=60, server_name="sandbox"
        )
