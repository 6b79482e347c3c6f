"""Servers made by bare API calls: a thread makes one, looks at it when the plugin would, and takes the next."""

import http.client
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

LOOKS = (0, 3, 6, 10, 10)
"""Seconds between the looks of the OpenStack plugin at a server that is in BUILD."""

USER_DATA = "A" * 7_900
"""As long as a node's (floor.py)."""


@dataclass
class BareServers:
    """A number of servers on a network of their own, with that many threads, on the stub at a port of 127.0.0.1."""

    port: int
    count: int
    threads: int
    connections: threading.local = field(default_factory=threading.local)

    def make(self) -> None:
        """Returns when all are ACTIVE."""
        network = self._call("POST", "/network/v2.0/networks", {"network": {"name": "bare"}})["network"]["id"]
        subnet = {"name": "bare", "network_id": network, "cidr": "10.0.0.0/8", "ip_version": 4}
        self._call("POST", "/network/v2.0/subnets", {"subnet": subnet})
        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(lambda index: self._server(network, index), range(self.count)))

    def delete(self) -> None:
        """Returns when all are on their way."""
        servers: list[str] = []
        path: str | None = "/compute/v2.1/servers"
        while path:
            page = self._call("GET", path)
            servers += [server["id"] for server in page["servers"]]
            links = page.get("servers_links", [])
            path = links[0]["href"].partition(str(self.port))[2] if links else None
        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(lambda server: self._call("DELETE", f"/compute/v2.1/servers/{server}"), servers))

    def _server(self, network: str, index: int) -> None:
        """The calls that the plugin makes for a node."""
        wanted = {"name": f"bare-{index}", "imageRef": "image", "flavorRef": "1", "user_data": USER_DATA}
        self._call("GET", f"/network/v2.0/networks?id={network}")
        made = self._call("POST", "/compute/v2.1/servers", {"server": {**wanted, "networks": [{"uuid": network}]}})
        path = f"/compute/v2.1/servers/{made['server']['id']}"
        for pause in LOOKS:
            time.sleep(pause)
            if self._call("GET", path)["server"]["status"] == "ACTIVE":
                break
        for read in (path, f"/network/v2.0/networks?id={network}", "/compute/v2.1/flavors/1", f"{path}/tags"):
            self._call("GET", read)

    def _call(self, method: str, path: str, content: object = None) -> Any:
        connection = getattr(self.connections, "one", None)
        if connection is None:
            connection = self.connections.one = http.client.HTTPConnection("127.0.0.1", self.port)
        headers = {"Content-Type": "application/json", "X-Auth-Token": "stub"}
        connection.request(method, path, None if content is None else json.dumps(content), headers)
        answer = connection.getresponse()
        text = answer.read()
        return json.loads(text) if text else None
