"""Runs `bay` as a user does: a process of its own, in a home of its own, on the sandbox cloud."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from openstack.config import OpenStackConfig
from openstack.connection import Connection

from bay.sandbox import Sandbox
from tests.paths import ROOT
from tests.waiting import eventually

CHECKOUT = ROOT
COMMAND = Path(sys.executable).with_name("bay")
PROJECTS = ("sandbox", "sandbox-other")
"""Entries of clouds.yaml: an ordinary member of each of the two projects."""

LIMIT = 420.0
"""Seconds after which a command has failed."""

Inventory = dict[str, list[str]]


@dataclass(frozen=True)
class Result:
    """How a command ended: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The document on standard output; the test fails where there is none."""
        assert self.out, self
        return json.loads(self.out)

    @property
    def error(self) -> tuple[str, str]:
        """(what is wrong, what to do): the two lines that every error ends with; the test fails for any other."""
        lines = self.err.splitlines()
        start = next((i for i, line in enumerate(lines) if line.startswith("error: ")), None)
        assert start is not None, f"no error line: {self}"
        assert "Traceback" not in self.err, self
        rest = lines[start + 1 :]
        assert len(rest) <= 1, f"more than two lines: {self}"
        assert all(line.startswith("       ") for line in rest), self
        return lines[start].removeprefix("error: "), rest[0].strip() if rest else ""


@dataclass(frozen=True)
class Running:
    """A command that goes on; `interrupt` and `kill` are for what the tests are about."""

    process: subprocess.Popen[str]
    out: Path
    err: Path

    def interrupt(self) -> None:
        """What a terminal's Ctrl-C sends: SIGINT to the process group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def kill(self) -> None:
        """SIGKILL to `bay` alone, as the kernel's out-of-memory killer does."""
        self.process.kill()

    def wait(self, seconds: float = LIMIT) -> Result:
        """Its end."""
        code = self.process.wait(seconds)
        return Result(code, self.out.read_text(), self.err.read_text())

    def until(self, seen: Callable[[], object], seconds: float = 60) -> None:
        """Wait until `seen` is true; the test fails where the command ends before."""
        eventually(lambda: seen() or self.process.poll() is not None, seconds)
        assert self.process.poll() is None, self.wait()


