"""A cloud without hosts (stub/), for sizes that no sandbox reaches: built with the Go on PATH, gone afterwards."""

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml

SOURCE = Path(__file__).with_name("stub")
CLOUD = "stub"


class NoGo(Exception):
    """There is nothing to build the stub with."""


@dataclass(frozen=True)
class Stub:
    """One that runs. `port`: on 127.0.0.1; `clouds`: a clouds.yaml for it."""

    port: int
    clouds: Path

    @property
    def environment(self) -> dict[str, str]:
        """What makes `bay` use it."""
        return {"OS_CLOUD": CLOUD, "OS_CLIENT_CONFIG_FILE": str(self.clouds)}

    def servers(self) -> int:
        """How many servers there are, with those that are about to go."""
        return int(self._counts()["kinds"].get("servers", 0))

    def calls(self) -> int:
        """How many requests it has answered."""
        return int(self._counts()["calls"])

    def copies(self, name: str, bay_id: str, count: int) -> list[dict[str, Any]]:
        """Make copies of all that there is, which is the bay's of that name: `name` and `ids` (old -> new) of each."""
        query = urlencode({"name": name, "as": "copy", "id": bay_id, "count": count})
        found: list[dict[str, Any]] = self._ask(f"_copies?{query}", b"")
        return found

    def _counts(self) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = self._ask("_counts")
        return found

    def _ask(self, path: str, data: bytes | None = None) -> Any:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{self.port}/{path}", data, timeout=300) as answer:
            return json.load(answer)


@contextmanager
def running(folder: Path, build: str) -> Iterator[Stub]:
    """Start one in which a server is in BUILD for that long ("2s"). Raises NoGo."""
    go = shutil.which("go")
    if go is None:
        raise NoGo("no Go on PATH to build the stub cloud with")
    program = folder / "stub"
    subprocess.run([go, "build", "-o", program, "."], cwd=SOURCE, check=True)
    with subprocess.Popen([program, "-build", build], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            port = int(server.stdout.readline())
            clouds = folder / "clouds.yaml"
            clouds.write_text(yaml.safe_dump({"clouds": {CLOUD: _login(port)}}))
            yield Stub(port, clouds)
        finally:
            server.kill()


def _login(port: int) -> dict[str, object]:
    auth = {"username": "jane", "password": "none", "project_name": "demo"}
    domains = {"user_domain_id": "default", "project_domain_id": "default"}
    return {"region_name": "RegionOne", "auth": {"auth_url": f"http://127.0.0.1:{port}/identity/v3", **auth, **domains}}
