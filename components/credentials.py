"""The secrets of a bay: made once by the identity resource, kept in the state, handed out in parts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypedDict

Phase = Literal["next", "current", "previous"]


class Generation(TypedDict):
    """One set of keys. Its keys are what the state holds: rename none, only add.

    phase: where a rotation stands with it. serial: counts from 1. X.509 keys and certificates are PEM,
    SSH keys are in OpenSSH's own formats. server_key serves the API on every master; its certificate is
    signed when the masters' addresses are known. ssh_host_key is every master's. join_node_key and
    join_master_key let a server ask a master for the token of its role, and for nothing else.
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


def current(generations: Sequence[Generation]) -> Generation:
    """The generation that servers and clients use now; ValueError if there is none."""
    for generation in generations:
        if generation["phase"] == "current":
            return generation
    raise ValueError("the identity has no current generation")


def new_generation(bay: str, serial: int, made_at: datetime) -> Generation:
    """Fresh keys: the only place of the project where anything random happens."""
    from bay.components import certificates

    ca_key, client_key, server_key = (certificates.new_key() for _ in range(3))
    ca_cert = certificates.authority(ca_key, bay, made_at)
    host, node, master = (certificates.new_ssh_key() for _ in range(3))
    return Generation(
        phase="current",
        serial=serial,
        ca_key=ca_key,
        ca_cert=ca_cert,
        client_key=client_key,
        client_cert=certificates.client(certificates.Authority(ca_key, ca_cert), client_key, f"{bay} client", made_at),
        server_key=server_key,
        ssh_host_key=host.private,
        ssh_host_public_key=host.public,
        join_node_key=node.private,
        join_node_public_key=node.public,
        join_master_key=master.private,
        join_master_public_key=master.public,
    )
