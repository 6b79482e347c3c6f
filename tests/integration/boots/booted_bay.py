"""What tests of bays whose servers boot have in common."""

from tests.integration.bays.harness import COMMAND, Bay

OPEN = ("--set", "access.api=[198.18.0.0/15]", "--set", "access.published=[198.18.0.0/15]")
"""For this machine, which reaches floating IPs from an address of the external network's."""


def health(user: Bay, name: str) -> dict[str, str]:
    """Server -> health, and the bay's own under its name."""
    shown = user.run("show", name, "-f", "json").json
    return {name: shown["health_status"], **shown["node_health"]}


def tools(user: Bay) -> str:
    """A PATH with this checkout's `bay`, and the kubectl of the node image where the machine has none."""
    image = user.sandbox.cache / "nodes" / "kubernetes" / "rootfs" / "usr" / "bin"
    return f"{COMMAND.parent}:{user.environment()['PATH']}:{image}"
