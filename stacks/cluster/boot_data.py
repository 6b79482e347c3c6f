"""What servers of a bay were told as they were created, as the state has it."""

import zlib
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from bay.components.node.cloudinit import unpacked
from bay.stacks.state.pki import in_the_clear
from bay.stacks.state.snapshot import INSTANCE_TYPE

if TYPE_CHECKING:
    from bay.stacks.stack import BayStack


def user_data_of(bay: "BayStack", servers: Collection[str]) -> dict[str, str]:
    """What servers were told at their first boot, unpacked; empty of one that the state does not say it of.

    Needs the bay's passphrase.
    """
    found = {}
    for resource in bay.secrets().get("resources") or []:
        inputs = resource.get("inputs") or {}
        if resource["type"] == INSTANCE_TYPE and inputs.get("name") in servers:
            found[str(inputs["name"])] = _text(inputs.get("userData"))
    return found


def _text(secret: Any) -> str:
    """User data of a state; empty where it is none that this version of bay packs."""
    try:
        return unpacked(str(in_the_clear(secret)))
    except (ValueError, OSError, EOFError, zlib.error):
        return ""
