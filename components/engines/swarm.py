"""Docker Swarm: managers on the masters, workers on the nodes, Docker's API with TLS on the managers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

from bay.components import certificates, cloudinit
from bay.components.cloudinit import File
from bay.components.credentials import Generation, current
from bay.components.engines import Facts, Port, Source

JOIN_USER = "bay-join"
MASTER_ALIAS = "bay-master"
"""The name under which every master's host key is known: they all show the same one."""
LIBRARY = "/usr/local/lib/bay"
SETTINGS = "/etc/bay"

SCRIPTS = ("start", "common.sh", "docker.sh", "cluster.sh", "guard-metadata")
MASTER_SCRIPTS = ("join-door", "join-root")
UNITS = ("bay-metadata.service", "bay-swarm.service")
SWARM_ROLES = {"master": "manager", "node": "worker"}


@dataclass(frozen=True)
class Swarm:
    """Docker Swarm mode, with the distribution's own Docker (20.10 or later)."""

    name: str = "swarm"
    title: str = "Docker Swarm"
    api_port: int = 2376

    def ports(self, role: str) -> tuple[Port, ...]:
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

    def boot(self, role: str, facts: Facts) -> str:
        """User data: settings, scripts and units; on masters also the API's certificate and the join account."""
        keys = current(facts.generations)
        master = role == "master"
        own = _master_files(facts, keys) if master else []
        return cloudinit.user_data(
            files=[*_common_files(role, facts, keys), *own],
            commands=[["systemctl", "enable", "--now", "--no-block", *UNITS]],
            users=[_join_user(keys)] if master else [],
            host_key=cloudinit.HostKey(keys["ssh_host_key"], keys["ssh_host_public_key"]) if master else None,
        )

    def client_files(self, generations: Sequence[Generation]) -> dict[str, str]:
        """The files that the docker client looks for in DOCKER_CERT_PATH."""
        keys = current(generations)
        return {"ca.pem": keys["ca_cert"], "cert.pem": keys["client_cert"], "key.pem": keys["client_key"]}

    def client_environment(self, address: str, folder: str) -> dict[str, str]:
        """What `docker` reads."""
        return {"DOCKER_HOST": f"tcp://{address}", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": folder}


def _common_files(role: str, facts: Facts, keys: Generation) -> list[File]:
    join_key = keys["join_master_key"] if role == "master" else keys["join_node_key"]
    scripts = SCRIPTS + (MASTER_SCRIPTS if role == "master" else ())
    return [
        File(f"{SETTINGS}/env", cloudinit.environment(_settings(role, facts)), "0600"),
        File(f"{SETTINGS}/join_key", join_key, "0600"),
        File(f"{SETTINGS}/known_hosts", f"{MASTER_ALIAS} {keys['ssh_host_public_key']}\n"),
        File(f"{SETTINGS}/ssh_config", _static("ssh_config")),
        File("/etc/docker/daemon.json", json.dumps(_daemon(role, facts), indent=2) + "\n"),
        File("/etc/systemd/system/docker.service.d/bay.conf", _static(f"docker-{role}.conf")),
        *(File(f"/etc/systemd/system/{unit}", _static(unit)) for unit in UNITS),
        *(_script(name) for name in scripts),
    ]


def _settings(role: str, facts: Facts) -> dict[str, str | int | Sequence[str]]:
    """What the scripts know; nothing in it is secret."""
    return {
        "BAY_NAME": facts.bay,
        "BAY_ID": facts.bay_id,
        "BAY_GROUP": facts.group,
        "BAY_ROLE": role,
        "BAY_MADE_AT": int(datetime.fromisoformat(facts.made_at).timestamp()),
        "BAY_MASTER_NAMES": facts.master_names,
        "BAY_MASTER_ADDRESSES": facts.master_addresses,
        "BAY_JOIN_KEY": f"{SETTINGS}/join_key",
        "BAY_SSH_CONFIG": f"{SETTINGS}/ssh_config",
        "BAY_DOCKER_ENV": f"{SETTINGS}/docker.env",
        "BAY_DOCKER_FILES": ["/etc/docker/daemon.json", "/etc/systemd/system/docker.service.d/bay.conf"],
        "BAY_DOCKER_APPLIED": f"{SETTINGS}/docker.applied",
        "BAY_CONSOLE": "/dev/console",
    }


def _daemon(role: str, facts: Facts) -> dict[str, object]:
    """Docker's settings; no live-restore, which Swarm forbids."""
    settings: dict[str, object] = {
        "labels": [f"bay.name={facts.bay}", f"bay.group={facts.group}"],
        "log-driver": "json-file",
        "log-opts": {"max-size": "10m", "max-file": "3"},
    }
    if role == "master":
        tls = {name: f"/etc/docker/{file}.pem" for name, file in _TLS_FILES.items()}
        settings |= {"tlsverify": True, **tls}
    return settings


_TLS_FILES = {"tlscacert": "ca", "tlscert": "server", "tlskey": "server-key"}


def _master_files(facts: Facts, keys: Generation) -> list[File]:
    names = [*facts.master_names, *facts.master_addresses, *facts.api_names, "localhost", "127.0.0.1"]
    issuer = certificates.Authority(keys["ca_key"], keys["ca_cert"])
    made_at = datetime.fromisoformat(facts.made_at)
    return [
        File("/etc/docker/ca.pem", keys["ca_cert"]),
        File("/etc/docker/server.pem", certificates.server(issuer, keys["server_key"], names, made_at)),
        File("/etc/docker/server-key.pem", keys["server_key"], "0600"),
        File("/etc/ssh/sshd_config.d/60-bay.conf", _static("sshd.conf")),
    ]


def _join_user(keys: Generation) -> cloudinit.User:
    """May run one command for each key: say the token of that key's role."""
    doors = (("node", keys["join_node_public_key"]), ("master", keys["join_master_public_key"]))
    lines = [f'restrict,command="{LIBRARY}/join-door {SWARM_ROLES[role]}" {key}' for role, key in doors]
    return cloudinit.User(JOIN_USER, tuple(lines), sudo=f"ALL=(root) NOPASSWD: {LIBRARY}/join-root")


def _script(name: str) -> File:
    """A script without its comments, which would be a quarter of what the state keeps for each server."""
    lines = _static(name).splitlines(keepends=True)
    code = "".join(line for line in lines if not line.lstrip().startswith("#") or line.startswith("#!"))
    return File(f"{LIBRARY}/{name}", code, "0644" if name.endswith(".sh") else "0755")


def _static(name: str) -> str:
    return files("bay.components.engines").joinpath("files", "swarm", name).read_text()


ENGINE = Swarm()
