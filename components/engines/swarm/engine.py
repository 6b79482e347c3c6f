"""Docker Swarm: managers on the masters, workers on the nodes, Docker's API with TLS on the managers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bay.components.engines import Client, Facts, Options, Port, Question, Source, docker_daemon
from bay.components.engines.backups import Snapshots
from bay.components.engines.docker_daemon import DockerOptions
from bay.components.engines.impact_terms import ImpactTerms
from bay.components.engines.members import Members
from bay.components.engines.ownership_rules import OwnershipRule
from bay.components.engines.swarm.contexts import Contexts
from bay.components.engines.swarm.members import SwarmMembers
from bay.components.engines.upgrades import UpgradeRules
from bay.components.node import certificates, join_ssh, user_data
from bay.components.node.cloudinit import File
from bay.components.node.credentials import Generation, Secret, current
from bay.components.node.user_data import Boot

if TYPE_CHECKING:
    from bay.components.spec import BaySpec

SCRIPTS = ("start", "networks.sh", "cluster.sh")
UNIT = "bay-swarm.service"

TERMS = ImpactTerms(
    work="tasks of services",
    moves="move to other nodes while the server shuts down (40 s for that), or 15 s after the managers miss it",
    keeper="Raft",
    meanwhile="running containers go on, nothing is rescheduled",
)

SNAPSHOTS = Snapshots("swarm", "the Raft directory")


def node_versions(answer: Any) -> dict[str, str]:
    """Version of each server's Docker, from the list of nodes; of several entries of a name a ready one counts."""
    known = sorted(answer, key=lambda node: node["Status"]["State"] == "ready")
    named = [(node["Description"].get("Hostname"), node["Description"].get("Engine") or {}) for node in known]
    return {name: engine["EngineVersion"] for name, engine in named if name and engine.get("EngineVersion")}


RULES = UpgradeRules(program="Docker", image_property="docker_version", node_versions=node_versions)
"""Docker names no limit to the skew: managers first, since workers speak what their managers know."""


class SwarmOptions(DockerOptions):
    """Docker Swarm has no options but Docker's."""


