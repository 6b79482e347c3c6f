"""The web proxy of a company: it reaches hosts that nobody else can name, and cannot reach the machine that asks."""

import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

from tests.integration.bays.relay import HOP_BY_HOP, Answer, Quiet, ask

BAD_GATEWAY = 502


class Proxy:
    """Listens until `close`. hosts: what it reaches, each a service of this machine under the same port.

    connects: hosts and ports of each CONNECT, which is how gRPC and TLS ask. passed: hosts of each plain request.
    """

    def __init__(self, hosts: Iterable[str]) -> None:
        self.hosts = set(hosts)
        self.connects: list[str] = []
        self.passed: list[str] = []
        self.server = Quiet(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_CONNECT(self) -> None:
                proxy.connects.append(self.path)
                self.send_error(BAD_GATEWAY)

            def answer(self) -> None:
                url = urlsplit(self.path)
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length) if length else None
                proxy.passed.append(url.hostname or "")
                if url.hostname not in proxy.hosts or url.port is None:
                    self.send_error(BAD_GATEWAY)
                    return
                path = url._replace(scheme="", netloc="").geturl()
                self._send(ask(url.port, self.command, path, dict(self.headers.items()), body))

            def _send(self, found: Answer) -> None:
                self.send_response(found.status, found.reason)
                for key, value in found.headers:
                    if key.lower() not in HOP_BY_HOP:
                        self.send_header(key, value)
                self.send_header("Content-Length", str(len(found.body)))
                self.end_headers()
                self.wfile.write(found.body)

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = answer

            def log_message(self, *_: Any) -> None:
                """Nothing: a test's output is its assertions."""

        return Handler
