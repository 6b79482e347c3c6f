"""Barbican of one project, in memory: the few requests that bay sends, with answers of requests' own class."""

import json
from typing import Any

from requests import Response

from tests.fakes.openstack import FakeCloud


class FakeBarbican:
    """secrets, containers: id -> what was posted. status: code of each further answer, in the place of what would come.

    requests: ``GET /secrets?name=..``, in their order. logged: whether any that held a payload let itself be logged.
    """

    def __init__(self) -> None:
        self.secrets: dict[str, dict[str, Any]] = {}
        self.containers: dict[str, dict[str, Any]] = {}
        self.status = 0
        self.requests: list[str] = []
        self.logged = False

    @property
    def names(self) -> list[str]:
        """Of the secrets that there are."""
        return [secret["name"] for secret in self.secrets.values()]

    def get(
        self, path: str, params: dict[str, Any] | None = None, headers: dict[str, str] | None = None, log: bool = True
    ) -> Response:
        """A list, or a payload."""
        self.requests.append(f"GET {path}")
        if not path.endswith("/payload"):
            return self._answer(200, json.dumps({path[1:]: self._page(path[1:], **(params or {}))}))
        assert headers == {"Accept": "text/plain"}
        self.logged |= log
        return self._answer(200, self.secrets[path.split("/")[2]]["payload"])

    def post(self, path: str, json: dict[str, Any], log: bool = True) -> Response:
        """One more secret."""
        self.requests.append(f"POST {path}")
        self.logged |= log
        if not self.status:
            self.secrets[f"id-{len(self.requests)}"] = json
        return self._answer(201, "{}")

    def delete(self, path: str) -> Response:
        """The end of one."""
        self.requests.append(f"DELETE {path}")
        if not self.status:
            del self.secrets[path.rsplit("/", 1)[-1]]
        return self._answer(204, "")

    def delete_secret(self, id: str, ignore_missing: bool = True) -> None:
        """As openstacksdk has it."""
        del self.secrets[id]

    def delete_container(self, id: str, ignore_missing: bool = True) -> None:
        """The same."""
        del self.containers[id]

    def _page(self, what: str, limit: int, offset: int = 0, name: str = "") -> list[dict[str, str]]:
        rows = [
            {"name": one["name"], "status": "ACTIVE", f"{what[:-1]}_ref": f"http://cloud/v1/{what}/{id_}"}
            for id_, one in getattr(self, what).items()
            if name in ("", one["name"])
        ]
        return rows[offset : offset + min(limit, 100)]

    def _answer(self, status: int, text: str) -> Response:
        response = Response()
        response.status_code = self.status or status
        response.url, response._content = "http://cloud/v1/secrets", text.encode()
        return response


def with_barbican(cloud: FakeCloud) -> FakeBarbican:
    """Put it into a cloud."""
    cloud.services.add("key-manager")
    barbican = FakeBarbican()
    cloud.key_manager = barbican  # type: ignore[assignment]
    return barbican
