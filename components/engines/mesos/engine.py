"""Apache Mesos: ZooKeeper and mesos-master on the masters, mesos-agent on the nodes, Marathon where it is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bay.components.engines import Client, Facts, Options, Port, Question, Source, docker_daemon
from bay.components.engines.backups import Snapshots
from bay.components.engines.impact_terms import ImpactTerms
from bay.components.engines.mesos import agent, master
from bay.components.engines.mesos.acls import FRAMEWORK, OPERATOR
from bay.components.engines.mesos.common import (
    AGENT_PORT,
    FOLDER,
    MARATHON_PORT,
    MARATHON_SCHEDULER_PORT,
    MASTER_PORT,
    TASK_PORTS,
    credential,
    document,
)
from bay.components.engines.mesos.options import MesosOptions
from bay.components.engines.ownership_rules import OwnershipRule
from bay.components.engines.upgrades import UpgradeRules
from bay.components.node import join_ssh, user_data
from bay.components.node.cloudinit import File
from bay.components.node.credentials import Generation, Secret, current
from bay.components.node.user_data import Boot

if TYPE_CHECKING:
    from bay.components.spec import BaySpec

SECRETS = ("zookeeper", "mesos_agent", "mesos_framework", "mesos_operator")
UNIT = "bay-mesos.service"
UNITS = {"master": ("zookeeper.service", "mesos-master.service"), "node": ("mesos-agent.service",)}
SCRIPTS = {"master": ("zookeeper.sh", "master.sh"), "node": ("agent.sh",)}

TERMS = ImpactTerms(
    work="tasks",
    moves="are drained while the server shuts down (40 s for that), and their frameworks start them elsewhere",
    keeper="ZooKeeper",
    meanwhile="running tasks go on, no resources are offered",
)


def node_versions(answer: Any) -> dict[str, str]:
    """Version of each agent that is connected, from the list of agents; masters are not in it."""
    agents = [agent for agent in answer["slaves"] if agent.get("active") and agent.get("version")]
    return {agent["hostname"]: agent["version"] for agent in agents}


RULES = UpgradeRules(program="Mesos", image_property="mesos_version", node_versions=node_versions)
"""Any release works with any other of its major version; masters first (mesos.apache.org/documentation/upgrades)."""


SNAPSHOTS = Snapshots("mesos", "what ZooKeeper holds", loads_everywhere=True)


@dataclass(frozen=True)
class Mesos:
    """Mesos 1.11; neither it nor Marathon is in any distribution, so the image brings them."""

    name: str = "mesos"
    title: str = "Apache Mesos"
    api_port: int = MASTER_PORT
    options: type[Options] = MesosOptions
    secrets: Mapping[str, Secret] = field(default_factory=lambda: dict.fromkeys(SECRETS, Secret.PASSWORD))
    impact_terms: ImpactTerms = TERMS
    fixed_masters: bool = True
    ownership_rules: Sequence[OwnershipRule] = ()
    certificate_power: str = "opens nothing: Mesos asks for a password"
    snapshots: Snapshots = SNAPSHOTS
    question: Question = field(
        default_factory=lambda: Question("/slaves", basic="credential.json", names_masters=False)
    )
    upgrade_rules: UpgradeRules = RULES

    def check(self, spec: "BaySpec") -> None:
        """Mesos has no taints. Labels become attributes of agents; masters are none, so theirs are nothing's."""
        for name, group in {"nodes": spec.nodes, **spec.node_groups}.items():
            if group.taints:
                raise ValueError(f"{name}.taints: Mesos has no taints; use labels, which become attributes")

    def wants_cloud(self, _spec: "BaySpec") -> bool:
        """Never."""
        return False

    def ports(self, role: str, spec: "BaySpec") -> tuple[Port, ...]:
        """Executors talk to their own agent only, so nothing is open but what has a fixed port."""
        administrators = Port("tcp", 22, 22, Source.SSH, "SSH of administrators")
        if role == "node":
            return (administrators, *_node_ports())
        marathon = MesosOptions.model_validate(spec.options).marathon
        return (administrators, *_master_ports(), *(_marathon_ports() if marathon else ()))

    def boot(self, facts: Facts) -> Boot:
        """Scripts, units and command lines; masters get every credential, nodes the agents' alone."""
        keys = current(facts.generations)
        role = master if facts.role == "master" else agent
        has_door = facts.role == "master" and "member_key" in keys
        return Boot(
            settings={**role.settings(facts), **join_ssh.settings()},
            files=[
                File(f"{FOLDER}/ca.pem", keys["ca_cert"]),
                *role.files(facts, keys),
                *(user_data.unit("mesos", name) for name in (UNIT, *UNITS[facts.role])),
                *(user_data.script("mesos", name) for name in ("start", "run-mesos", *SCRIPTS[facts.role])),
                *join_ssh.asking(keys),
                *_leaving(facts, keys),
            ],
            units=[UNIT, *join_ssh.units(keys, facts.role)],
            users=[join_ssh.user()] if has_door else [],
            host_key=join_ssh.host_key(keys) if has_door else None,
            engine_paths=[agent.STATE] if facts.role == "master" else agent.engine_paths(facts),
            state_paths=[master.ZOOKEEPER_STATE, master.WORK_DIR],
            services=docker_daemon.SERVICES if facts.role == "node" else (),
        )

    def client_files(self, client: Client) -> dict[str, str]:
        """For people a netrc file, which `curl` reads; for frameworks Mesos' own form of a credential."""
        keys = current(client.generations)
        operator = credential(OPERATOR, keys["engine"]["mesos_operator"])
        return {
            "ca.pem": keys["ca_cert"],
            "cert.pem": keys["client_cert"],
            "key.pem": keys["client_key"],
            "credential.json": document(operator),
            "framework.json": document(credential(FRAMEWORK, keys["engine"]["mesos_framework"])),
            "netrc": f"default login {operator['principal']} password {operator['secret']}\n",
        }

    def turned_to(self, files: Mapping[str, str], _address: str) -> dict[str, str]:
        """The environment says where the API is."""
        return dict(files)

    def client_environment(self, addresses: Sequence[str], folder: str) -> dict[str, str]:
        """For ``curl -L --cacert $MESOS_CA --netrc-file $MESOS_NETRC $MESOS_MASTER/slaves``."""
        return {
            "MESOS_MASTER": f"https://{addresses[0]}",
            "MESOS_CA": f"{folder}/ca.pem",
            "MESOS_NETRC": f"{folder}/netrc",
            "MESOS_CREDENTIAL": f"{folder}/framework.json",
        }

    def node_health(self, answer: Any) -> dict[str, str]:
        """An agent that the leading master is connected to is healthy; one that it only remembers is not.

        Of several entries of a name, a healthy one counts: the others were agents before it.
        """
        agents = [*answer["slaves"], *answer.get("recovered_slaves", [])]
        active = {agent["hostname"] for agent in agents if agent.get("active")}
        return {agent["hostname"]: "HEALTHY" if agent["hostname"] in active else "UNHEALTHY" for agent in agents}


