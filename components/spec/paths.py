"""Paths into a spec, as `--set` and `pulumi config set --path` write them: ``nodes.labels["example.org/gpu"]``."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
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


def leaves(values: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """(path, value) of everything in nested mappings; a list or an empty mapping is one value."""
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, (*above, key))
        else:
            yield (*above, key), value


def flatten(values: Mapping[str, Any]) -> dict[str, Any]:
    """``{"a": {"b": 1}}`` -> ``{"a.b": 1}``."""
    return {joined(path): value for path, value in leaves(values)}


def differences(
    old: Mapping[str, Any], new: Mapping[str, Any], above: tuple[str, ...] = ()
) -> Iterator[tuple[str, Any, Any]]:
    """(path, old, new) of every value that differs in nested mappings; None where one of both has none."""
    for key in sorted({*old, *new}):
        was, is_now = old.get(key), new.get(key)
        if isinstance(was, Mapping) and isinstance(is_now, Mapping):
            yield from differences(was, is_now, (*above, key))
        elif was != is_now:
            yield joined((*above, key)), was, is_now
