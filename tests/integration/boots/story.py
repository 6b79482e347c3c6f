"""One bay whose servers boot, and what its user does with it: the tests of a file are its story, in their order."""

import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openstack.connection import Connection

from tests.integration.bays.harness import CHECKOUT, Bay
from tests.integration.boots.booted_bay import tools

NAME = "physics"
"""The pages of docs/examples call the bay so."""

EXAMPLES = CHECKOUT / "docs" / "examples"

KEYPAIR = "mine"
"""As the bay's file in docs/examples says."""

ANSWER = re.compile(r"version=(\S+) host=\S+ node=(\S*)")

BUSY = 600.0
"""Seconds that a machine with much else to do may take for a bay."""


def typed(example: str, heading: str = "") -> list[str]:
    """The commands on an example's page, block by block: those under a heading of second level, or all."""
    text = (EXAMPLES / example / "README.md").read_text()
    if heading:
        text = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@dataclass
class Story:
    """The bay's user, and the same user's login."""

    user: Bay
    cloud: Connection
    volumes: list[Any] = field(default_factory=list)

    def run(self, *words: str) -> None:
        """A command of `bay` that has to go through, however long it takes."""
        result = self.user.start(*words).wait(BUSY)
        assert result.code == 0, result

    def type(self, script: str, folder: Path | str = EXAMPLES, **variables: str) -> str:
        """What a script prints that has the bay's client files, in the folder of an example; it has to go through."""
        text = f'eval "$(bay config {NAME})"\n{script}'
        path = f"{self.user.home}/bin:{tools(self.user)}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=EXAMPLES / folder,
            env=self.user.environment(PATH=path, **variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=BUSY,
        )
        assert done.returncode == 0, (script, done)
        return done.stdout

    def addresses(self) -> dict[str, str]:
        """Node -> floating IP."""
        return {
            server.name: address["addr"]
            for server in self.cloud.compute.servers(name=f"^{NAME}-node-")
            for addresses in server.addresses.values()
            for address in addresses
            if address["OS-EXT-IPS:type"] == "floating"
        }

    def answers(self, port: int) -> dict[str, str]:
        """Node -> version of the web service that answers there for itself; else what was heard."""
        heard = {node: ask(f"http://{address}:{port}/") for node, address in self.addresses().items()}
        said = {node: ANSWER.fullmatch(text.strip()) for node, text in heard.items()}
        return {node: m[1] if (m := said[node]) and m[2] == node else heard[node] for node in heard}

    def make_volume(self, name: str) -> str:
        """The id of a new one of 1 GiB."""
        storage = self.cloud.block_storage
        volume = storage.create_volume(size=1, name=name)
        self.volumes.append(volume)
        storage.wait_for_status(volume, "available", interval=0.2, wait=60)
        return str(volume.id)

    def attach(self, volume: str, node: str) -> None:
        """As `openstack server add volume`, once nobody else has it."""
        self.cloud.block_storage.wait_for_status(
            self.cloud.block_storage.get_volume(volume), "available", interval=0.2, wait=60
        )
        server = self.cloud.compute.find_server(node, ignore_missing=False)
        self.cloud.compute.create_volume_attachment(server, volume_id=volume)

    def clear(self) -> None:
        """Delete the bay, and what the user made beside it."""
        self.user.delete_all()
        for volume in self.volumes:
            self.cloud.block_storage.delete_volume(volume)
            self.cloud.block_storage.wait_for_delete(volume, interval=0.2, wait=60)
        self.cloud.compute.delete_keypair(KEYPAIR)


@contextmanager
def told(user: Bay, cloud: Connection, engine: str) -> Iterator[Story]:
    """A story that begins with one master and two nodes, and leaves nothing."""
    cloud.compute.create_keypair(name=KEYPAIR, public_key=_set_up_ssh(user.home))
    story = Story(user, cloud)
    try:
        story.run("create", NAME, "--model", engine, "--file", str(EXAMPLES / "bay.yaml"))
        yield story
    finally:
        story.clear()


def ask(url: str, body: str | None = None) -> str:
    """What a web service answers to GET, or to PUT of a body; what is wrong, where it does not."""
    request = urllib.request.Request(url, body and body.encode(), method="PUT" if body else "GET")
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return str(answer.read().decode())
    except OSError as error:  # also urllib's own
        return str(error)


def comes(wanted: object, seen: Callable[[], object], seconds: float = 240) -> None:
    """Wait until `seen()` is what is wanted; fail with what it was at last."""
    deadline = time.monotonic() + seconds
    while (last := seen()) != wanted and time.monotonic() < deadline:
        time.sleep(0.3)
    assert last == wanted


def _set_up_ssh(home: Path) -> str:
    """The public key of a user whose `ssh` has the private one, and asks nothing about unknown servers."""
    key, command = home / "key", home / "bin" / "ssh"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    known = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ConnectTimeout=5"
    command.parent.mkdir()
    # Not by a file: ssh looks for its configuration in the real home.
    command.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -i {key} {known} "$@"\n')
    command.chmod(0o755)
    return key.with_suffix(".pub").read_text()
