"""Fixed, fake credentials: X.509 keys from small numbers, SSH keys that are only words."""

from datetime import UTC, datetime

import pytest

from bay.components.engines import Facts
from bay.components.node import certificates
from bay.components.node.credentials import Generation
from bay.components.spec.merge import build_spec

MADE_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def key(number: int) -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    return (
        ec.derive_private_key(number, ec.SECP256R1())
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode()
    )


def ssh_key(words: str) -> str:
    return f"-----BEGIN OPENSSH PRIVATE KEY-----\nfake {words}\n-----END OPENSSH PRIVATE KEY-----\n"


@pytest.fixture(scope="session")
def generation() -> Generation:
    ca_key, client_key, server_key = key(1001), key(1002), key(1003)
    ca_cert = certificates.authority(ca_key, "demo", MADE_AT)
    return Generation(
        phase="current",
        serial=1,
        ca_key=ca_key,
        ca_cert=ca_cert,
        client_key=client_key,
        client_cert=certificates.client(certificates.Authority(ca_key, ca_cert), client_key, "demo client", MADE_AT),
        server_key=server_key,
        ssh_host_key=ssh_key("host key"),
        ssh_host_public_key="ssh-ed25519 AAAAfakehost",
        join_node_key=ssh_key("join key of nodes"),
        join_node_public_key="ssh-ed25519 AAAAfakenode",
        join_master_key=ssh_key("join key of masters"),
        join_master_public_key="ssh-ed25519 AAAAfakemaster",
        member_key=ssh_key("key of members"),
        member_public_key="ssh-ed25519 AAAAfakemember",
        engine={},
    )


@pytest.fixture
def facts(generation: Generation) -> Facts:
    return Facts(
        bay="demo",
        bay_id="00000000-0000-4000-8000-000000000001",
        group="node",
        spec=build_spec([{"model": "swarm-ha"}]),
        master_names=("demo-master-0", "demo-master-1", "demo-master-2"),
        master_addresses=("10.80.0.10", "10.80.0.11", "10.80.0.12"),
        api_names=("203.0.113.7", "203.0.113.8", "203.0.113.9"),
        cidrs=("10.80.0.0/20",),
        made_at=MADE_AT.isoformat(),
        generations=[generation],
    )