@dataclass
class Bay:
    """A user of `bay`: a home folder with state, passphrases and configuration, and a login."""

    home: Path
    sandbox: Sandbox
    cloud: str = "sandbox"
    extra: Mapping[str, str] = field(default_factory=dict)
    started: list[Running] = field(default_factory=list)

    @property
    def state(self) -> Path:
        """Folder of the Pulumi state."""
        return self.home / "state"

    @property
    def data(self) -> Path:
        """What XDG_DATA_HOME/bay is to this user: passphrases and locks."""
        return self.home / "data" / "bay"

    def environment(self, **changes: str | None) -> dict[str, str]:
        """The whole environment of a command; None takes a variable away."""
        kept = {key: os.environ[key] for key in ("PATH", "LANG", "LC_ALL", "TMPDIR") if key in os.environ}
        cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        own = {
            "HOME": str(self.home),
            "XDG_CACHE_HOME": cache,  # Pulumi is there, and takes minutes to build
            "XDG_DATA_HOME": str(self.home / "data"),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "BAY_STATE": f"file://{self.state}",
            "OS_CLIENT_CONFIG_FILE": str(self.sandbox.clouds_file),
            "OS_CLOUD": self.cloud,
        }
        merged = {**kept, **own, **self.extra, **changes}
        return {key: value for key, value in merged.items() if value is not None}

    def run(self, *words: str, cwd: Path | None = None, **changes: str | None) -> Result:
        """`bay WORDS` to its end; `changes` of the environment, None takes a variable away."""
        return self.execute([str(COMMAND), *words], cwd=cwd, **changes)

    def make(self, name: str, *words: str, **changes: str | None) -> None:
        """`bay create` that has to go through: model swarm, unless `words` name another."""
        model = () if "--model" in words else ("--model", "swarm")
        result = self.run("create", name, *model, *words, **changes)
        assert result.code == 0, result

    def execute(self, words: Sequence[str], cwd: Path | None = None, **changes: str | None) -> Result:
        """Any program in the user's environment."""
        done = subprocess.run(
            words,
            cwd=cwd or self.home,
            env=self.environment(**changes),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def shell(self, script: str, cwd: Path | None = None, bay: str = "", **changes: str | None) -> Result:
        """A script after ``eval "$(bay env BAY)"``, in the checkout unless `cwd` is given."""
        text = f'set -e; eval "$({COMMAND} env {bay})"\n{script}'
        return self.execute(["bash", "-c", text], cwd=cwd or CHECKOUT, **changes)

    def start(self, *words: str, **changes: str | None) -> Running:
        """`bay WORDS` in a process group of its own, going on."""
        number = len(list(self.home.glob("run-*.err")))
        out, err = self.home / f"run-{number}.out", self.home / f"run-{number}.err"
        with out.open("w") as stdout, err.open("w") as stderr:
            process = subprocess.Popen(
                [str(COMMAND), *words],
                cwd=self.home,
                env=self.environment(**changes),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                text=True,
                start_new_session=True,
            )
        self.started.append(Running(process, out, err))
        return self.started[-1]

    def names(self) -> list[str]:
        """Bays of this user's state."""
        if not self.state.exists():
            return []
        result = self.run("list", "-f", "value", "-c", "name")
        assert result.code == 0, result
        return result.out.split()

    def delete_all(self) -> None:
        """End every bay of this user's state, and first the commands that a failed test left running."""
        for run in self.started:
            if run.process.poll() is None:
                run.interrupt()
                run.wait()
        for name in self.names():
            result = self.run("delete", name, "--yes")
            assert result.code == 0, result


def connect(sandbox: Sandbox, cloud: str) -> Connection:
    """Log in by an entry of the sandbox's clouds.yaml, with nothing of the environment."""
    config = OpenStackConfig(config_files=[str(sandbox.clouds_file)], load_envvars=False)
    return Connection(config=config.get_one(cloud))


def inventory(clouds: Sequence[Connection]) -> Inventory:
    """What the projects hold, as ``kind`` -> sorted ``name (id)``; empty kinds are left out."""
    with ThreadPoolExecutor(len(clouds)) as pool:
        held = list(pool.map(_holdings, clouds))
    return {kind: sorted(names) for kind in held[0] if (names := [n for one in held for n in one[kind]])}


def everywhere(admin: Connection, members: Sequence[Connection]) -> Inventory:
    """What all projects hold, as far as the administrator sees it, and what only its owners see of the members'."""
    network, balancing = admin.network, admin.load_balancer
    things = {
        "server": admin.compute.servers(details=False, all_projects=True),
        "server group": admin.compute.server_groups(all_projects=True),
        "port": network.ports(),
        "network": network.networks(),
        "subnet": network.subnets(),
        "router": network.routers(),
        "security group": network.security_groups(),
        "security group rule": network.security_group_rules(),
        "floating IP": network.ips(),
        "volume": admin.block_storage.volumes(details=False, all_projects=True),
        "snapshot": admin.block_storage.snapshots(details=False, all_projects=True),
        "load balancer": balancing.load_balancers(),
        "listener": balancing.listeners(),
        "pool": balancing.pools(),
        "health monitor": balancing.health_monitors(),
    }
    seen = {kind: sorted(f"{thing.name or ''} ({thing.id})" for thing in found) for kind, found in things.items()}
    owners = inventory(members)
    return seen | {kind: owners.get(kind, []) for kind in ("keypair", "secret", "container", "application credential")}


def of_barbican(cloud: Connection, what: str) -> list[SimpleNamespace]:
    """Secrets or containers of the project; openstacksdk goes round in circles in Barbican's pages."""
    found = cloud.key_manager.get(f"/{what}", params={"limit": 100}).json()[what]
    return [
        SimpleNamespace(name=one["name"], id=one[f"{what[:-1]}_ref"].rsplit("/", 1)[-1], type=one.get("type"))
        for one in found
    ]


def _holdings(cloud: Connection) -> Inventory:
    project = cloud.current_project_id
    network = cloud.network
    things = {
        "server": cloud.compute.servers(details=False),
        "server group": cloud.compute.server_groups(),
        "keypair": cloud.compute.keypairs(),
        "port": network.ports(project_id=project),
        "network": network.networks(project_id=project),
        "subnet": network.subnets(project_id=project),
        "router": network.routers(project_id=project),
        "security group": network.security_groups(project_id=project),
        "security group rule": network.security_group_rules(project_id=project),
        "floating IP": network.ips(project_id=project),
        "volume": cloud.block_storage.volumes(details=False),
        "load balancer": cloud.load_balancer.load_balancers(),
        "secret": of_barbican(cloud, "secrets"),
        "container": of_barbican(cloud, "containers"),
        "application credential": cloud.identity.application_credentials(user=cloud.current_user_id),
    }
    return {kind: [f"{thing.name or ''} ({thing.id})" for thing in found] for kind, found in things.items()}
