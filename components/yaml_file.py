"""YAML that people write, or an error that says where the mistake is; and YAML for people to read."""

from pathlib import Path
from typing import Any

import yaml

from bay.components.errors import BayError, InvalidInput


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML mapping; BayError for a file that cannot be read or holds something else."""
    return mapping(read_text(path), str(path))


def read_text(path: Path) -> str:
    """The text of a file; BayError where it cannot be read or is none."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror}", "name a file that can be read") from None
    except UnicodeDecodeError as error:
        raise _no_yaml(str(path), error) from None


def mapping(text: str, name: str) -> dict[str, Any]:
    """The YAML mapping that a text holds; BayError, with the name of what holds it, for something else."""
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _no_yaml(name, error) from None
    if not isinstance(values, dict):
        raise InvalidInput(f"{name}: holds no fields", "write one 'field: value' a line, as 'bay model show' prints")
    return values


def _no_yaml(name: str, error: Exception) -> BayError:
    return InvalidInput(f"{name}: not YAML: {_problem(error)}", "correct the file")


def dump(value: object) -> str:
    """YAML of plain values: fields in their order, texts of several lines as blocks, nothing by reference."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=1000, allow_unicode=True)


class _Dumper(yaml.SafeDumper):
    """Multi-line strings as literal blocks, so that boot data reads like the server's own files."""

    def ignore_aliases(self, _data: object) -> bool:
        """Repeats a value that occurs twice instead of writing an anchor."""
        return True


def _literal(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _literal)


def _problem(error: Exception) -> str:
    """What a parser found, and where, in one line."""
    mark = getattr(error, "problem_mark", None)
    where = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    return f"{getattr(error, 'problem', None) or getattr(error, 'reason', 'not readable')}{where}"
