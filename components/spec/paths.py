"""Paths into a spec, as `--set` and `pulumi config set --path` write them: ``nodes.labels["example.org/gpu"]``."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

_PATH = re.compile(r'\s*(?P<path>[^.=\["\s][^.=\["]*(?:\.[^.=\["]+|\["[^"]+"\])*)\s*=(?P<value>.*)', re.DOTALL)
_PART = re.compile(r'\["(?P<quoted>[^"]+)"\]|(?P<plain>[^.\["\]]+)')


def split_assignment(text: str) -> tuple[list[str], str]:
    """``a.b["c.d"]=x`` -> (``["a", "b", "c.d"]``, ``"x"``); no parts where the text is none such."""
    found = _PATH.fullmatch(text)
    if found is None:
        return [], ""
    parts = [part["quoted"] or part["plain"].strip() for part in _PART.finditer(found["path"])]
    return (parts, found["value"]) if all(parts) else ([], "")


def nested(parts: Sequence[str], value: Any) -> Any:
    """``["a", "b"], 1`` -> ``{"a": {"b": 1}}``."""
    for part in reversed(parts):
        value = {part: value}
    return value


def joined(parts: Iterable[str]) -> str:
    """The text of a path; a part that would be taken for more than one is quoted."""
    text = ""
    for part in parts:
        quoted = not re.fullmatch(r"[^.\[\]=\"\s]+", part)
        text += f'["{part}"]' if quoted else f".{part}" if text else part
    return text
