"""A sandbox whose servers boot, as its tests use it: servers, and programs that run where a server's programs do."""

import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openstack.connection import Connection

from bay.sandbox import Sandbox
from bay.sandbox.services.sandbox_services.nodes import namespaces
from bay.sandbox.services.sandbox_services.nodes.names import Names
from bay.sandbox.services.sandbox_services.nodes.node import Node

TALK = Path(__file__).with_name("talk.py")
SOON = 60.0  # seconds: a change is in force after one, on a busy machine after many
BOOTED = 120.0  # seconds for a node to answer, after three on an idle machine


def eventually(wanted: object, ask: Callable[..., object], *arguments: Any, within: float = SOON) -> None:
    """Ask until the answer is the one that is wanted; fail with the last one."""
    end = time.monotonic() + within
    while (answer := ask(*arguments)) != wanted and time.monotonic() < end:
        time.sleep(0.1)
    assert answer == wanted, f"{answer!r} and not {wanted!r}"


class Program:
    """A process and the lines that it has printed so far."""

    def __init__(self, command: list[str]) -> None:
        self.lines: list[str] = []
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self.lines.append(line.strip())

    def end(self) -> None:
        """End it; may be called again."""
        self._process.kill()
        self._reader.join()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


@dataclass
class Booted:
    """The sandbox and its member; ``key`` is the private half of the key pair `tests`."""

    sandbox: Sandbox
    cloud: Connection
    key: Path
    programs: list[Program] = field(default_factory=list)

    def boot(
        self, name: str, networks: list[dict[str, str]], user_data: str = "#cloud-config\n", **options: Any
    ) -> Any:
        """A server of the smallest flavor with the image `debian-12-docker`; not waited for."""
        cloud = self.cloud.compute
        return cloud.create_server(
            name=name,
            flavor_id=cloud.find_flavor("m1.tiny").id,
            image_id=self.cloud.image.find_image("debian-12-docker").id,
            networks=networks,
            key_name="tests",
            user_data=b64encode(user_data.encode()).decode(),
            **options,
        )

    def wait(self, server: Any, status: str = "ACTIVE") -> Any:
        """Until it has that status."""
        return self.cloud.compute.wait_for_server(server, status=status, interval=0.2, wait=90)

    def delete(self, *servers: Any) -> None:
        """Delete and wait."""
        for server in servers:
            self.cloud.compute.delete_server(server)
        for server in servers:
            self.cloud.compute.wait_for_delete(server, interval=0.2, wait=90)

    def node(self, server: Any) -> Node:
        """What the server is on this machine."""
        state = self.sandbox.state.absolute()
        return Node(state / "nodes", Names.of(state), server.id)

    def ssh(self, address: str, command: str) -> str:
        """Output of a command on a node; an empty string where it is not reached or fails."""
        return output("ssh", *self.ssh_options, f"debian@{address}", command)

    @property
    def ssh_options(self) -> list[str]:
        """For the key of the tests and a server that is not known."""
        options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "ConnectTimeout=1")
        return ["-i", str(self.key), *(part for option in options for part in ("-o", option))]

    def beat(self, address: str) -> Program:
        """An ssh session that prints a line five times a second."""
        return self._start(["ssh", *self.ssh_options, f"debian@{address}", "while echo beat; do sleep 0.2; done"])

    def talk(self, server: Any, *arguments: str) -> Program:
        """Run talk.py where the programs of a server (None: of this machine) are, until the tests end."""
        return self._start([*self.place(server), sys.executable, str(TALK), *arguments])

    def _start(self, command: list[str]) -> Program:
        self.programs.append(Program(command))
        return self.programs[-1]

    def ask(self, server: Any, address: str, port: int, source: str = "0.0.0.0") -> str:
        """What a server (None: this machine) is answered."""
        return output(*self.place(server), sys.executable, str(TALK), "ask", address, str(port), source)

    def ping(self, server: Any, address: str) -> bool:
        """Whether an echo comes back to a server."""
        first = self.node(server).container.first_process()
        return bool(output("nsenter", f"--target={first}", "--all", "ping", "-c1", "-W1", address))

    def place(self, server: Any) -> list[str]:
        """Begin of a command that shall run on the server's network."""
        return ["nsenter", f"--net={namespaces.path(self.node(server).namespace)}"] if server else []

    def end(self) -> None:
        """End all programs that were started."""
        for program in self.programs:
            program.end()


def output(*command: str) -> str:
    """What a command says when it succeeds, else nothing."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode else done.stdout