def _leaving(facts: Facts, keys: Generation) -> list[File]:
    """Agents need nobody's leave to come, but to go: a master's, who alone may have an agent's tasks moved."""
    if "member_key" not in keys:
        return []
    if facts.role == "master":
        return join_ssh.master_files(facts.generations, "mesos", lets_in=False)
    return join_ssh.leave_files(keys, "mesos")


def _master_ports() -> tuple[Port, ...]:
    return (
        Port("tcp", 22, 22, Source.BAY, "SSH of leaving servers"),
        Port("tcp", MASTER_PORT, MASTER_PORT, Source.BAY, "Mesos, for agents and frameworks"),
        Port("tcp", MASTER_PORT, MASTER_PORT, Source.API, "Mesos API with a password"),
        Port("tcp", 2181, 2181, Source.BAY, "ZooKeeper: which master leads"),
        Port("tcp", 2888, 2888, Source.MASTERS, "ZooKeeper, followers to the leader"),
        Port("tcp", 3888, 3888, Source.MASTERS, "ZooKeeper, election of the leader"),
    )


def _marathon_ports() -> tuple[Port, ...]:
    scheduler = MARATHON_SCHEDULER_PORT
    return (
        Port("tcp", MARATHON_PORT, MARATHON_PORT, Source.MASTERS, "Marathon, to the one that leads"),
        Port("tcp", MARATHON_PORT, MARATHON_PORT, Source.API, "Marathon with a password"),
        Port("tcp", scheduler, scheduler, Source.MASTERS, "Marathon's scheduler, for the leading master"),
    )


def _node_ports() -> tuple[Port, ...]:
    first, last = TASK_PORTS
    return (
        Port("tcp", AGENT_PORT, AGENT_PORT, Source.MASTERS, "agent, for the masters"),
        *(
            Port(protocol, first, last, source, "tasks")
            for protocol in ("tcp", "udp")
            for source in (Source.BAY, Source.PUBLISHED)
        ),
    )


ENGINE = Mesos()
