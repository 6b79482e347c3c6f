"""Managers of a swarm that come and go, by Docker's API."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bay.components.engines.members import Api

if TYPE_CHECKING:
    from bay.components.spec import BaySpec


class SwarmMembers:
    """A manager that is demoted leaves Raft once the others have agreed, and is a drained worker until it is gone."""

    def fixed(self, _before: "BaySpec", _after: "BaySpec") -> str:
        """Never: workers hear of all managers from those they know, whatever clients do."""
        return ""

    def masters(self, api: Api) -> Mapping[str, bool]:
        """By host name; of several entries of a name, one that is reached counts."""
        found: dict[str, bool] = {}
        for node in _nodes(api):
            status = node.get("ManagerStatus")
            if status or node["Spec"]["Role"] == "manager":
                name = _name(node)
                found[name] = found.get(name, False) or (status or {}).get("Reachability") == "reachable"
        return found

    def demote(self, api: Api, name: str) -> str:
        """Docker refuses it where it would cost the quorum."""
        waits = ""
        for node in _entries(api, name):
            if node["Spec"]["Role"] == "manager":
                spec = {**node["Spec"], "Role": "worker", "Availability": "drain"}
                api.call("POST", f"/nodes/{node['ID']}/update?version={node['Version']['Index']}", spec)
                waits = "it is demoted"
            elif node.get("ManagerStatus"):
                waits = "Raft still counts it"
        return waits

    def forget(self, api: Api, name: str) -> str:
        """Its entry, whether its server has been missed already or not."""
        entries = _entries(api, name)
        for node in entries:
            api.call("DELETE", f"/nodes/{node['ID']}?force=true")
        return "its entry goes" if entries else ""


def _nodes(api: Api) -> list[dict[str, Any]]:
    return list(api.call("GET", "/nodes"))


def _entries(api: Api, name: str) -> list[dict[str, Any]]:
    return [node for node in _nodes(api) if _name(node) == name]


def _name(node: Mapping[str, Any]) -> str:
    """Empty for one that has just been let in."""
    return str(node["Description"].get("Hostname") or "")
