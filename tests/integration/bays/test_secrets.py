"""No secret of a bay stands in the clear anywhere but where it is asked for."""

import base64
import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from tests.integration.bays.harness import CHECKOUT, Bay

pytestmark = pytest.mark.sandbox

SECRET_FIELDS = ("ca_key", "client_key", "server_key", "ssh_host_key", "join_node_key", "join_master_key", "member_key")


def body(pem: str) -> str:
    """The middle line of a key: what a search finds however the lines are joined."""
    lines = [line for line in pem.strip().splitlines() if "-----" not in line]
    return lines[len(lines) // 2]


def forms(secret: str) -> Iterator[bytes]:
    """A secret as it is, and in base64 at each of the three offsets."""
    yield secret.encode()
    for offset in range(3):
        encoded = base64.b64encode(b"x" * offset + secret.encode()).decode()
        yield encoded[4:-4].encode()  # the ends depend on what stands beside it


def secrets_of(bay: Bay, name: str) -> dict[str, str]:
    """Every key of the bay's identity, from the decrypted state."""
    script = f'eval "$(bay env {name})"; pulumi stack export --show-secrets --stack {name}'
    exported = bay.shell(script, cwd=CHECKOUT)
    assert exported.code == 0, exported.err
    resources = json.loads(exported.out)["deployment"]["resources"]
    identity = next(r for r in resources if r["type"] == "pulumi-python:dynamic/bay:Identity")
    generation = json.loads(identity["outputs"]["generations"]["plaintext"])[0]
    return {field: body(generation[field]) for field in SECRET_FIELDS}


TOKEN = re.compile(r"gAAAA[\w-]{40,}")
"""A token of Keystone, which is encrypted by Fernet."""


def password(bay: Bay) -> str:
    """Of the user's login."""
    login = yaml.safe_load(bay.sandbox.clouds_file.read_text())["clouds"][bay.cloud]
    return str(login["auth"]["password"])


def passphrase(bay: Bay, name: str) -> str:
    """The words that encrypt a bay's secrets."""
    (file,) = (bay.data / "passphrases").glob(f"*/{name}")
    return file.read_text()


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder; other runs of Pulumi may remove theirs meanwhile."""
    found = {}
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError, IsADirectoryError):
            found[str(path)] = path.read_bytes()
    return found


def command_lines() -> Iterator[bytes]:
    """Arguments of every process on this machine."""
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            yield Path(f"/proc/{entry}/cmdline").read_bytes()
        except OSError:
            continue


def test_no_secret_is_in_the_clear(bay: Bay) -> None:
    running = bay.start("--debug", "create", "vault", "--model", "swarm", "--nodes", "1")
    arguments: set[bytes] = set()
    while running.process.poll() is None:
        arguments.update(command_lines())
    created = running.wait()
    assert created.code == 0
    assert "DEBUG:keystoneauth" in created.err, "the calls to the cloud are shown"
    assert bay.run("scale", "vault", "2").code == 0
    printed = [
        bay.run(*words, "-f", "json").out
        for words in (("show", "vault"), ("list",), ("node", "list", "vault"), ("preview", "vault", "--nodes", "3"))
    ]
    shown = [
        bay.run("--debug", *words).err
        for words in (
            ("show", "vault"),
            ("node", "list", "vault"),
            ("preview", "vault", "--refresh"),
            ("drift", "vault"),
            ("config", "vault"),
            ("preview", "vault", "--nodes", "nonsense"),
        )
    ]
    logged = "\n".join([created.err, *shown])
    assert TOKEN.findall(logged) == []
    found = secrets_of(bay, "vault")
    found |= {"the cloud's password": password(bay), "the passphrase": passphrase(bay, "vault")}
    assert len(set(found.values())) == len(SECRET_FIELDS) + 2, "every key is another one"
    kept = ("clouds/", "passphrases/", "clients/")  # where they are to be, mode 0600
    texts = {path: text for path, text in contents(bay.home).items() if not any(folder in path for folder in kept)}
    texts["logged"] = logged.encode()  # Pulumi's home keeps no log: tests/toolchain/test_engine.py
    texts["command lines"] = b"\n".join(arguments)
    texts["printed"] = "\n".join(printed).encode()
    assert any("backups" in path or "history" in path for path in texts), "history is searched too"
    for field, secret in found.items():
        for form in forms(secret):
            assert [where for where, text in texts.items() if form in text] == [], field


def test_the_cloud_password_is_not_in_the_state(bay: Bay) -> None:
    login = yaml.safe_load(bay.sandbox.clouds_file.read_text())["clouds"]["sandbox"]
    password = login["auth"]["password"]
    openrc = {f"OS_{key.upper()}": value for key, value in login["auth"].items()}
    bay.make("rc", "--nodes", "0", OS_CLOUD=None, OS_CLIENT_CONFIG_FILE=None, OS_REGION_NAME="RegionOne", **openrc)
    exported = bay.shell('eval "$(bay env rc)"; pulumi stack export --show-secrets --stack rc', cwd=CHECKOUT)
    assert exported.code == 0, exported.err
    assert '"rc-master-0"' in exported.out
    assert password not in exported.out
