"""Every data source that the built plugin has, asked for what the sandbox cloud holds."""

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Lookup:
    """A question to a data source and what its answer must have."""

    arguments: Callable[[], dict[str, Any]]
    expected: dict[str, Any]


def ask(token: str, **arguments: Any) -> Any:
    """Call the wheel's function for a token such as `openstack:images/getImage:getImage`."""
    _, module, name = token.split(":")
    package = importlib.import_module(f"pulumi_openstack.{module.split('/')[0]}")
    return getattr(package, re.sub("(?=[A-Z])", "_", name).lower())(**arguments)


def _provider_network() -> dict[str, Any]:
    return {"network_id": ask("openstack:networking/getNetwork:getNetwork", name="provider").id}


LOOKUPS = {
    "openstack:networking/getNetwork:getNetwork": Lookup(lambda: {"name": "public"}, {"external": True}),
    "openstack:networking/getSubnet:getSubnet": Lookup(_provider_network, {"cidr": "198.18.16.0/20"}),
    "openstack:images/getImage:getImage": Lookup(
        lambda: {"name": "debian-12-docker"}, {"min_disk_gb": 10, "min_ram_mb": 512}
    ),
    "openstack:compute/getFlavor:getFlavor": Lookup(lambda: {"name": "m1.tiny"}, {"ram": 512, "disk": 10}),
    "openstack:identity/getAuthScope:getAuthScope": Lookup(
        lambda: {"name": "me"}, {"project_name": "physics", "user_name": "alice"}
    ),
}


def answers() -> dict[str, dict[str, Any]]:
    """What the data sources answer, as far as something is expected; only inside a Pulumi program."""
    found = {}
    for token, lookup in LOOKUPS.items():
        answer = ask(token, **lookup.arguments())
        found[token] = {name: getattr(answer, name) for name in lookup.expected}
    return found
