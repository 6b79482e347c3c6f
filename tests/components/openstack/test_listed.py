"""Lists of records: every attribute is what openstacksdk's own resource of the same JSON has."""

from types import SimpleNamespace
from typing import Any

import pytest
from openstack.block_storage.v3.volume import Volume
from openstack.compute.v2.flavor import Flavor
from openstack.compute.v2.server import Server
from openstack.network.v2.port import Port
from openstack.network.v2.router import Router
from openstack.resource import Resource

from bay.components.openstack import listed

SERVER = {
    "id": "1",
    "name": "demo-node-0",
    "status": "ACTIVE",
    "tenant_id": "p",
    "metadata": {"bay:id": "a"},
    "locked": False,
    "flavor": {"vcpus": 2, "ram": 2048, "disk": 20, "original_name": "m1"},
    "addresses": {"net": [{"version": 4, "addr": "10.0.0.1"}]},
    "OS-EXT-STS:task_state": None,
    "OS-SRV-USG:launched_at": "2026-01-01T00:00:00.000000",
    "os-extended-volumes:volumes_attached": [{"id": "v", "delete_on_termination": True}],
    "unheard-of": 1,
}
PORT = {
    "id": "1",
    "name": "",
    "tenant_id": "p",
    "device_owner": "compute:nova",
    "security_groups": ["g"],
    "fixed_ips": [],
}
VOLUME = {"id": "1", "name": "x", "size": "3", "attachments": [{"server_id": "s"}], "metadata": {}, "bootable": "true"}


@pytest.mark.parametrize(("kind", "raw"), [(Server, SERVER), (Port, PORT), (Volume, VOLUME)])
def test_a_record_has_what_the_resource_has(kind: type[Resource], raw: dict[str, Any]) -> None:
    resource = kind.existing(connection=None, **raw)
    record = listed.of_kind(kind).existing(connection=None, microversion="2.90", **raw)
    names = [name for name, one in resource._attributes_iterator() if hasattr(record, name)]
    assert {"id", "name"} < set(names)
    assert len(names) > 25
    assert {name: getattr(record, name) for name in names} == {name: getattr(resource, name) for name in names}
    assert record.get("id") == "1"
    assert record.get("no such attribute", 7) == 7


def test_parts_of_a_record_are_of_their_own_kind() -> None:
    server: Any = listed.of_kind(Server).existing(**SERVER)
    assert isinstance(server.flavor, Flavor)
    assert (server.flavor.vcpus, server.attached_volumes[0].delete_on_termination) == (2, True)
    with pytest.raises(AttributeError):
        _ = server.colour


class Answers:
    """A session that answers with two pages."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get(self, url: str, **options: Any) -> Any:
        self.asked.append(f"{url} {options.get('params') or {}}")
        found = [{"id": "1", "name": "a", "status": "ACTIVE"}] if len(self.asked) == 1 else [{"id": "2", "name": "b"}]
        links = [{"rel": "next", "href": "http://cloud/servers/detail?marker=1"}] if len(self.asked) == 1 else []
        return SimpleNamespace(
            status_code=200, json=lambda: {"servers": found, "servers_links": links}, links={}, headers={}
        )

    def _get_connection(self) -> None:
        """There is none."""


def test_pages_and_filters_are_openstacksdks(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Answers()
    compute = listed.Compute.__new__(listed.Compute)
    monkeypatch.setattr(type(compute), "get", session.get, raising=False)
    monkeypatch.setattr(type(compute), "_get_connection", session._get_connection, raising=False)
    monkeypatch.setattr(Server, "_get_microversion", classmethod(lambda *_, **__: None))
    servers: list[Any] = list(compute.servers(name="^demo-"))
    assert [(one.id, one.name, one.status) for one in servers] == [("1", "a", "ACTIVE"), ("2", "b", None)]
    assert session.asked[0] == "/servers/detail {'name': '^demo-'}"
    assert len(session.asked) == 2
    assert not isinstance(servers[0], Resource)


def test_other_kinds_stay_as_they_are() -> None:
    assert Router not in listed.KINDS
    assert listed.LeanConnection.network.supported_versions["2"] is listed.Network
