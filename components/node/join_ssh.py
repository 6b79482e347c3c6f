"""How a server asks the masters: over SSH, with keys that open a few requests (docs/decisions/0010 and 0011).

A server is let in by a key of its role, which it drops when it is in. A node is let go by one that stays with it. The
engine brings the scripts that know what that means: ``join-root`` and ``drain.sh`` of masters, ``leave.sh`` of nodes.
"""

from collections.abc import Mapping, Sequence

from bay.components.node import user_data
from bay.components.node.cloudinit import File, HostKey, User
from bay.components.node.credentials import Generation
from bay.components.node.user_data import LIBRARY, SETTINGS

JOIN_USER = "bay-join"
MASTER_ALIAS = "bay-master"
"""The name under which every master's host key is known: they all show the same one."""

LEAVE_UNIT = "bay-leave.service"


def settings() -> dict[str, str | int | Sequence[str]]:
    """What the scripts know."""
    return {
        "BAY_JOIN_KEY": f"{SETTINGS}/join_key",
        "BAY_MEMBER_KEY": f"{SETTINGS}/member_key",
        "BAY_SSH_CONFIG": f"{SETTINGS}/ssh_config",
        "BAY_LEAVING": f"{SETTINGS}/leaving",
    }


def files(keys: Generation, role: str, engine: str) -> list[File]:
    """For engines whose servers need a token to get in: their key, and what they have of `asking` or `door`."""
    join_key = keys["join_master_key"] if role == "master" else keys["join_node_key"]
    return [
        File(f"{SETTINGS}/join_key", join_key, "0600"),
        user_data.script("common", "join.sh"),
        *asking(keys),
        *(master_files(engine) if role == "master" else leave_files(keys, engine)),
    ]


def asking(keys: Generation) -> list[File]:
    """What every server has that asks."""
    return [
        File(f"{SETTINGS}/known_hosts", f"{MASTER_ALIAS} {keys['ssh_host_public_key']}\n"),
        File(f"{SETTINGS}/ssh_config", user_data.static("common", "ssh_config")),
        user_data.script("common", "masters.sh"),
    ]


def master_files(engine: str) -> list[File]:
    """What a master answers with. engine: folder of the engine's scripts."""
    return [
        File("/etc/ssh/sshd_config.d/60-bay.conf", user_data.static("common", "sshd.conf")),
        user_data.script("common", "join-door"),
        user_data.script(engine, "join-root"),
        user_data.script(engine, "drain.sh"),
    ]


def leave_files(keys: Generation, engine: str) -> list[File]:
    """How a node leaves when it is powered off; nothing in bays that were made before there was a key for it."""
    if "member_key" not in keys:
        return []
    return [
        File(f"{SETTINGS}/member_key", keys["member_key"], "0600"),
        user_data.unit("common", LEAVE_UNIT),
        user_data.script("common", "leave"),
        user_data.script(engine, "leave.sh"),
    ]


def units(keys: Generation, role: str) -> list[str]:
    """What has to run for a server to leave."""
    return [LEAVE_UNIT] if role == "node" and "member_key" in keys else []


def user(keys: Generation, roles: Mapping[str, str]) -> User:
    """May run one command for each key. roles: the engine's words for those whom a token lets in, by bay's own."""
    public = {"node": keys["join_node_public_key"], "master": keys["join_master_public_key"]}
    doors = [(roles[role], public[role]) for role in public if role in roles]
    if "member_public_key" in keys:
        doors.append(("member", keys["member_public_key"]))
    lines = [f'restrict,command="{LIBRARY}/join-door {words}" {key}' for words, key in doors]
    return User(JOIN_USER, tuple(lines), sudo=f"ALL=(root) NOPASSWD: {LIBRARY}/join-root")


def host_key(keys: Generation) -> HostKey:
    """What every master's SSH server shows."""
    return HostKey(keys["ssh_host_key"], keys["ssh_host_public_key"])
