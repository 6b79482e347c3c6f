"""A master's API as far as TLS goes: it has a certificate of the bay's authority, and wants one of its clients."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bay.components.node import certificates
from bay.components.node.credentials import new_generation

KEYS = new_generation("demo", 1, datetime.now(UTC))
FILES = {"ca.pem": KEYS["ca_cert"], "cert.pem": KEYS["client_cert"], "key.pem": KEYS["client_key"]}
"""Of a client of the bay."""


class Answers(BaseHTTPRequestHandler):
    """Base of handlers: answers with a body, and writes no log."""

    def answer(self, status: int, body: str) -> None:
        """The whole of an answer."""
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextmanager
def engine_server(folder: Path, handler: type[Answers]) -> Iterator[str]:
    """One that answers while this lasts; yields its address. folder: for its keys."""
    issuer = certificates.Authority(KEYS["ca_key"], KEYS["ca_cert"])
    (folder / "cert").write_text(certificates.server(issuer, KEYS["server_key"], ["127.0.0.1"], datetime.now(UTC)))
    (folder / "key").write_text(KEYS["server_key"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert", folder / "key")
    context.load_verify_locations(cadata=KEYS["ca_cert"])
    context.verify_mode = ssl.CERT_REQUIRED
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
