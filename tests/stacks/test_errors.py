"""Errors of a library: what is wrong is told without a command line, since not every caller has one; hints may."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bay.components import errors as component_errors
from bay.components.errors import BayError
from bay.stacks import errors
from bay.stacks.automation.errors import KNOWN
from bay.stacks.errors import Interrupted, Locked, NotReady, QuotaExceeded, ServerFault
from tests.paths import ROOT

COMMAND_LINE = re.compile(r"--[a-z]|['`]bay |['`]pulumi ")
"""An option, or a command in quotes."""

PACKAGES = ("components", "stacks")
FAMILIES = {
    name
    for module in (component_errors, errors, importlib.import_module("bay.stacks.state.disk"))
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, BayError)
}


def functions(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Each function, and the module itself, with the name of the class around it."""
    yield tree, ""
    for node in ast.walk(tree):
        for inner in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(inner, ast.FunctionDef):
                yield inner, node.name
        if isinstance(node, ast.FunctionDef):
            yield node, ""


def is_error(call: ast.Call, owner: str) -> bool:
    """Whether it makes an error of a family, by its name or as the base of one."""
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    return name in FAMILIES or (owner in FAMILIES and ast.unparse(call.func) == "super().__init__")


def constants(node: ast.AST) -> Iterator[str]:
    """Texts in an expression, also those between the values of an f-string."""
    return (c.value for c in ast.walk(node) if isinstance(c, ast.Constant) and isinstance(c.value, str))


def texts(node: ast.AST, scope: ast.AST) -> Iterator[str]:
    """The same, with those of what is assigned to the names in it."""
    yield from constants(node)
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    for assigned in ast.walk(scope):
        if isinstance(assigned, ast.Assign) and names & {ast.unparse(target) for target in assigned.targets}:
            yield from constants(assigned.value)


def messages(path: Path) -> Iterator[tuple[int, str]]:
    """(line, what is said) of every message of an error in a file."""
    tree = ast.parse(path.read_text())
    for scope, owner in functions(tree):
        for call in ast.walk(scope):
            if isinstance(call, ast.Call) and call.args and is_error(call, owner):
                yield from ((call.lineno, text) for text in texts(call.args[0], scope))


SHIPPED = ROOT / "components" / "engines" / "files"
"""What nodes run."""
FILES = [
    path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")) if not path.is_relative_to(SHIPPED)
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_message_names_no_command_line(path: Path) -> None:
    wrong = {f"line {line}: {text}" for line, text in messages(path) if COMMAND_LINE.search(text)}
    assert sorted(wrong) == []


def test_messages_are_found_wherever_they_come_from() -> None:
    found = [text for path in FILES for _, text in messages(path)]
    assert len(found) > 300
    for known in (
        "there is no bay ",  # an f-string of a family
        "interrupted; resources created so far are kept in the state",  # of a class, by super()
        ": the disk is full, so the run was stopped; the state is whole",
        "bay:",  # a name that was assigned
    ):
        assert any(known in text for text in found), known


@pytest.mark.parametrize("message", [known[2] for known in KNOWN])
def test_what_pulumi_says_is_told_without_a_command_line_too(message: str) -> None:
    assert not COMMAND_LINE.search(message)


def test_of_every_error_message_and_hint_are_read_by_name() -> None:
    error = QuotaExceeded("what", "how", (1,))
    assert (error.message, error.hint, error.rows, str(error)) == ("what", "how", (1,), "what")
    ready = NotReady("what", "how", "demo-node-0", ("last line",))
    assert (ready.server, ready.console) == ("demo-node-0", ("last line",))
    locked = Locked("what", "how", here=True, dead=True)
    assert (locked.here, locked.dead) == (True, True)
    assert (Locked("what", "how").here, Locked("what", "how").dead) == (False, False)
    assert ServerFault("what", "how", "s1").server_id == "s1"
    assert BayError("what").hint == ""
    assert isinstance(Interrupted(), BayError)
