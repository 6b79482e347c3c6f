"""Graphs as a reviewer sees them: one whole, of every other its difference to that one."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

BASE = "swarm"
"""The example that is shown whole."""

Shown = Mapping[str, Any]
"""``type::name`` -> parent, inputs and options; ``outputs`` -> the stack's. See `Graph.shown`."""


def golden(name: str, base: Shown, graph: Shown) -> str:
    """What the golden file of an example holds, sorted."""
    return dump(graph) if name == BASE else f"# The difference to {BASE}.yaml\n" + dump(difference_of(base, graph))


def difference_of(base: Shown, graph: Shown) -> dict[str, Any]:
    """Resources that the graph has beside the base, those that it lacks, and properties that differ.

    A property is a path, ``inputs.networks[0].port``, with its value in the base (``from``) and in the graph (``to``).
    """
    changed = {key: dict(_differences("", base[key], graph[key])) for key in sorted(base.keys() & graph.keys())}
    parts = {
        "added": {key: graph[key] for key in graph.keys() - base.keys()},
        "changed": {key: properties for key, properties in changed.items() if properties},
        "removed": sorted(base.keys() - graph.keys()),
    }
    return {name: part for name, part in parts.items() if part}


def _differences(path: str, was: Any, now: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        for key in sorted(was.keys() | now.keys()):
            inner = f"{path}.{key}" if path else key
            if key not in now:
                yield inner, {"from": was[key]}
            elif key not in was:
                yield inner, {"to": now[key]}
            else:
                yield from _differences(inner, was[key], now[key])
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for i, (one, other) in enumerate(zip(was, now, strict=True)):
            yield from _differences(f"{path}[{i}]", one, other)
    elif type(was) is not type(now) or was != now:  # True == 1
        yield path, {"from": was, "to": now}


def dump(value: object) -> str:
    """YAML, sorted."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=True, width=120)


class _Dumper(yaml.SafeDumper):
    """Repeats a value that occurs twice instead of writing an anchor."""

    def ignore_aliases(self, _data: object) -> bool:
        """Always."""
        return True
