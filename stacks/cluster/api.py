"""Calls of an engine's API with the client's certificate of a bay."""

import base64
import http.client
import json
import ssl
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

TIMEOUT = 4.0
"""Seconds for an answer; one that takes longer helps nobody who waits for a table."""
NEEDED = frozenset({"ca.pem", "cert.pem", "key.pem"})
"""Files of a client without which no engine can be asked."""


@dataclass(frozen=True)
class Reply:
    """status: HTTP's. body: as it came."""

    status: int
    body: bytes


@dataclass(frozen=True)
class Client:
    """Asks one address, ``HOST:PORT``, as often as wanted and from several threads. files: those of `bay config`.

    The keys go through a temporary folder once, with the first call.
    """

    address: str
    files: Mapping[str, str]

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return _context(self.files)

    def call(
        self,
        path: str,
        *,
        basic: str | None = None,
        method: str = "GET",
        body: Any = None,
        content_type: str = "application/json",
        timeout: float = TIMEOUT,
    ) -> Reply:
        """One call by HTTPS. basic: as in `Question`. body: sent as JSON.

        Raises OSError, HTTPException, ValueError or LookupError; `problem` has words for these.
        """
        host, _, port = self.address.rpartition(":")
        headers = _headers(basic, self.files)
        content = None if body is None else json.dumps(body)
        if content is not None:
            headers["Content-Type"] = content_type
        connection = http.client.HTTPSConnection(host.strip("[]"), int(port), timeout=timeout, context=self._tls)
        with closing(connection):
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            return Reply(response.status, response.read())


ERRORS = (OSError, http.client.HTTPException, ValueError, LookupError)
"""What `Client.call` raises where nothing answers, or something else than an engine."""


def problem(address: str, error: BaseException) -> str:
    """``HOST:PORT: Connection refused``."""
    return f"{address}: {getattr(error, 'strerror', None) or error or type(error).__name__}"


def _context(files: Mapping[str, str]) -> ssl.SSLContext:
    """Trusts the bay's own authority alone, and shows the client's certificate."""
    context = ssl.create_default_context(cadata=files["ca.pem"])
    with tempfile.TemporaryDirectory(prefix="bay-") as folder:  # ssl reads keys from files only; 0700
        for name in ("cert.pem", "key.pem"):
            (Path(folder) / name).write_text(files[name], encoding="utf-8")
        context.load_cert_chain(Path(folder) / "cert.pem", Path(folder) / "key.pem")
    return context


def _headers(basic: str | None, files: Mapping[str, str]) -> dict[str, str]:
    headers = {"Accept": "application/json"}
    if basic is not None:
        login = json.loads(files[basic])
        word = base64.b64encode(f"{login['principal']}:{login['secret']}".encode()).decode()
        headers["Authorization"] = f"Basic {word}"
    return headers
