"""Lists of servers, ports and volumes without openstacksdk's resource objects, of which there may be thousands.

A resource copies all its attributes, converted, into itself when it is created, which takes
milliseconds for each server of a list. What a list gives here are records over the JSON that came; the same attributes
are converted as they are asked for.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from openstack.block_storage import block_storage_service
from openstack.block_storage.v3 import _proxy as block_storage
from openstack.block_storage.v3.volume import Volume
from openstack.compute.v2 import _proxy as compute
from openstack.compute.v2.server import Server
from openstack.connection import Connection
from openstack.fields import Body
from openstack.network.v2 import _proxy as network
from openstack.network.v2.port import Port
from openstack.resource import Resource
from openstack.service_description import ServiceDescription

KINDS: tuple[type[Resource], ...] = (Server, Port, Volume)
"""Of what a bay has one, or more, a node."""


class Record:
    """One of a list, with the attributes of its kind; to change it, its id is handed to the service."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._body = values

    def get(self, name: str, default: Any = None) -> Any:
        """An attribute: openstacksdk filters by those that a service has no filter for."""
        return getattr(self, name, default)


@cache
def of_kind(kind: type[Resource]) -> type[Resource]:
    """The kind with lists of records."""
    attributes = {name: one for part in reversed(kind.__mro__) for name, one in _attributes(part)}
    record = type(kind.__name__, (Record,), attributes)

    def existing(_kind: Any, /, connection: object = None, microversion: object = None, **values: Any) -> Any:
        return record(values)

    return type(kind.__name__, (kind,), {"existing": classmethod(existing)})


def _attributes(part: type) -> Iterator[tuple[str, Body]]:
    return ((name, one) for name, one in vars(part).items() if isinstance(one, Body))


class _Lists:
    """Of a service."""

    def _list(self, resource_type: type[Resource], *options: Any, **query: Any) -> Any:
        kind = of_kind(resource_type) if resource_type in KINDS else resource_type
        return super()._list(kind, *options, **query)  # type: ignore[misc]


class Compute(_Lists, compute.Proxy):
    """Nova."""


class Network(_Lists, network.Proxy):
    """Neutron."""


class BlockStorage(_Lists, block_storage.Proxy):
    """Cinder."""


class ComputeService(ServiceDescription[compute.Proxy]):
    """As openstacksdk finds it."""

    supported_versions = {"2": Compute}  # noqa: RUF012 - as openstacksdk declares it


class NetworkService(ServiceDescription[network.Proxy]):
    """As openstacksdk finds it."""

    supported_versions = {"2": Network}  # noqa: RUF012


class BlockStorageService(ServiceDescription[block_storage.Proxy]):
    """As openstacksdk finds it."""

    supported_versions = block_storage_service.BlockStorageService.supported_versions | {"3": BlockStorage}


class LeanConnection(Connection):
    """openstacksdk's, with such lists."""

    compute = ComputeService(service_type="compute")
    network = NetworkService(service_type="network")
    block_storage = BlockStorageService(service_type="block-storage")
