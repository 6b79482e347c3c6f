"""Magnum's API as openstacksdk and plain requests reach it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from openstack.connection import Connection

from bay.sandbox import Sandbox
from tests.waiting import eventually

LATEST = {"OpenStack-API-Version": "container-infra latest"}
PATIENCE = 900.0  # seconds, on a machine with other tests


@dataclass
class Clusters:
    """Of one user."""

    sandbox: Sandbox
    cloud: Connection
    made: list[str] = field(default_factory=list)

    @property
    def api(self) -> Any:
        return self.cloud.container_infrastructure_management

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.api.request(path, method, json=body, headers=LATEST)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def create(self, template: str, **values: Any) -> str:
        body = {"cluster_template_id": template, "master_count": 1, "node_count": 1, **values}
        uuid = str(self.ask("POST", "/clusters", body)["uuid"])
        self.made.append(uuid)
        self.until(lambda: not self.is_gone(uuid))  # the conductor makes the row after the API has answered
        return uuid

    def resize(self, uuid: str, count: int, remove: Collection[str] = (), group: str | None = None) -> None:
        body = {"node_count": count, "nodes_to_remove": list(remove), **({"nodegroup": group} if group else {})}
        self.ask("POST", f"/clusters/{uuid}/actions/resize", body)
        self.wait_until_begun(uuid)

    def wait_until_begun(self, uuid: str) -> None:
        """The API has answered before the conductor writes this; it tells no end before its next look, 10 s later."""
        self.until(lambda: self.show(uuid)["status"] == "UPDATE_IN_PROGRESS")

    def show(self, uuid: str) -> Any:
        return self.ask("GET", f"/clusters/{uuid}")

    def wait(self, uuid: str, status: str) -> Any:
        """The cluster, once it has this status; a test fails with the reason of another one that is an end."""
        self.until(lambda: not self.show(uuid)["status"].endswith("IN_PROGRESS"))
        cluster = self.show(uuid)
        assert cluster["status"] == status, cluster["status_reason"]
        return cluster

    def delete(self, uuid: str) -> None:
        answer = self.api.delete(f"/clusters/{uuid}", headers=LATEST)
        assert answer.status_code in (204, 404), answer.text
        self.until(lambda: self.is_gone(uuid))
        self.made.remove(uuid)

    def delete_all(self) -> None:
        for uuid in list(self.made):
            self.delete(uuid)

    def is_gone(self, uuid: str) -> bool:
        """Magnum answers 400, not 404, in the moment in which the row goes."""
        answer = self.api.get(f"/clusters/{uuid}", headers=LATEST)
        if answer.status_code == 200:
            assert answer.json()["status"] != "DELETE_FAILED", answer.json()["status_reason"]
        return answer.status_code in (400, 404)

    def servers(self, uuid: str) -> list[str]:
        """Names of its servers behind the bay's name."""
        bay = self.show(uuid)["cluster_id"]
        return sorted(server.name.removeprefix(f"{bay}-") for server in self.cloud.compute.servers(name=f"^{bay}-"))

    @staticmethod
    def until(condition: Callable[[], Any]) -> None:
        eventually(condition, PATIENCE, pause=1)
