"""What a node of a Mesos bay is given: mesos-agent, and Docker's settings where the image has Docker.

Flags are those of Mesos 1.11 (docs/configuration in its sources).
"""

import json
from collections.abc import Iterator, Sequence

from bay.components.engines import Facts, docker_daemon
from bay.components.engines.mesos.acls import AGENT
from bay.components.engines.mesos.common import (
    AGENT_PORT,
    FOLDER,
    ONLY_FROM_ITS_SENDER,
    TASK_PORTS,
    credential,
    document,
    options,
    program,
    transport,
    zookeeper_url,
)
from bay.components.node import user_data
from bay.components.node.cloudinit import File
from bay.components.node.credentials import Generation

STATE = "/var/lib/mesos"


def settings(facts: Facts) -> dict[str, str | int | Sequence[str]]:
    """What the scripts know."""
    return {
        "BAY_MESOS": FOLDER,
        "BAY_MESOS_WORK": options(facts).work_dir,
        "BAY_CGROUPS": "/sys/fs/cgroup",
        **docker_daemon.settings(),
    }


def files(facts: Facts, keys: Generation) -> list[File]:
    """The agents' credential is the only secret here; keys of its own a node makes itself."""
    environment = {
        **transport(f"{FOLDER}/agent"),
        **ONLY_FROM_ITS_SENDER,
        # Agents talk to a master only if its certificate is the bay's.
        "LIBPROCESS_SSL_CA_FILE": f"{FOLDER}/trust.pem",
        "LIBPROCESS_SSL_VERIFY_SERVER_CERT": "true",
        "LIBPROCESS_SSL_HOSTNAME_VALIDATION_SCHEME": "openssl",
        "LIBPROCESS_SSL_VERIFY_IPADD": "true",
    }
    return [
        File(f"{FOLDER}/credential.json", document(credential(AGENT, keys["engine"]["mesos_agent"])), "0600"),
        *program("mesos-agent", flags(facts), environment),
        # Containers live on while Docker restarts.
        *docker_daemon.files(
            {"live-restore": True, **docker_daemon.daemon(facts, options(facts))},
            user_data.static("common", "docker.conf"),
        ),
    ]


def engine_paths(facts: Facts) -> list[str]:
    """Folders of containers and their images."""
    work_dir = options(facts).work_dir
    return [STATE, "/var/lib/docker", *([] if work_dir.startswith(f"{STATE}/") else [work_dir])]


def flags(facts: Facts) -> list[str]:
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
        f"--docker_store_dir={STATE}/store/docker",
        f"--appc_store_dir={STATE}/store/appc",
        f"--fetcher_cache_dir={STATE}/fetch",
        "--reconfiguration_policy=additive",  # a larger flavor is no reason to forget the tasks
        f"--executor_registration_timeout={chosen.executor_registration_timeout}",
        f"--executor_environment_variables={json.dumps(_executor_environment(facts), separators=(',', ':'))}",
        *_where_chosen(facts),
    ]


def _where_chosen(facts: Facts) -> Iterator[str]:
    chosen, labels = options(facts), facts.group_spec.labels
    if labels:
        # An attribute has a value; a label may have none.
        yield "--attributes=" + ";".join(f"{key}:{value or 'true'}" for key, value in labels.items())
    if chosen.isolation:
        yield f"--isolation={','.join(chosen.isolation)}"
    if chosen.image_providers:
        yield f"--image_providers={','.join(chosen.image_providers)}"
    if facts.spec.registry.mirror:
        yield f"--docker_registry={facts.spec.registry.mirror}"


def _executor_environment(facts: Facts) -> dict[str, str]:
    """Executors, and so tasks, have nothing of the agent's own; a user's word goes before the bay's."""
    proxy = facts.spec.proxy
    proxies = {"http_proxy": proxy.http, "https_proxy": proxy.https}
    if proxy.http or proxy.https:
        proxies["no_proxy"] = ",".join(user_data.no_proxy(facts))
    told = {spelling: value for name, value in proxies.items() if value for spelling in (name, name.upper())}
    return {**transport(f"{FOLDER}/executor"), **told, **options(facts).executor_environment}
