"""The secrets of a bay: made once by the identity resource, kept in the state, handed out in parts."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, NotRequired, TypedDict

if TYPE_CHECKING:
    from bay.components.node.certificates import Authority

Phase = Literal["next", "current", "previous", "retired"]


class Secret(StrEnum):
    """Kinds of secrets that an engine asks the identity for; NAME is the engine's own word.

    authority: ``NAME_key`` and ``NAME_cert``, a certificate authority. key: ``NAME_key``, an ECDSA P-256 key.
    password: ``NAME``, 256 bits in URL-safe base64 without padding. bytes: ``NAME``, 32 bytes in base64.
    """

    AUTHORITY = "authority"
    KEY = "key"
    PASSWORD = "password"
    BYTES = "bytes"


class Generation(TypedDict):
    """One set of keys. Its keys are what the state holds: rename none, only add.

    phase: where a rotation stands with it; with a previous one servers that are in leave and come back, a retired one
    opens backups alone. serial: counts from 1. X.509 keys and certificates are PEM,
    SSH keys are in OpenSSH's own formats. server_key serves the API on every master; its certificate is
    signed when the masters' addresses are known. ssh_host_key is every master's. join_node_key and
    join_master_key let a server ask a master to be let in, in its role, and for nothing else. member_key stays on
    a node, which has itself drained and forgotten with it. Whoever asks also proves its name
    (`bay.components.node.proof`). engine holds what the bay's engine asked for beside these (`Secret`). Bays made
    before there was a member_key or an engine have none.
    """

    phase: Phase
    serial: int
    ca_key: str
    ca_cert: str
    client_key: str
    client_cert: str
    server_key: str
    ssh_host_key: str
    ssh_host_public_key: str
    join_node_key: str
    join_node_public_key: str
    join_master_key: str
    join_master_public_key: str
    member_key: NotRequired[str]
    member_public_key: NotRequired[str]
    engine: NotRequired[dict[str, str]]


ENCRYPTION_NAME = "encryption_name"
"""In `engine`: what it calls its `encryption` key, by which it finds what it wrote, once the serial is another."""


def current(generations: Sequence[Generation]) -> Generation:
    """The generation that servers and clients use now; ValueError if there is none."""
    for generation in generations:
        if generation["phase"] == "current":
            return generation
    raise ValueError("the identity has no current generation")


def serial(generation: Generation) -> str:
    """The number of a generation as scripts know it: the state makes a float of every number."""
    return str(int(generation["serial"]))


def accepted(generations: Sequence[Generation]) -> list[Generation]:
    """Those whose keys open the masters' door: in a rotation the next and the previous one beside the current."""
    valid = (generation for generation in generations if generation["phase"] != "retired")
    return sorted(valid, key=lambda generation: (generation["phase"] != "current", -generation["serial"]))


def with_new_join_keys(generations: Sequence[Generation]) -> list[Generation]:
    """One more generation, which is current: other keys that let servers in, and all else of the one before."""
    from bay.components.node import certificates

    before = current(generations)
    node, master, member = (certificates.new_ssh_key() for _ in range(3))
    new = Generation(
        **{
            **before,
            "serial": 1 + max(int(one["serial"]) for one in generations),
            "join_node_key": node.private,
            "join_node_public_key": node.public,
            "join_master_key": master.private,
            "join_master_public_key": master.public,
            "member_key": member.private,
            "member_public_key": member.public,
            "engine": {ENCRYPTION_NAME: f"key{before['serial']}", **(before.get("engine") or {})},
        }
    )
    left = [Generation(**{**one, "phase": "previous"}) if one is before else one for one in generations]
    return [new, *left]


def with_previous_retired(generations: Sequence[Generation]) -> list[Generation]:
    """The same, of which only the current one opens a door."""
    return [Generation(**{**one, "phase": "retired"}) if one["phase"] == "previous" else one for one in generations]


def new_generation(
    bay: str,
    serial: int,
    made_at: datetime,
    secrets: Mapping[str, str] | None = None,
    authority: "Authority | None" = None,
) -> Generation:
    """Fresh keys of a bay; beside those of clients (`bay.components.node.client_login`), all that is random here.

    authority: made by somebody else, whose certificates the bay's API is to accept; None: the bay makes its own.
    """
    from bay.components.node import certificates

    client_key, server_key = (certificates.new_key() for _ in range(2))
    if authority is None:
        key = certificates.new_key()
        authority = certificates.Authority(key, certificates.authority(key, bay, made_at))
    host, node, master, member = (certificates.new_ssh_key() for _ in range(4))
    return Generation(
        phase="current",
        serial=serial,
        ca_key=authority.key,
        ca_cert=authority.certificate,
        client_key=client_key,
        client_cert=certificates.client(authority, client_key, f"{bay} client", made_at),
        server_key=server_key,
        ssh_host_key=host.private,
        ssh_host_public_key=host.public,
        join_node_key=node.private,
        join_node_public_key=node.public,
        join_master_key=master.private,
        join_master_public_key=master.public,
        member_key=member.private,
        member_public_key=member.public,
        engine={key: made for name, kind in (secrets or {}).items() for key, made in _new(bay, name, kind, made_at)},
    )


def _new(bay: str, name: str, kind: str, made_at: datetime) -> Iterator[tuple[str, str]]:
    import base64
    import secrets

    from bay.components.node import certificates

    match Secret(kind):
        case Secret.PASSWORD:
            yield name, secrets.token_urlsafe(32)
        case Secret.BYTES:
            yield name, base64.b64encode(secrets.token_bytes(32)).decode()
        case Secret.KEY:
            yield f"{name}_key", certificates.new_key()
        case Secret.AUTHORITY:
            key = certificates.new_key()
            yield f"{name}_key", key
            yield f"{name}_cert", certificates.authority(key, f"{bay} {name}", made_at)
