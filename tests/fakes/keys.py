"""Keys of a bay in the clear, as a fake stack gives them: real ones, made once a test run."""

from datetime import UTC, datetime
from typing import Any

from bay.components.node.credentials import Generation, new_generation
from bay.stacks.state.snapshot import IDENTITY_TYPE

SECRETS = {
    **dict.fromkeys(("etcd", "front_proxy"), "authority"),
    **dict.fromkeys(("mesos_operator", "mesos_framework"), "password"),
}
KEYS: Generation = new_generation("demo", 1, datetime(2026, 11, 22, 16, 59, 9, tzinfo=UTC), SECRETS)
"""Of a bay called demo, for every engine."""


def with_keys(deployment: dict[str, Any]) -> dict[str, Any]:
    """The same deployment; its identity has `KEYS`."""
    identity = next(one for one in deployment["resources"] if one["type"] == IDENTITY_TYPE)
    identity["outputs"]["generations"] = [KEYS]
    return deployment
