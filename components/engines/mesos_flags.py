"""Command lines and settings of ZooKeeper, mesos-master, mesos-agent and Marathon, as far as all servers share them.

Flags are those of Mesos 1.11 (docs/configuration of its sources). What differs between servers, the scripts add.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from bay.components.credentials import Generation
from bay.components.engines import Facts
from bay.components.engines.mesos_acls import AGENT, FRAMEWORK, OPERATOR
from bay.components.engines.mesos_options import MesosOptions

FOLDER = "/etc/bay/mesos"
MASTER_WORK = "/var/lib/mesos/master"
ZOOKEEPER_STATE = "/var/lib/zookeeper"
ZOOKEEPER_USER = "bay-masters"
MASTER_PORT, AGENT_PORT, MARATHON_PORT, MARATHON_SCHEDULER_PORT = 5050, 5051, 8443, 15090
TASK_PORTS = (31000, 32000)

CIPHERS = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"
"""Mesos' own list is for RSA only; the bay's keys are ECDSA."""

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def options(facts: Facts) -> MesosOptions:
    """The spec's options of this engine."""
    return MesosOptions.model_validate(facts.spec.options)


def zookeeper_url(facts: Facts, path: str, password: str | None = None) -> str:
    """Where the ensemble is: all masters; only they know the password, without which one may read."""
    login = f"{ZOOKEEPER_USER}:{password}@" if password else ""
    return f"zk://{login}{','.join(f'{address}:2181' for address in facts.master_addresses)}/{path}"


