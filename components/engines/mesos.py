"""Apache Mesos: ZooKeeper and mesos-master on the masters, mesos-agent on the nodes, Marathon where it is asked for."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bay.components import boot, certificates, cloudinit
from bay.components.boot import SETTINGS, Boot
from bay.components.cloudinit import File
from bay.components.credentials import Generation, Secret, current
from bay.components.engines import Client, Facts, Options, Port, Question, Source, mesos_acls, mesos_flags
from bay.components.engines.mesos_flags import FOLDER
from bay.components.engines.mesos_options import MesosOptions

if TYPE_CHECKING:
    from bay.components.spec import BaySpec

UNIT = "bay-mesos.service"
SECRETS = {name: Secret.PASSWORD for name in ("zookeeper", "mesos_agent", "mesos_framework", "mesos_operator")}
COMMON_SCRIPTS = ("start", "run-mesos")
SCRIPTS = {"master": (*COMMON_SCRIPTS, "zookeeper.sh", "master.sh"), "node": (*COMMON_SCRIPTS, "agent.sh")}
DAEMON, DROP_IN = "/etc/docker/daemon.json", "/etc/systemd/system/docker.service.d/bay.conf"
UNITS = {"master": ("zookeeper.service", "mesos-master.service"), "node": ("mesos-agent.service",)}


@dataclass(frozen=True)
class Mesos:
    """Mesos 1.11; neither it nor Marathon is in any distribution, so the image brings them."""

    name: str = "mesos"
    title: str = "Apache Mesos"
    api_port: int = mesos_flags.MASTER_PORT
    options: type[Options] = MesosOptions
    secrets: Mapping[str, Secret] = field(default_factory=lambda: SECRETS)
    fixed_masters: bool = True
    question: Question = field(default_factory=lambda: Question("/slaves", basic="credential.json"))

    def check(self, spec: "BaySpec") -> None:
        """Labels become attributes of agents, which have values; Mesos has no taints."""
        if spec.masters.labels:
            raise ValueError("masters.labels: only nodes have attributes in Mesos; masters run no tasks")
        for name, group in {"nodes": spec.nodes, **spec.node_groups}.items():
            if group.taints:
                raise ValueError(f"{name}.taints: Mesos has no taints; use labels, which become attributes")
            for label, value in group.labels.items():
                if not value:
                    raise ValueError(f"{name}.labels.{label}: an attribute of Mesos has a value")

    def wants_cloud(self, _spec: "BaySpec") -> bool:
        """Never."""
        return False

    def ports(self, role: str, spec: "BaySpec") -> tuple[Port, ...]:
        """Executors talk to their own agent only, so no libprocess port but the pinned ones is open."""
        administrators = Port("tcp", 22, 22, Source.SSH, "SSH of administrators")
        first, last = mesos_flags.TASK_PORTS
        if role == "node":
            return (
                administrators,
                Port("tcp", mesos_flags.AGENT_PORT, mesos_flags.AGENT_PORT, Source.MASTERS, "agent, for the masters"),
                *(
                    Port(protocol, first, last, source, "tasks")
                    for protocol in ("tcp", "udp")
                    for source in (Source.BAY, Source.PUBLISHED)
                ),
            )
        masters = (
            administrators,
            Port("tcp", self.api_port, self.api_port, Source.BAY, "agents and frameworks"),
            Port("tcp", self.api_port, self.api_port, Source.API, "Mesos API with a password"),
            Port("tcp", 2181, 2181, Source.BAY, "ZooKeeper: which master leads"),
            Port("tcp", 2888, 2888, Source.MASTERS, "ZooKeeper, followers to the leader"),
            Port("tcp", 3888, 3888, Source.MASTERS, "ZooKeeper, election of its leader"),
        )
        return masters + (_MARATHON_PORTS if MesosOptions.model_validate(spec.options).marathon else ())

    def boot(self, facts: Facts) -> Boot:
        """Scripts, units and command lines; masters get every credential, nodes the agents' alone."""
        keys = current(facts.generations)
        own = _master_files(facts, keys) if facts.role == "master" else _node_files(facts, keys)
        work = mesos_flags.options(facts).work_dir
        return Boot(
            settings=_settings(facts),
            files=[
                File(f"{FOLDER}/ca.pem", keys["ca_cert"]),
                *own,
                boot.unit("mesos", UNIT),
                *(boot.unit("mesos", name) for name in UNITS[facts.role]),
                *(boot.script("mesos", name) for name in SCRIPTS[facts.role]),
            ],
            units=[UNIT],
            engine_paths=["/var/lib/mesos", "/var/lib/docker", *([] if work.startswith("/var/lib/mesos/") else [work])],
            state_paths=[mesos_flags.ZOOKEEPER_STATE, mesos_flags.MASTER_WORK],
        )

    def client_files(self, client: Client) -> dict[str, str]:
        """For `curl` a netrc file; for frameworks Mesos' own form of a credential."""
        keys = current(client.generations)
        secrets = mesos_flags.secrets_of(keys)
        operator = mesos_flags.credential(mesos_acls.OPERATOR, secrets["mesos_operator"])
        framework = mesos_flags.credential(mesos_acls.FRAMEWORK, secrets["mesos_framework"])
        return {
            "ca.pem": keys["ca_cert"],
            "cert.pem": keys["client_cert"],
            "key.pem": keys["client_key"],
            "credential.json": json.dumps(operator, indent=2) + "\n",
            "framework.json": json.dumps(framework, indent=2) + "\n",
            "netrc": f"default login {operator['principal']} password {operator['secret']}\n",
        }

    def client_environment(self, addresses: Sequence[str], folder: str) -> dict[str, str]:
        """``curl --cacert $MESOS_CA --netrc-file $MESOS_NETRC $MESOS_MASTER/slaves``."""
        return {
            "MESOS_MASTER": f"https://{addresses[0]}",
            "MESOS_CA": f"{folder}/ca.pem",
            "MESOS_NETRC": f"{folder}/netrc",
            "MESOS_CREDENTIAL": f"{folder}/credential.json",
        }

    def node_health(self, answer: Any) -> dict[str, str]:
        """An agent that the leading master is connected to is healthy; one that it only remembers is not."""
        agents = [*answer["slaves"], *answer.get("recovered_slaves", [])]
        return {agent["hostname"]: "HEALTHY" if agent.get("active") else "UNHEALTHY" for agent in agents}


