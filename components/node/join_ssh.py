"""How a server asks the masters: over SSH, with keys that open a few requests (docs/decisions/0010, 0011 and 0060).

A server is let in by a key of its role, which it drops when it is in. A node is let go by one that stays with it. With
either it speaks for itself alone, by a word that proves its name (`bay.components.node.proof`). The engine brings the
scripts that know what a request means: ``join-root`` and ``drain.sh`` of masters, ``leave.sh`` of nodes.
"""

from collections.abc import Iterator, Sequence

from bay.components.node import user_data
from bay.components.node.cloudinit import File, HostKey, User
from bay.components.node.credentials import Generation, accepted, serial
from bay.components.node.proof import PROOF, proof_key
from bay.components.node.user_data import LIBRARY, SETTINGS

JOIN_USER = "bay-join"
MASTER_ALIAS = "bay-master"
"""The name under which every master's host key is known: they all show the same one."""

LEAVE_UNIT = "bay-leave.service"
DOOR = f"{SETTINGS}/door"
"""Folder of what opens a master's door; without the lines of a generation its keys open nothing any more."""


def settings() -> dict[str, str | int | Sequence[str]]:
    """What the scripts know."""
    return {
        "BAY_JOIN_KEY": f"{SETTINGS}/join_key",
        "BAY_MEMBER_KEY": f"{SETTINGS}/member_key",
        "BAY_PROOF": PROOF,
        "BAY_SSH_CONFIG": f"{SETTINGS}/ssh_config",
        "BAY_LEAVING": f"{SETTINGS}/leaving",
    }


def files(generations: Sequence[Generation], role: str, engine: str) -> list[File]:
    """For engines whose servers are let in by a master: their key, and what they have of `asking` or `door`."""
    keys = accepted(generations)[0]
    join_key = keys["join_master_key"] if role == "master" else keys["join_node_key"]
    return [
        File(f"{SETTINGS}/join_key", join_key, "0600"),
        user_data.script("common", "join.sh"),
        *asking(keys),
        *(master_files(generations, engine) if role == "master" else leave_files(keys, engine)),
    ]


def asking(keys: Generation) -> list[File]:
    """What every server has that asks."""
    return [
        File(f"{SETTINGS}/known_hosts", f"{MASTER_ALIAS} {keys['ssh_host_public_key']}\n"),
        File(f"{SETTINGS}/ssh_config", user_data.static("common", "ssh_config")),
        user_data.script("common", "masters.sh"),
    ]


def master_files(generations: Sequence[Generation], engine: str, *, lets_in: bool = True) -> list[File]:
    """What a master answers with. engine: folder of its scripts. lets_in: whether servers need it to get in."""
    valid = accepted(generations)
    lines = [line for keys in valid for line in _authorized(keys, lets_in)]
    return [
        File("/etc/ssh/sshd_config.d/60-bay.conf", user_data.static("common", "sshd-door.conf")),
        File(f"{DOOR}/authorized_keys", "".join(f"{line}\n" for line in lines)),
        File(f"{DOOR}/proof_keys", "".join(f"{serial(keys)} {proof_key(keys)}\n" for keys in valid), "0600"),
        user_data.script("common", "join-door"),
        user_data.script("common", "door.sh"),
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


def user() -> User:
    """The account behind the door, which may run one command as root; its keys are in `DOOR`."""
    return User(JOIN_USER, (), sudo=f"ALL=(root) NOPASSWD: {LIBRARY}/join-root")


def _authorized(keys: Generation, lets_in: bool) -> Iterator[str]:
    """Lines of authorized_keys; each key runs one command, which says whose key it is.

    A previous generation lets nobody in: servers of it that are in leave with it, and ask to come back.
    """
    lets_in = lets_in and keys["phase"] != "previous"
    public = {"node": keys["join_node_public_key"], "master": keys["join_master_public_key"]} if lets_in else {}
    if "member_public_key" in keys:
        public["member"] = keys["member_public_key"]
    for role, key in public.items():
        yield f'restrict,command="{LIBRARY}/join-door {role} {serial(keys)}" {key} generation-{serial(keys)}'


def host_key(keys: Generation) -> HostKey:
    """What every master's SSH server shows."""
    return HostKey(keys["ssh_host_key"], keys["ssh_host_public_key"])