def zookeeper_settings(facts: Facts, password: str) -> str:
    """zoo.cfg: the same for all masters; the masters' credential is also ZooKeeper's superuser."""
    login = f"{ZOOKEEPER_USER}:{password}"
    digest = base64.b64encode(hashlib.sha1(login.encode()).digest()).decode()  # ZooKeeper's own scheme
    settings: dict[str, str | int] = {
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
        settings |= {f"server.{i}": f"{address}:2888:3888" for i, address in enumerate(facts.master_addresses, 1)}
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def master_flags(facts: Facts) -> list[str]:
    """Every framework, agent and user authenticates; nothing is allowed that the access rules do not name."""
    return [
        f"--zk=file://{FOLDER}/zk",
        f"--quorum={len(facts.master_addresses) // 2 + 1}",
        f"--work_dir={MASTER_WORK}",
        f"--cluster={facts.bay}",
        "--ip=0.0.0.0",
        f"--port={MASTER_PORT}",
        "--authenticate_frameworks",
        "--authenticate_agents",
        "--authenticate_http_frameworks",
        "--http_framework_authenticators=basic",
        "--authenticate_http_readonly",
        "--authenticate_http_readwrite",
        "--http_authenticators=basic",
        f"--credentials={FOLDER}/credentials.json",
        f"--acls={FOLDER}/acls.json",
    ]


def agent_flags(facts: Facts) -> list[str]:
    """The agent's own API is for its executors alone, by a key that never leaves the server."""
    chosen = options(facts)
    return [
        f"--master={zookeeper_url(facts, 'mesos')}",
        f"--work_dir={chosen.work_dir}",
        f"--port={AGENT_PORT}",
        f"--credential={FOLDER}/credential.json",
        "--authenticate_http_readonly",
        "--authenticate_http_readwrite",
        "--authenticate_http_executors",
        "--http_authenticators=jwt",
        f"--jwt_secret_key={FOLDER}/jwt_key",
        f"--resources=ports:[{TASK_PORTS[0]}-{TASK_PORTS[1]}]",
        "--docker_store_dir=/var/lib/mesos/store/docker",
        "--appc_store_dir=/var/lib/mesos/store/appc",
        "--fetcher_cache_dir=/var/lib/mesos/fetch",
        "--reconfiguration_policy=additive",
        f"--executor_registration_timeout={chosen.executor_registration_timeout}",
        f"--executor_environment_variables={_json(_executor_environment(chosen))}",
        *_where_chosen(facts, chosen),
    ]


def _where_chosen(facts: Facts, chosen: MesosOptions) -> Iterator[str]:
    labels = facts.group_spec.labels
    if labels:
        yield "--attributes=" + ";".join(f"{key}:{value}" for key, value in labels.items())
    if chosen.isolation:
        yield f"--isolation={','.join(chosen.isolation)}"
    if chosen.image_providers:
        yield f"--image_providers={','.join(chosen.image_providers)}"
    if facts.spec.registry.mirror:
        yield f"--docker_registry={facts.spec.registry.mirror}"


def _executor_environment(chosen: MesosOptions) -> dict[str, str]:
    """Executors speak TLS with their agent, with a certificate that only says so: they may read its key."""
    own = {"PATH": PATH, **transport(f"{FOLDER}/executor")}
    return {**own, **chosen.executor_environment}


def transport(pair: str, **more: str) -> dict[str, str]:
    """Environment of libprocess: TLS and nothing else, with the certificate ``PAIR.pem`` and its key."""
    return {
        "LIBPROCESS_SSL_ENABLED": "true",
        "LIBPROCESS_SSL_SUPPORT_DOWNGRADE": "false",
        "LIBPROCESS_SSL_CERT_FILE": f"{pair}.pem",
        "LIBPROCESS_SSL_KEY_FILE": f"{pair}-key.pem",
        "LIBPROCESS_SSL_CIPHERS": CIPHERS,
        **more,
    }


def master_environment() -> dict[str, str]:
    """A message is taken only from the address that it says it comes from."""
    return transport(f"{FOLDER}/server", LIBPROCESS_REQUIRE_PEER_ADDRESS_IP_MATCH="true")


def agent_environment() -> dict[str, str]:
    """Agents talk to a master only if its certificate is the bay's."""
    return transport(
        f"{FOLDER}/agent",
        LIBPROCESS_SSL_CA_FILE=f"{FOLDER}/trust.pem",
        LIBPROCESS_SSL_VERIFY_SERVER_CERT="true",
        LIBPROCESS_SSL_HOSTNAME_VALIDATION_SCHEME="openssl",
        LIBPROCESS_SSL_VERIFY_IPADD="true",
        LIBPROCESS_REQUIRE_PEER_ADDRESS_IP_MATCH="true",
    )


def marathon_settings(facts: Facts, secrets: Mapping[str, str]) -> dict[str, str]:
    """Environment of Marathon, which reads each of its options from MARATHON_NAME."""
    return {
        **transport(f"{FOLDER}/server", LIBPROCESS_PORT=str(MARATHON_SCHEDULER_PORT)),
        "MARATHON_MASTER": zookeeper_url(facts, "mesos"),
        "MARATHON_ZK": zookeeper_url(facts, "marathon", secrets["zookeeper"]),
        "MARATHON_HTTPS_PORT": str(MARATHON_PORT),
        "MARATHON_DISABLE_HTTP": "",
        "MARATHON_HTTP_CREDENTIALS": f"{OPERATOR}:{secrets['mesos_operator']}",
        "MARATHON_SSL_KEYSTORE_PATH": f"{FOLDER}/server.p12",
        "MARATHON_SSL_KEYSTORE_PASSWORD": secrets["mesos_operator"],
        "MARATHON_MESOS_AUTHENTICATION": "",
        "MARATHON_MESOS_AUTHENTICATION_PRINCIPAL": FRAMEWORK,
        "MARATHON_MESOS_AUTHENTICATION_SECRET_FILE": f"{FOLDER}/framework_secret",
    }


def credential(principal: str, secret: str) -> dict[str, str]:
    """Mesos' form of a name with its password."""
    return {"principal": principal, "secret": secret}


def credentials(secrets: Mapping[str, str]) -> dict[str, Any]:
    """Everybody whom a master knows."""
    pairs = [(AGENT, "mesos_agent"), (FRAMEWORK, "mesos_framework"), (OPERATOR, "mesos_operator")]
    return {"credentials": [credential(principal, secrets[secret]) for principal, secret in pairs]}


def secrets_of(keys: Generation) -> dict[str, str]:
    """What the identity made for this engine."""
    return keys["engine"]


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
