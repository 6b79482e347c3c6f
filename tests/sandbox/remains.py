"""What a sandbox whose servers boot has in the machine's kernel, and what its nodes write there."""

from pathlib import Path

from bay.sandbox import Sandbox
from bay.sandbox.services.sandbox_services.nodes import cgroups, namespaces, shared
from bay.sandbox.services.sandbox_services.nodes.names import Names
from tests.sandbox.booted import output


def left(sandbox: Sandbox) -> dict[str, list[str]]:
    """What a sandbox has in the kernel, by kind."""
    prefix = Names.of(sandbox.state).prefix
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    found = {
        "namespaces": namespaces.listed(prefix),
        "interfaces": [path.name for path in Path("/sys/class/net").glob(f"{prefix}*")],
        "mounts": [place for place in mounts if place.startswith(str(sandbox.state))],
        "control groups": [str(h.mount) for h in cgroups.of_this_machine() if (h.mount / prefix).exists()],
        "processes": output("pgrep", "--full", str(sandbox.state)).split(),
        "loop devices": [line for line in output("losetup", "--list").splitlines() if str(sandbox.state) in line],
    }
    return {kind: things for kind, things in found.items() if things}


def settings_and_rules() -> dict[str, str]:
    """Of the kernel: its packet filter, and the settings that nodes write, unless another sandbox keeps them."""
    found = {"nftables": output("nft", "list", "ruleset")}
    if not list(shared.FOLDER.glob("*.ranges")):
        places = {name: shared.SETTINGS / name for name in shared.WRITTEN}
        found |= {name: place.read_text() for name, place in places.items() if place.exists()}
    return found
