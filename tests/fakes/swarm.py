"""A swarm as Docker's API shows it: managers are demoted, and Raft counts them for a moment longer."""

from typing import Any
from urllib.parse import urlsplit

from bay.components.engines.members import Refused


class FakeSwarm:
    """An `engines.members.Api`. calls: what changed it. closed: what it says to everything, if that is not empty."""

    def __init__(self, *managers: str, workers: tuple[str, ...] = ()) -> None:
        self.roles = {**dict.fromkeys(managers, "manager"), **dict.fromkeys(workers, "worker")}
        self.counted = set(managers)
        self.down: set[str] = set()
        self.calls: list[str] = []
        self.closed = ""

    def call(
        self, method: str, path: str, body: Any = None, *, content_type: str = "application/json", absent: Any = None
    ) -> Any:
        """As a manager answers."""
        if self.closed:
            raise Refused(self.closed)
        words = urlsplit(path).path.strip("/").split("/")
        if method == "GET" and words == ["nodes"]:
            listed = [self._node(name) for name in self.roles]
            self.counted -= {name for name in self.counted if self.roles.get(name) == "worker"}
            return listed
        name = words[1].removeprefix("id-")
        if method == "POST" and words[2:] == ["update"]:
            assert urlsplit(path).query == "version=7"
            self.calls.append(f"demote {name}")
            self.roles[name] = body["Role"].lower()
            assert body["Availability"] == "drain"
        elif method == "DELETE":
            if self.roles[name] == "manager":
                raise Refused("it is a manager")
            self.calls.append(f"remove {name}")
            del self.roles[name]
        return None

    def pause(self) -> None:
        """No time passes."""

    def _node(self, name: str) -> dict[str, Any]:
        reached = {"Reachability": "unreachable" if name in self.down else "reachable"}
        return {
            "ID": f"id-{name}",
            "Version": {"Index": 7},
            "Description": {"Hostname": name},
            "Spec": {"Role": self.roles[name], "Availability": "active"},
            "ManagerStatus": reached if name in self.counted else None,
        }
