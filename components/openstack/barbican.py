"""What a project keeps in Barbican, as its lists say it: without what is in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from openstack.connection import Connection

PAGE = 100
"""Barbican's largest; openstacksdk goes round in circles in its pages."""
ACTIVE = "ACTIVE"


@dataclass(frozen=True)
class Entry:
    """A secret or a container. status: ACTIVE of one that can be used."""

    id: str
    name: str
    status: str


def list_entries(cloud: "Connection", what: Literal["secrets", "containers"], **query: str) -> Iterator[Entry]:
    """All of a project that a query, as ``name=...``, leaves; openstacksdk's errors."""
    from openstack.exceptions import raise_from_response

    offset, size = 0, PAGE
    while size == PAGE:
        response = cloud.key_manager.get(f"/{what}", params={"limit": PAGE, "offset": offset, **query})
        raise_from_response(response)
        page: list[dict[str, Any]] = response.json().get(what) or []
        size, offset = len(page), offset + PAGE
        for one in page:
            id = str(one[f"{what[:-1]}_ref"]).rstrip("/").rsplit("/", 1)[-1]
            yield Entry(id, one.get("name") or "", one.get("status") or ACTIVE)
