"""Boot data: files, users and commands -> the ``#cloud-config`` text that Nova gives a server.

No template engine: the document is a dict that is dumped once, scripts are whole files, and values
reach scripts only through an environment file.
"""

import base64
import gzip
import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bay.components.errors import BayError
from bay.components.yaml_file import dump

NOVA_LIMIT = 65535
"""Bytes of user data in base64 that Nova takes (its API schema: user_data, maxLength)."""
OWN = 500
"""Of these, bytes for what one server alone is given (`with_file`)."""
PUBLIC = frozenset({"0644", "0755"})
"""Modes of files that hold no secret."""


@dataclass(frozen=True)
class File:
    """A file on the server. mode: octal digits. owner: ``user:group``."""

    path: str
    content: str
    mode: str = "0644"
    owner: str = "root:root"


@dataclass(frozen=True)
class User:
    """An account without password. ssh_keys: lines of authorized_keys. sudo: what it may run as root, one rule."""

    name: str
    ssh_keys: tuple[str, ...]
    sudo: str
    shell: str = "/bin/sh"


@dataclass(frozen=True)
class HostKey:
    """The Ed25519 key that the server's sshd shows, instead of keys of its own making."""

    private: str
    public: str


def environment(values: Mapping[str, str | int | Sequence[str]]) -> str:
    """Lines ``NAME=value`` for a shell to read; a sequence becomes words, separated by blanks."""
    return "".join(f"{name}={shlex.quote(_words(value))}\n" for name, value in values.items())


def user_data(
    *,
    files: Sequence[File],
    commands: Sequence[Sequence[str]],
    users: Sequence[User] = (),
    host_key: HostKey | None = None,
) -> str:
    """The user data of a server. `commands` run once, at the end of the first boot, without a shell.

    The image's own user with the Nova keypair stays. Raises BayError where Nova would refuse the size.
    """
    document: dict[str, Any] = {
        "locale": "C.UTF-8",  # any other makes cloud-init run locale-gen: half a minute of CPU on eight nodes at once
        "prefer_fqdn_over_hostname": False,  # the host name is the server's name, without the cloud's domain
        "manage_etc_hosts": "localhost",  # sudo looks its own host up
        "ssh_genkeytypes": ["ed25519"],
        "ssh_pwauth": False,
    }
    if host_key is not None:
        document["ssh_keys"] = {"ed25519_private": host_key.private, "ed25519_public": host_key.public}
    if users:
        document["users"] = ["default", *(_user(user) for user in users)]
    document["runcmd"] = [list(command) for command in commands]
    text = "#cloud-config\n" + _part(document) + _write_files(files)  # at the end, where `with_file` adds to it
    size = len(packed(text)) + OWN
    if size > NOVA_LIMIT:
        raise BayError(
            f"boot data takes {size} bytes; Nova's limit is {NOVA_LIMIT}",
            "put large files into the image",
        )
    return text


def packed(text: str) -> str:
    """User data as it goes to Nova: gzip and base64, since the state keeps it for each server.

    cloud-init unpacks it; the OpenStack provider passes on what is base64 already.
    """
    return base64.b64encode(gzip.compress(text.encode(), compresslevel=9, mtime=0)).decode()


def with_file(data: str, file: File) -> str:
    """Packed user data with one more file: what many servers have in common is compressed once.

    It has a file already. gzip knows a text in several parts, and a list goes on in YAML. As JSON, which is YAML too:
    a dump would take most of the time that a server takes here.
    """
    part = gzip.compress(f"- {json.dumps(_file(file))}\n".encode(), compresslevel=9, mtime=0)
    return base64.b64encode(base64.b64decode(data) + part).decode()


def unpacked(data: str) -> str:
    """What `packed` was given, and what `with_file` added."""
    return gzip.decompress(base64.b64decode(data)).decode()


def _write_files(files: Sequence[File]) -> str:
    """The last part of the document, as a dump of it whole would have it, but for an end of the document.

    Every group's servers are given much the same files, and to write one as YAML takes most of the time here.
    """
    entries = "".join(_public_entry(file) if file.mode in PUBLIC else _entry(file) for file in files)
    return f"write_files:\n{entries}" if entries else "write_files: []\n"


def _entry(file: File) -> str:
    return _part([_file(file)])


def _part(value: object) -> str:
    """YAML that more may follow: after a text that ends with empty lines, PyYAML writes that the document ends."""
    text = dump(value)
    return text.removesuffix("...\n") if text.endswith("\n...\n") else text  # lines of a value are indented


_public_entry = lru_cache(maxsize=256)(_entry)


def _words(value: str | int | Sequence[str]) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else " ".join(value)


def _user(user: User) -> dict[str, Any]:
    return {
        "name": user.name,
        "shell": user.shell,
        "lock_passwd": True,
        "sudo": user.sudo,
        **({"ssh_authorized_keys": list(user.ssh_keys)} if user.ssh_keys else {}),
    }


def _file(file: File) -> dict[str, str]:
    return {"path": file.path, "owner": file.owner, "permissions": file.mode, "content": file.content}
