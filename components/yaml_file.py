"""YAML that people write, or an error that says where the mistake is; and YAML for people to read."""

import errno
import os
import stat
from pathlib import Path
from typing import Any

import yaml

from bay.components.errors import BayError, InvalidInput
from bay.components.text import is_printable, printable

LARGEST = 1 << 20
"""Bytes of a file that people write; YAML of more says nothing about a bay."""
DEEPEST = 50
"""Levels of lists and mappings; a spec has ten."""


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML mapping; BayError for a file that cannot be read or holds something else."""
    return mapping(read_text(path), str(path))


def read_text(path: Path) -> str:
    """The text of a file; BayError where it cannot be read, or is none, or larger than `LARGEST`."""
    try:
        with path.open("rb") as file:
            return text_of(file.read(LARGEST + 1), str(path))
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror}", "name a file that can be read") from None


def read_plain_text(path: Path, name: str) -> str:
    """The same of a file that somebody else may have put there: a link, a pipe or a device is an error.

    name: for messages.
    """
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise no_plain_file(name) from None
        raise InvalidInput(f"{name}: {error.strerror}", "make it a file that can be read") from None
    try:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise no_plain_file(name)
        with open(opened, "rb", closefd=False) as file:
            return text_of(file.read(LARGEST + 1), name)
    finally:
        os.close(opened)


def text_of(content: bytes, name: str) -> str:
    """What a file holds as text; BayError, with the name, where it is none or larger than `LARGEST`."""
    if len(content) > LARGEST:
        raise InvalidInput(f"{name}: larger than {LARGEST >> 20} MiB", "a spec is not as long as that")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise _no_yaml(name, error) from None


def no_plain_file(name: str) -> BayError:
    """The error for a link, a pipe or a device in the place of a file."""
    return InvalidInput(f"{name}: no plain file", "put a file there, no link")


def mapping(text: str, name: str) -> dict[str, Any]:
    """The YAML mapping that a text holds; BayError, with the name of what holds it, for something else."""
    try:
        values = load(text)
    except yaml.YAMLError as error:
        raise _no_yaml(name, error) from None
    if not isinstance(values, dict):
        raise InvalidInput(f"{name}: holds no fields", "write one 'field: value' a line, as 'bay model show' prints")
    return values


def load(text: str) -> Any:
    """The plain values of a YAML text; yaml.YAMLError for what is none, by which no text becomes more than it is.

    A few aliases of aliases stand for gigabytes, and a thousand brackets for Python's last frame: neither is taken.
    """
    try:  # by a SafeLoader that takes less
        return yaml.load(text, _Loader)  # nosec B506
    except (ValueError, OverflowError, RecursionError) as error:  # the 31st of February, a number of 10,000 digits
        raise yaml.MarkedYAMLError(problem=f"a value that is none ({error})") from None


class _Loader(yaml.SafeLoader):
    """Takes neither aliases nor what is nested deeper than `DEEPEST`."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """One value with all in it; YAMLError where it is too deep, or is meant to be another one."""
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _refusal("an alias: write the value out", event)
        if self.depth > DEEPEST:
            raise _refusal("nested too deeply", event)
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def _refusal(words: str, event: yaml.Event) -> yaml.YAMLError:
    return yaml.MarkedYAMLError(problem=words, problem_mark=event.start_mark)  # type: ignore[arg-type]


def _no_yaml(name: str, error: Exception) -> BayError:
    return InvalidInput(f"{name}: not YAML: {problem(error)}", "correct the file")


def dump(value: object) -> str:
    """YAML of plain values: fields in their order, texts of several lines as blocks, nothing by reference.

    What a terminal would not show as it is (`bay.components.text.printable`) is written as an escape.
    """
    text = yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=1000, allow_unicode=True)
    return text if is_printable(text) else printable(text)


class _Dumper(yaml.SafeDumper):
    """Multi-line strings as literal blocks, so that boot data reads like the server's own files."""

    def ignore_aliases(self, _data: object) -> bool:
        """Repeats a value that occurs twice instead of writing an anchor."""
        return True


def _literal(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if not is_printable(text) else "|" if "\n" in text else None  # only there an escape is one
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _literal)


def problem(error: Exception) -> str:
    """What a parser found, and where, in one line."""
    mark = getattr(error, "problem_mark", None)
    where = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    return f"{getattr(error, 'problem', None) or getattr(error, 'reason', 'not readable')}{where}"
