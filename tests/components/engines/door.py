"""Who asks at the door of a pretended master, and how it is asked."""

import subprocess
from collections.abc import Mapping

from bay.components.node.proof import proof
from tests.components.engines.machine import Machine

KEY = "0123456789abcdef" * 4
"""With which the bay's servers prove their names."""
HERE = "10.80.0.99"


def furnish_door(machine: Machine, keys: Mapping[int, str] | None = None) -> None:
    """The settings and keys of a master. keys: generation -> key that proves names."""
    machine.use("python3")
    machine.write("etc/bay/env", machine.read("env"))
    lines = (f"{generation} {key}\n" for generation, key in (keys or {1: KEY}).items())
    machine.write("etc/bay/door/proof_keys", "".join(lines))


def knock(
    machine: Machine,
    role: str,
    verb: str,
    name: str = "demo-node-0",
    argument: str = "",
    *,
    word: str | None = None,
    caller: str = HERE,
    generation: str = "1",
) -> "subprocess.CompletedProcess[str]":
    """What a server asks for. word: in place of the one that proves its name."""
    said = " ".join([name, proof(KEY, name) if word is None else word, *([argument] if argument else [])])
    connection = f"{caller} 50000 10.80.0.10 22" if caller else ""
    return machine.run(
        "join-door", role, generation, said=f"{said}\n", SSH_ORIGINAL_COMMAND=verb, SSH_CONNECTION=connection
    )


def retired_keys(role: str) -> set[str]:
    """What a server knows of a generation before the current one: a master the public keys that still open its door."""
    return {f"retired {name}_public_key" for name in ("member",) if role == "master"}
