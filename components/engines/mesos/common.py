"""What masters and nodes of a Mesos bay have in common."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bay.components.engines import Facts
from bay.components.engines.mesos.options import MesosOptions
from bay.components.node import cloudinit
from bay.components.node.cloudinit import File

FOLDER = "/etc/bay/mesos"
MASTER_PORT, AGENT_PORT = 5050, 5051
MARATHON_PORT, MARATHON_SCHEDULER_PORT = 8443, 15090
TASK_PORTS = (31000, 32000)
"""The ports that agents offer: Mesos' own default."""

ZOOKEEPER_USER = "bay-masters"

CIPHERS = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"
"""Mesos' own list is for RSA only; the bay's keys are ECDSA."""


def options(facts: Facts) -> MesosOptions:
    """The spec's options of this engine."""
    return MesosOptions.model_validate(facts.spec.options)


def zookeeper_url(facts: Facts, path: str, password: str | None = None) -> str:
    """Where the ensemble is: all masters. Only they know the password; who does not may read."""
    login = f"{ZOOKEEPER_USER}:{password}@" if password else ""
    return f"zk://{login}{','.join(f'{address}:2181' for address in facts.master_addresses)}/{path}"


def transport(pair: str) -> dict[str, str]:
    """Environment of libprocess: TLS and nothing else, with the certificate ``PAIR.pem`` and its key."""
    return {
        "LIBPROCESS_SSL_ENABLED": "true",
        "LIBPROCESS_SSL_SUPPORT_DOWNGRADE": "false",
        "LIBPROCESS_SSL_CERT_FILE": f"{pair}.pem",
        "LIBPROCESS_SSL_KEY_FILE": f"{pair}-key.pem",
        "LIBPROCESS_SSL_CIPHERS": CIPHERS,
    }


ONLY_FROM_ITS_SENDER = {"LIBPROCESS_REQUIRE_PEER_ADDRESS_IP_MATCH": "true"}
"""A message is taken only from the address that it says it comes from."""


def program(name: str, flags: Sequence[str], environment: Mapping[str, str]) -> list[File]:
    """Command line and environment of a program: one flag a line, for a reviewer and for `run-mesos`."""
    return [
        File(f"{FOLDER}/{name}.flags", "".join(f"{flag}\n" for flag in flags)),
        File(f"{FOLDER}/{name}.env", cloudinit.environment(environment)),
    ]


def credential(principal: str, secret: str) -> dict[str, str]:
    """Mesos' form of a name with its password."""
    return {"principal": principal, "secret": secret}


def document(value: Any) -> str:
    """JSON for a person to read."""
    return json.dumps(value, indent=2) + "\n"
