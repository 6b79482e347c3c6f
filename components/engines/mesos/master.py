"""What a master of a Mesos bay is given: ZooKeeper, mesos-master and, where it is asked for, Marathon.

Flags are those of Mesos 1.11 (docs/configuration in its sources).
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from bay.components.engines import Facts
from bay.components.engines.mesos.acls import AGENT, FRAMEWORK, OPERATOR, acls
from bay.components.engines.mesos.common import (
    FOLDER,
    MARATHON_SCHEDULER_PORT,
    MASTER_PORT,
    ONLY_FROM_ITS_SENDER,
    ZOOKEEPER_USER,
    credential,
    document,
    options,
    program,
    transport,
    zookeeper_url,
)
from bay.components.node import certificates, cloudinit, user_data
from bay.components.node.cloudinit import File
from bay.components.node.credentials import Generation

WORK_DIR = "/var/lib/mesos/master"
ZOOKEEPER_STATE = "/var/lib/zookeeper"


def settings(facts: Facts) -> dict[str, str | int | Sequence[str]]:
    """What the scripts know."""
    return {
        "BAY_MESOS": FOLDER,
        "BAY_MARATHON": int(options(facts).marathon),
        "BAY_ZOOKEEPER_STATE": ZOOKEEPER_STATE,
        "BAY_ZOOKEEPER_SETTINGS": "/etc/zookeeper/bay.cfg",
        "BAY_ZOOKEEPER_SHELL": "/usr/share/zookeeper/bin/zkCli.sh",
    }


def files(facts: Facts, keys: Generation) -> list[File]:
    """Everybody's credentials, the API's certificate and what the programs are started with."""
    secrets = keys["engine"]
    issuer = certificates.Authority(keys["ca_key"], keys["ca_cert"])
    return [
        File(
            f"{FOLDER}/server.pem",
            certificates.server(issuer, keys["server_key"], facts.server_names, facts.signing_moment),
        ),
        File(f"{FOLDER}/server-key.pem", keys["server_key"], "0600"),
        File(f"{FOLDER}/zoo.cfg", zookeeper_settings(facts, secrets["zookeeper"]), "0600"),
        File(f"{FOLDER}/zk", zookeeper_url(facts, "mesos", secrets["zookeeper"]), "0600"),
        File(f"{FOLDER}/credentials.json", document(_credentials(secrets)), "0600"),
        File(f"{FOLDER}/acls.json", json.dumps(acls()) + "\n"),
        *program("mesos-master", flags(facts), {**transport(f"{FOLDER}/server"), **ONLY_FROM_ITS_SENDER}),
        *(_marathon(facts, secrets) if options(facts).marathon else []),
    ]


def flags(facts: Facts) -> list[str]:
    """Every framework, agent and user authenticates; nothing is allowed that the access rules do not name."""
    return [
        f"--zk=file://{FOLDER}/zk",
        f"--quorum={len(facts.master_addresses) // 2 + 1}",
        f"--work_dir={WORK_DIR}",
        f"--cluster={facts.bay}",
        "--ip=0.0.0.0",  # a virtual IP is not there yet when the master starts
        f"--port={MASTER_PORT}",
        "--authenticate_frameworks",
        "--authenticate_agents",
        "--authenticate_http_frameworks",
        "--http_framework_authenticators=basic",
        "--authenticate_http_readonly",
        "--authenticate_http_readwrite",
        "--http_authenticators=basic",
        f"--credentials={FOLDER}/credentials.json",
        f"--acls=file://{FOLDER}/acls.json",
    ]


def zookeeper_settings(facts: Facts, password: str) -> str:
    """zoo.cfg: the same for all masters; the masters' credential is also ZooKeeper's superuser."""
    login = f"{ZOOKEEPER_USER}:{password}"
    # ZooKeeper's own scheme
    digest = base64.b64encode(hashlib.sha1(login.encode(), usedforsecurity=False).digest()).decode()
    values: dict[str, str | int] = {
        "tickTime": 2000,
        "initLimit": 10,
        "syncLimit": 5,
        "dataDir": ZOOKEEPER_STATE,
        "clientPort": 2181,
        "admin.enableServer": "false",
        "4lw.commands.whitelist": "srvr",
        "autopurge.snapRetainCount": 3,
        "autopurge.purgeInterval": 24,
        "DigestAuthenticationProvider.superDigest": f"{ZOOKEEPER_USER}:{digest}",
    }
    if len(facts.master_addresses) > 1:
        values |= {f"server.{i}": f"{address}:2888:3888" for i, address in enumerate(facts.master_addresses, 1)}
    return "".join(f"{name}={value}\n" for name, value in values.items())


def _credentials(secrets: Mapping[str, str]) -> dict[str, Any]:
    """Everybody whom a master knows."""
    pairs = [(AGENT, "mesos_agent"), (FRAMEWORK, "mesos_framework"), (OPERATOR, "mesos_operator")]
    return {"credentials": [credential(principal, secrets[secret]) for principal, secret in pairs]}


def _marathon(facts: Facts, secrets: Mapping[str, str]) -> list[File]:
    """Its environment has what is secret or differs between bays; the rest is in its unit."""
    environment = {
        **transport(f"{FOLDER}/server"),
        "LIBPROCESS_PORT": str(MARATHON_SCHEDULER_PORT),
        "MARATHON_MASTER": zookeeper_url(facts, "mesos"),
        "MARATHON_ZK": zookeeper_url(facts, "marathon", secrets["zookeeper"]),
        "MARATHON_HTTP_CREDENTIALS": f"{OPERATOR}:{secrets['mesos_operator']}",
        "MARATHON_SSL_KEYSTORE_PASSWORD": secrets["mesos_operator"],
    }
    return [
        File(f"{FOLDER}/marathon.env", cloudinit.environment(environment), "0600"),
        File(f"{FOLDER}/framework_secret", secrets["mesos_framework"], "0600"),
        user_data.unit("mesos", "marathon.service"),
    ]
