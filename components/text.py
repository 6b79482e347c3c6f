"""Text for people."""

import re
import shlex
from collections.abc import Sequence

_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
"""What moves a terminal's cursor, changes the order in which text is shown, or is not shown: control characters but
line feed and tab, Unicode's bidirectional and invisible formatting characters, and bytes of a name that are no text."""


def join_names(names: Sequence[str], limit: int = 5) -> str:
    """The first of the names, and how many there are if there are more."""
    return ", ".join(names[:limit]) + (f", ... ({len(names)} in all)" if len(names) > limit else "")


def first_ipv4(addresses: Sequence[str]) -> str:
    """The first address of IPv4; where there is none, the first."""
    return next((address for address in addresses if ":" not in address), addresses[0])


def host_and_port(host: str, port: int) -> str:
    """``192.0.2.1:6443``, ``[2001:db8::1]:6443``."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def without_passwords(text: str) -> str:
    """``postgres://bay:secret@host/db`` -> ``postgres://bay:***@host/db``."""
    return re.sub(r"(://[^\s/:@]*):[^\s/]*@", r"\1:***@", text)


def printable(text: str) -> str:
    r"""Text as a terminal may have it, whoever wrote it: what acts or hides there becomes ``\x1b`` or ``\u202e``."""
    return _UNSEEN.sub(lambda match: escape(match[0]), text)


def is_printable(text: str) -> bool:
    """Whether a text is shown as it is."""
    return not _UNSEEN.search(text)


def escape(character: str) -> str:
    """One character as Python, JSON and YAML write it."""
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def command(*words: str) -> str:
    """A command to be copied into a shell: each word stays one word there, and nothing else."""
    return shlex.join(words)
