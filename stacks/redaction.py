"""Values as a reviewer may see them: short, and with nothing in them that is or looks like a secret."""

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from bay.components.text import without_passwords

LONGEST = 100
"""Characters of one value; a table of two such fits a merge request without scrolling far."""

SECRET = "(secret)"
UNKNOWN = "(known afterwards)"

PULUMI_SECRET = "4dabf18193072939515e22adb298388d"
"""Key of a mapping that stands for a secret (Pulumi's SDK: resource.SigKey)."""
PULUMI_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Text that stands for a value which only the cloud will give (Pulumi's SDK: plugin.UnknownStringValue)."""

_SECRET_NAME = re.compile(
    r"pass(word|phrase|code|wd)?$|adminpass|secret|token|credential|private_?key|user_?data|^personalit", re.IGNORECASE
)
_SECRET_VALUE = re.compile(r"PRIVATE KEY-----|^#cloud-config|^H4sI[A-Za-z0-9+/]|\$[0-9][a-z]?\$.+\$")
"""A key, boot data (plain or packed), the hash of a password."""
_FILE_CONTENT = re.compile(r"^snippets\..*\bfiles\b")
"""What a site puts on its servers: boot data, in which anything may be."""
_COMMANDS = re.compile(r"^snippets\..*\bcommands$")
"""Commands that run as root: who reviews them has to see their ends too."""
LONGEST_COMMANDS = 2000
_PART = re.compile(r'\["(?P<quoted>[^"]+)"\]|\[(?P<index>\d+)\]|(?P<plain>[^.\[\]]+)')


def redact(path: str, value: Any) -> str | None:
    """The value of a property as text for a reviewer, masked and cut; None where there is none.

    path: as Pulumi writes it, ``networks[0].uuid``; what its names say of a secret holds for all below.
    """
    if value is None:
        return None
    if any(_SECRET_NAME.search(name) for name in _names(path)) or _FILE_CONTENT.search(path):
        return SECRET
    masked = _masked(value)
    if _COMMANDS.search(path) and isinstance(masked, list):
        return cut(without_passwords("; ".join(map(_command, masked))), LONGEST_COMMANDS)
    text = masked if isinstance(masked, str) else json.dumps(masked, ensure_ascii=False)
    return cut(without_passwords(" ".join(text.split())))


_ASSIGNED = re.compile(
    r"""(?P<name>[\w-]*(?:pass(?:word|phrase|code|wd)|adminpass|secret|token|credential|private_?key|user_?data)[\w-]*)
        (?P<sign>["']?\s*[:=]\s*)(?P<value>"[^"\n]*"|'[^'\n]*'|[^\s,;}"']+)""",
    re.IGNORECASE | re.VERBOSE,
)
_AUTHORIZATION = re.compile(r"(?i)\b(Bearer|Basic) +[\w.~+/=-]{8,}")
_BLOCK = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)


def redact_text(text: str) -> str:
    """A text of any kind, as a line of a log, with what is or looks like a secret masked."""
    masked = _BLOCK.sub(SECRET, without_passwords(text))
    masked = _ASSIGNED.sub(lambda found: f"{found['name']}{found['sign']}{SECRET}", masked)
    masked = _AUTHORIZATION.sub(lambda found: f"{found[1]} {SECRET}", masked)
    return re.sub(r"\$[0-9][a-z]?\$\S+|H4sI[A-Za-z0-9+/=]{20,}", SECRET, masked)


def _command(words: Any) -> str:
    return shlex.join(map(str, words)) if isinstance(words, list) else str(words)


def cut(text: str, longest: int = LONGEST) -> str:
    """The text, or its beginning and how long it is."""
    return text if len(text) <= longest else f"{text[:longest]}... ({len(text)} characters)"


def get_path(path: str, values: Any) -> Any:
    """What `values` hold at a path of Pulumi, ``fixedIps[0].subnetId``; None where they hold nothing there."""
    for part in _PART.finditer(path):
        if part["index"] is not None:
            items = values if isinstance(values, list) else []
            values = items[int(part["index"])] if int(part["index"]) < len(items) else None
        else:
            values = values.get(part["quoted"] or part["plain"]) if isinstance(values, Mapping) else None
    return values


def _names(path: str) -> list[str]:
    return [part["quoted"] or part["plain"] for part in _PART.finditer(path) if part["index"] is None]


def _masked(value: Any) -> Any:
    if isinstance(value, Mapping):
        if PULUMI_SECRET in value:
            return SECRET
        kept = {key: item for key, item in value.items() if not key.startswith("__")}
        return {key: SECRET if _SECRET_NAME.search(key) else _masked(item) for key, item in kept.items()}
    if isinstance(value, list | tuple):
        return [_masked(item) for item in value]
    if isinstance(value, str):
        return UNKNOWN if value == PULUMI_UNKNOWN else SECRET if _SECRET_VALUE.search(value) else value
    return value