_MARATHON_PORTS = (
    Port("tcp", mesos_flags.MARATHON_PORT, mesos_flags.MARATHON_PORT, Source.MASTERS, "Marathon, to its leader"),
    Port("tcp", mesos_flags.MARATHON_PORT, mesos_flags.MARATHON_PORT, Source.API, "Marathon with a password"),
    Port(
        "tcp",
        mesos_flags.MARATHON_SCHEDULER_PORT,
        mesos_flags.MARATHON_SCHEDULER_PORT,
        Source.MASTERS,
        "Marathon's scheduler, for the leading master",
    ),
)


def _settings(facts: Facts) -> dict[str, str | int | Sequence[str]]:
    return {
        "BAY_MESOS": FOLDER,
        "BAY_MESOS_WORK": mesos_flags.options(facts).work_dir,
        "BAY_MARATHON": int(mesos_flags.options(facts).marathon and facts.role == "master"),
        "BAY_ZOOKEEPER_STATE": mesos_flags.ZOOKEEPER_STATE,
        "BAY_CGROUPS": "/sys/fs/cgroup",
        "BAY_DOCKER_ENV": f"{SETTINGS}/docker.env",
        "BAY_DOCKER_FILES": [DAEMON, DROP_IN],
        "BAY_DOCKER_APPLIED": f"{SETTINGS}/docker.applied",
    }


def _flags(program: str, flags: Sequence[str], environment: Mapping[str, str]) -> list[File]:
    """One flag a line, so that a reviewer and `run-mesos` read them alike."""
    return [
        File(f"{FOLDER}/{program}.flags", "".join(f"{flag}\n" for flag in flags)),
        File(f"{FOLDER}/{program}.env", cloudinit.environment(environment)),
    ]


def _master_files(facts: Facts, keys: Generation) -> list[File]:
    secrets = mesos_flags.secrets_of(keys)
    issuer = certificates.Authority(keys["ca_key"], keys["ca_cert"])
    made_at = datetime.fromisoformat(facts.made_at)
    files = [
        File(f"{FOLDER}/server.pem", certificates.server(issuer, keys["server_key"], facts.server_names, made_at)),
        File(f"{FOLDER}/server-key.pem", keys["server_key"], "0600"),
        File(f"{FOLDER}/zoo.cfg", mesos_flags.zookeeper_settings(facts, secrets["zookeeper"]), "0600"),
        File(f"{FOLDER}/zk", mesos_flags.zookeeper_url(facts, "mesos", secrets["zookeeper"]), "0600"),
        File(f"{FOLDER}/credentials.json", json.dumps(mesos_flags.credentials(secrets), indent=2) + "\n", "0600"),
        File(f"{FOLDER}/acls.json", json.dumps(mesos_acls.acls()) + "\n"),
        *_flags("mesos-master", mesos_flags.master_flags(facts), mesos_flags.master_environment()),
    ]
    if mesos_flags.options(facts).marathon:
        marathon = cloudinit.environment(mesos_flags.marathon_settings(facts, secrets))
        files += [
            File(f"{FOLDER}/marathon.env", marathon, "0600"),
            File(f"{FOLDER}/framework_secret", secrets["mesos_framework"], "0600"),
            boot.unit("mesos", "marathon.service"),
        ]
    return files


def _node_files(facts: Facts, keys: Generation) -> list[File]:
    agent = mesos_flags.credential(mesos_acls.AGENT, mesos_flags.secrets_of(keys)["mesos_agent"])
    return [
        File(f"{FOLDER}/credential.json", json.dumps(agent) + "\n", "0600"),
        *_flags("mesos-agent", mesos_flags.agent_flags(facts), mesos_flags.agent_environment()),
        File(DAEMON, json.dumps(_daemon(facts), indent=2) + "\n"),
        File(DROP_IN, boot.static("swarm", "docker-node.conf")),
        boot.script("swarm", "docker.sh"),
    ]


def _daemon(facts: Facts) -> dict[str, object]:
    """Docker's settings, where the image has Docker; containers live on while it restarts."""
    registry = facts.spec.registry
    settings: dict[str, object] = {
        "live-restore": True,
        "log-driver": "json-file",
        "log-opts": {"max-size": "10m", "max-file": "3"},
    }
    if registry.mirror:
        settings["registry-mirrors"] = [registry.mirror]
    if registry.insecure:
        settings["insecure-registries"] = list(registry.insecure)
    return settings


ENGINE = Mesos()