@dataclass(frozen=True)
class Swarm:
    """Docker Swarm mode, with the distribution's own Docker (20.10 or later)."""

    name: str = "swarm"
    title: str = "Docker Swarm"
    api_port: int = 2376
    options: type[Options] = SwarmOptions
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    impact_terms: ImpactTerms = TERMS
    fixed_masters: bool = False
    ownership_rules: Sequence[OwnershipRule] = ()
    certificate_power: str = "gives full power over the bay, whatever its subject says"
    question: Question = field(default_factory=lambda: Question("/nodes"))
    contexts: Contexts = field(default_factory=Contexts)
    members: Members = field(default_factory=SwarmMembers)
    upgrade_rules: UpgradeRules = RULES
    snapshots: Snapshots = SNAPSHOTS

    def check(self, spec: "BaySpec") -> None:
        """Swarm knows labels, but no taints."""
        for name, group in {"nodes": spec.nodes, **spec.node_groups}.items():
            if group.taints:
                raise ValueError(f"{name}.taints: Docker Swarm has no taints; use labels and placement constraints")

    def wants_cloud(self, _spec: "BaySpec") -> bool:
        """Never."""
        return False

    def ports(self, role: str, _spec: "BaySpec") -> tuple[Port, ...]:
        """Docker's table (docs: swarm-tutorial, protect-access), SSH for joining, and what the user opened."""
        common = (
            Port("tcp", 22, 22, Source.SSH, "SSH of administrators"),
            Port("tcp", 7946, 7946, Source.BAY, "gossip between nodes"),
            Port("udp", 7946, 7946, Source.BAY, "gossip between nodes"),
            Port("udp", 4789, 4789, Source.BAY, "overlay networks (VXLAN)"),
            Port("esp", None, None, Source.BAY, "encrypted overlay networks"),
        )
        masters = (
            Port("tcp", 22, 22, Source.BAY, "SSH of joining servers"),
            Port("tcp", 2377, 2377, Source.BAY, "cluster management"),
            Port("tcp", self.api_port, self.api_port, Source.API, "Docker API with client certificates"),
        )
        nodes = (
            Port("tcp", 80, 80, Source.PUBLISHED, "published services"),
            Port("tcp", 443, 443, Source.PUBLISHED, "published services"),
            Port("tcp", 30000, 32767, Source.PUBLISHED, "published services, ports that Swarm chooses"),
            Port("udp", 30000, 32767, Source.PUBLISHED, "published services, ports that Swarm chooses"),
        )
        return common + (masters if role == "master" else nodes)

    def boot(self, facts: Facts) -> Boot:
        """Scripts and units; on masters also the API's certificate and the join account."""
        keys = current(facts.generations)
        master = facts.role == "master"
        own = _master_files(facts, keys) if master else []
        return Boot(
            settings=_settings(),
            files=[*_common_files(facts), *own],
            units=[UNIT, *join_ssh.units(keys, facts.role)],
            users=[join_ssh.user()] if master else [],
            host_key=join_ssh.host_key(keys) if master else None,
            engine_paths=["/var/lib/docker"],
            state_paths=["/var/lib/docker/swarm"],
            services=docker_daemon.SERVICES,
        )

    def client_files(self, client: Client) -> dict[str, str]:
        """The files that the docker client looks for in DOCKER_CERT_PATH."""
        keys = current(client.generations)
        return {"ca.pem": keys["ca_cert"], "cert.pem": keys["client_cert"], "key.pem": keys["client_key"]}

    def turned_to(self, files: Mapping[str, str], _address: str) -> dict[str, str]:
        """The environment says where the API is."""
        return dict(files)

    def client_environment(self, addresses: Sequence[str], folder: str) -> dict[str, str]:
        """What `docker` reads."""
        return {"DOCKER_HOST": f"tcp://{addresses[0]}", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": folder}

    def node_health(self, answer: Any) -> dict[str, str]:
        """A node that the managers reach is healthy; of several entries of a name, a healthy one counts.

        One that has just been let in has neither a name nor a state yet. A worker says itself how it is called: one
        that has a master's name is not that master.
        """
        if not isinstance(answer, list):
            raise TypeError("not a list of nodes")
        known = [(node["Description"].get("Hostname") or "", node) for node in answer]
        masters = {_group(name) for name, node in known if _is_manager(node)}
        named = [(name, node) for name, node in known if name and (_is_manager(node) or _group(name) not in masters)]
        healthy = {name for name, node in named if _reached(node)}
        return {name: "HEALTHY" if name in healthy else "UNHEALTHY" for name in sorted({n for n, _ in named})}


def _group(name: str) -> str:
    """The name without the server's number."""
    return name.rpartition("-")[0]


def _is_manager(node: Mapping[str, Any]) -> bool:
    return bool(node.get("ManagerStatus"))


def _reached(node: Mapping[str, Any]) -> bool:
    """As a node, and a manager as a manager too: its agent may be connected while its Raft is not."""
    manager = node.get("ManagerStatus")
    return node["Status"]["State"] == "ready" and (not manager or manager.get("Reachability") == "reachable")


def _common_files(facts: Facts) -> list[File]:
    role = facts.role
    drop_in = ("swarm", "docker-master.conf") if role == "master" else ("common", "docker.conf")
    return [
        *docker_daemon.files(_daemon(facts), user_data.static(*drop_in)),
        user_data.unit("swarm", UNIT),
        *(user_data.script("swarm", name) for name in SCRIPTS),
        *join_ssh.files(facts.generations, role, "swarm"),
    ]


def _settings() -> dict[str, str | int | Sequence[str]]:
    return {**join_ssh.settings(), **docker_daemon.settings()}


def _daemon(facts: Facts) -> dict[str, object]:
    """Docker's settings; no live-restore, which Swarm forbids."""
    labels = [f"{key}={value}" for key, value in facts.group_spec.labels.items()]
    settings: dict[str, object] = {
        "labels": [f"bay.name={facts.bay}", f"bay.group={facts.group}", *labels],
        **docker_daemon.daemon(facts, SwarmOptions.model_validate(facts.spec.options)),
    }
    if facts.role == "master":
        tls = {name: f"/etc/docker/{file}.pem" for name, file in _TLS_FILES.items()}
        settings |= {"tlsverify": True, **tls}
    return settings


_TLS_FILES = {"tlscacert": "ca", "tlscert": "server", "tlskey": "server-key"}


def _master_files(facts: Facts, keys: Generation) -> list[File]:
    issuer = certificates.Authority(keys["ca_key"], keys["ca_cert"])
    return [
        File("/etc/docker/ca.pem", keys["ca_cert"]),
        File(
            "/etc/docker/server.pem",
            certificates.server(issuer, keys["server_key"], facts.server_names, facts.signing_moment),
        ),
        File("/etc/docker/server-key.pem", keys["server_key"], "0600"),
    ]


ENGINE = Swarm()
