"""A door between a user and the sandbox cloud: it knows which request makes, changes or deletes what, and can shut.

It listens once for each service, and rewrites the addresses in the cloud's catalog, so that every request of `bay`, of
Pulumi and of its plugin comes through it.
"""

import json
import re
import ssl
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from bay.sandbox import Sandbox
from bay.sandbox.catalog import ports

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
PATIENCE = 120.0
"""Seconds that a request of the cloud may take, and that one is held back."""

COLLECTIONS = {
    "/v2.0/networks": "Network",
    "/v2.0/subnets": "Subnet",
    "/v2.0/routers": "Router",
    "/v2.0/security-groups": "SecGroup",
    "/v2.0/security-group-rules": "SecGroupRule",
    "/v2.0/ports": "Port",
    "/v2.0/floatingips": "FloatingIp",
    "/v2.1/servers": "Instance",
    "/v2.1/os-server-groups": "ServerGroup",
    "/v3/[0-9a-f]+/volumes": "Volume",
    "/v3/users/[0-9a-f]+/application_credentials": "ApplicationCredential",
    "/v2.0/lbaas/loadbalancers": "LoadBalancer",
    "/v2.0/lbaas/listeners": "Listener",
    "/v2.0/lbaas/pools": "Pool",
    "/v2.0/lbaas/healthmonitors": "Monitor",
}
"""Path of a collection, as a pattern -> type of what is in it."""

WORDS = {"POST": "create", "PUT": "update", "DELETE": "delete"}

SPECIAL = (
    ("PUT", r"/v2\.0/routers/[^/]+/add_router_interface", "create", "RouterInterface"),
    ("PUT", r"/v2\.0/routers/[^/]+/remove_router_interface", "delete", "RouterInterface"),
    ("PUT", r"/v2(\.0)?/lbaas/pools/[^/]+/members", "update", "Members"),
    ("POST", r"/v2\.1/servers/[^/]+/action", "update", "Instance"),
)
"""(method, path, operation, type) of what is no plain create, update or delete of a collection's member."""

Request = tuple[str, str]
"""(operation, type): ``create``, ``update`` or ``delete``, and the type as the state calls it."""


def request_of(method: str, path: str) -> Request | None:
    """What a request does; None where it only reads, or sets tags."""
    path = path.partition("?")[0].rstrip("/")
    for special, pattern, operation, kind in SPECIAL:
        if method == special and re.fullmatch(pattern, path):
            return operation, kind
    for pattern, kind in COLLECTIONS.items():
        member = "" if method == "POST" else "/[^/]+"
        if method in WORDS and re.fullmatch(pattern + member, path):
            return WORDS[method], kind
    return None


@dataclass(frozen=True)
class Answer:
    """What the cloud said."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def made(self) -> str:
        """The id of what a request made; empty where it made nothing."""
        try:
            document = json.loads(self.body)
        except ValueError:
            return ""
        if "port_id" in document:
            return str(document["port_id"])
        inner = next(iter(document.values()), None)
        return str(inner.get("id", "")) if isinstance(inner, dict) else ""


class Refused(Exception):
    """The connection ends without an answer."""


Guard = Callable[[Request | None, Callable[[], Answer]], Answer]
"""Given a request and the way to have it answered, gives the answer; or raises Refused, before or after."""


@dataclass(frozen=True)
class Seen:
    """A request that came. client: first word of its User-Agent: ``bay`` of bay itself, another of Pulumi's plugin."""

    method: str
    path: str
    client: str


Refusal = Callable[[Seen], Answer | None]
"""Given a request, the answer of a cloud that does not do it; None where it does."""


def _pass(_request: Request | None, ask: Callable[[], Answer]) -> Answer:
    return ask()


class Quiet(ThreadingHTTPServer):
    """A server to which a client that died is nothing to speak of."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing, but for what is a mistake in here."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Relay:
    """The door of one user. guard: who decides of each request. clouds_file: clouds.yaml of the cloud behind it.

    seen: every request so far, in their order. host: by which it is to be reached. tls: with which certificate.
    """

    def __init__(
        self, sandbox: Sandbox, folder: Path, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
    ) -> None:
        self.guard: Guard = _pass
        self.refuse: Refusal = lambda _seen: None
        self.seen: list[Seen] = []
        behind = list(ports(sandbox.first_port).values())
        self.servers = {port: Quiet(("127.0.0.1", 0), self._handler(port)) for port in behind}
        own = f"{'https' if tls else 'http'}://{host}"
        self.rewritten = {f"http://127.0.0.1:{port}": f"{own}:{s.server_port}" for port, s in self.servers.items()}
        for server in self.servers.values():
            server.socket = tls.wrap_socket(server.socket, server_side=True) if tls else server.socket
        self.threads = [threading.Thread(target=s.serve_forever, daemon=True) for s in self.servers.values()]
        for thread in self.threads:
            thread.start()
        self.clouds_file = folder / "clouds.yaml"
        self.clouds_file.write_text(self.rewrite(sandbox.clouds_file.read_text()))
        assert yaml.safe_load(self.clouds_file.read_text())

    def rewrite(self, text: str) -> str:
        """With the door's own addresses in place of the cloud's."""
        for address, own in self.rewritten.items():
            text = text.replace(address, own)
        return text

    def close(self) -> None:
        """Stop listening."""
        for server in self.servers.values():
            server.shutdown()
            server.server_close()

    def open(self) -> None:
        """Everything passes."""
        self.guard = _pass
        self.refuse = lambda _seen: None

    def _handler(self, port: int) -> type[BaseHTTPRequestHandler]:
        relay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                client = (self.headers.get("User-Agent") or "").partition(" ")[0]
                seen = Seen(self.command, self.path, client)
                relay.seen.append(seen)
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length) if length else None
                if refusal := relay.refuse(seen):
                    self._send(refusal)
                    return
                try:
                    found = relay.guard(
                        request_of(self.command, self.path),
                        lambda: ask(port, self.command, self.path, dict(self.headers.items()), body),
                    )
                except (Refused, HTTPException, OSError):
                    self.close_connection = True
                    return
                self._send(found)

            def _send(self, found: Answer) -> None:
                body = found.body
                if self.path.startswith("/v3/auth/tokens") or self.path in ("/", "/v3"):
                    body = relay.rewrite(body.decode()).encode()
                try:
                    self.send_response(found.status, found.reason)
                    for key, value in found.headers:
                        self.send_header(key, value)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    if self.command != "HEAD":
                        self.wfile.write(body)
                except OSError:  # whoever asked is dead
                    self.close_connection = True

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = answer

            def log_message(self, *_: Any) -> None:
                """Nothing: a test's output is its assertions."""

        return Handler


def ask(port: int, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
    """What a service on this port of this machine answers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, path, body, {**headers, "Connection": "close"})
        response = connection.getresponse()
        kept = tuple((key, value) for key, value in response.getheaders() if key.lower() not in HOP_BY_HOP)
        return Answer(response.status, response.reason, kept, response.read())
    finally:
        connection.close()
