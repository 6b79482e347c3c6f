"""How a server asks the masters to let it in: over SSH, with a key that opens one command (docs/decisions/0010).

For engines whose servers need a token: they bring a script ``join-root`` of their own, which knows it.
"""

from collections.abc import Mapping, Sequence

from bay.components import boot
from bay.components.boot import LIBRARY, SETTINGS
from bay.components.cloudinit import File, HostKey, User
from bay.components.credentials import Generation

JOIN_USER = "bay-join"
MASTER_ALIAS = "bay-master"
"""The name under which every master's host key is known: they all show the same one."""


def settings() -> dict[str, str | int | Sequence[str]]:
    """What join.sh knows."""
    return {"BAY_JOIN_KEY": f"{SETTINGS}/join_key", "BAY_SSH_CONFIG": f"{SETTINGS}/ssh_config"}


def files(keys: Generation, role: str, engine: str) -> list[File]:
    """A server's own key; on masters the door. engine: folder of the engine's ``join-root``."""
    join_key = keys["join_master_key"] if role == "master" else keys["join_node_key"]
    door = [
        File("/etc/ssh/sshd_config.d/60-bay.conf", boot.static("common", "sshd.conf")),
        boot.script("common", "join-door"),
        boot.script(engine, "join-root"),
    ]
    return [
        File(f"{SETTINGS}/join_key", join_key, "0600"),
        File(f"{SETTINGS}/known_hosts", f"{MASTER_ALIAS} {keys['ssh_host_public_key']}\n"),
        File(f"{SETTINGS}/ssh_config", boot.static("common", "ssh_config")),
        boot.script("common", "join.sh"),
        *(door if role == "master" else []),
    ]


def user(keys: Generation, roles: Mapping[str, str]) -> User:
    """May run one command for each key: say what lets a server of that role in. roles: the engine's words for them."""
    doors = (("node", keys["join_node_public_key"]), ("master", keys["join_master_public_key"]))
    lines = [f'restrict,command="{LIBRARY}/join-door {roles[role]}" {key}' for role, key in doors]
    return User(JOIN_USER, tuple(lines), sudo=f"ALL=(root) NOPASSWD: {LIBRARY}/join-root")


def host_key(keys: Generation) -> HostKey:
    """What every master's SSH server shows."""
    return HostKey(keys["ssh_host_key"], keys["ssh_host_public_key"])
