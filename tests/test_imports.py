"""What import-linter cannot say of the rooms: who reads the environment, prints, or speaks of an engine.

The contracts between packages and layers are in pyproject.toml; `make lint` checks them.
"""

import ast
import gc
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from bay.components.engines import ENGINES
from tests.paths import ROOT

PACKAGES = ("cli", "magnum", "stacks", "components", "sandbox", "toolchain", "bench")
BENCH_MAY_IMPORT = ("bay.sandbox",)
BENCH_OTHERWISE = {
    ("bench/plan.py", "bay.components"),  # planning is what a platform engineer's own program does, too
    ("bench/plan.py", "bay.stacks"),
    ("bench/boot.py", "bay.stacks.settings"),  # only the settings know which folder holds the user's node images
    ("bench/clouds.py", "bay.stacks.settings"),  # the same for the user's sandbox
    ("bench/rebuild.py", "bay.stacks.settings"),  # the same as bench/boot.py
}
"""(file, what it may import all the same)."""
AUTOMATION = {
    "stacks/stack.py",  # an edited state goes back as a Deployment
    "stacks/opening.py",  # the same
    "stacks/automation/errors.py",
    "stacks/automation/process.py",
    "stacks/automation/runs.py",
    "stacks/automation/workspace.py",
}
READ_THE_ENVIRONMENT = {
    "magnum/settings.py",  # copies it for workers
    "cli/environment.py",  # the one place where bay's own settings come from
    "sandbox/environment.py",  # copies it for the services
    "sandbox/packages.py",  # copies it for apt-get
    "toolchain/display.py",  # what terminal it is
    "toolchain/golang.py",  # copies it for the compiler
    "toolchain/official.py",  # where releases are downloaded from, before there are settings
    "toolchain/versions.py",  # copies it for `pulumi version`
    "toolchain/__main__.py",  # a command of its own, which comes before bay's
    "bench/bays.py",  # copies it for `bay`
    "bench/boot.py",  # where programs are, for the node images
    "bench/rebuild.py",  # the same
    "bench/scale.py",  # copies it for `bay`
    "bench/many.py",  # the same
}
SILENT = ("stacks", "components")
"""Packages that are a library: they print nothing, ask nobody and handle no signal."""
STANDARD_STREAMS = {"stacks/worker.py"}
"""The entry that answers on standard output."""
ENGINE_WORDS = {*ENGINES, "docker", "kubernetes", "mesos", "kubelet", "marathon"}


@dataclass(frozen=True)
class Import:
    """An import statement; typing: under TYPE_CHECKING, so never executed."""

    file: str
    module: str
    typing: bool


@pytest.fixture(autouse=True, scope="module")
def no_garbage() -> None:
    """Else Python 3.11 may fail to parse: failed futures of other tests are collected meanwhile, and that parses their
    tracebacks (python/cpython#106905)."""
    gc.collect()


def sources(*packages: str) -> Iterator[Path]:
    """Python files of the packages; what they ship for other machines and programs of their own left out."""
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "services" not in path.parts and "files" not in path.parts:
                yield path


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def typing_only(tree: ast.Module) -> set[ast.AST]:
    """Nodes below ``if TYPE_CHECKING``."""
    blocks = [n for n in ast.walk(tree) if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING"]
    return {node for block in blocks for statement in block.body for node in ast.walk(statement)}


def imports(path: Path) -> Iterator[Import]:
    tree = parsed(path)
    unexecuted = typing_only(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}: import absolutely"
            modules = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (Import(name_of(path), module, node in unexecuted) for module in modules)


@cache
def every_import() -> tuple[Import, ...]:
    return tuple(found for path in sources(*PACKAGES) for found in imports(path))


def below(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def test_benchmarks_use_bay_as_its_users_do() -> None:
    wrong = [
        found
        for found in every_import()
        if found.file.startswith("bench/")
        and found.module.startswith("bay.")
        and not found.module.startswith(BENCH_MAY_IMPORT)
        and not any(found.file == file and below(found.module, module) for file, module in BENCH_OTHERWISE)
    ]
    assert wrong == []


def test_there_are_imports_to_check() -> None:
    assert {found.file.split("/")[0] for found in every_import() if below(found.module, "bay")} == set(PACKAGES)


def test_nothing_is_imported_by_the_name_of_a_folder_at_the_top() -> None:
    plain = [f for f in every_import() if f.module.split(".")[0] in set(PACKAGES) - {"magnum"}]
    assert plain == [], "a user's own components/ would be meant"


def test_magnum_is_openstacks_own_where_a_checkout_is_the_current_folder() -> None:
    """A folder without this file gives way to a package of the same name, wherever that is."""
    assert not (ROOT / "magnum" / "__init__.py").exists()


def test_only_these_speak_the_automation_api() -> None:
    users = {found.file for found in every_import() if below(found.module, "pulumi.automation") and not found.typing}
    assert users == AUTOMATION


def test_only_these_read_the_environment() -> None:
    readers = {
        name_of(path)
        for path in sources(*PACKAGES)
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.environb", "os.getenv"))
        or (isinstance(node, ast.alias) and node.name in ("environ", "getenv"))
    }
    assert readers == READ_THE_ENVIRONMENT


def terminal_use_in(path: Path) -> Iterator[str]:
    """Prints, questions, standard streams and signal handlers."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("print", "input"):
            yield f"{name_of(path)}: {node.func.id}()"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            words = f"{node.value.id}.{node.attr}"
            if words in ("signal.signal", "sys.stdin", "sys.stdout", "sys.stderr"):
                yield f"{name_of(path)}: {words}"


def test_operations_need_no_terminal() -> None:
    used = [use for path in sources(*SILENT) if name_of(path) not in STANDARD_STREAMS for use in terminal_use_in(path)]
    assert used == []


def test_what_needs_a_terminal_is_found_by_that_search() -> None:
    assert list(terminal_use_in(ROOT / "cli" / "signals.py")) == ["cli/signals.py: signal.signal"] * 2
    assert list(terminal_use_in(ROOT / "cli" / "prompts.py"))


def test_no_module_of_the_program_hides_one_of_the_standard_library() -> None:
    """Plain `pulumi up` puts the program's folder first on the path."""
    own = {path.stem for path in (ROOT / "stacks" / "program").glob("*.py")} - {"__init__", "__main__"}
    assert own & set(sys.stdlib_module_names) == set()


def engine_words_in(path: Path) -> Iterator[str]:
    """Names and texts of the code that speak of an engine.

    Docstrings may: examples show a command line, where ``--model swarm`` is the name of a model and
    ``docker`` the user's own next command. So may a hint that tells the user to name a model.
    """
    tree = parsed(path)
    documentation = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node)
        if isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        text = ""
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in documentation:
            text = re.sub(r"model \w+", "", node.value)
        elif isinstance(node, ast.Name | ast.Attribute | ast.alias | ast.FunctionDef | ast.ClassDef | ast.arg):
            text = getattr(node, "id", "") or getattr(node, "attr", "") or getattr(node, "name", "")
        if any(word in text.lower() for word in ENGINE_WORDS):
            yield f"{name_of(path)}: {text}"


def test_no_engine_is_spoken_of_outside_the_engines() -> None:
    found = [
        words
        for path in sources("cli", "stacks", "components")
        if not name_of(path).startswith("components/engines/")
        for words in engine_words_in(path)
    ]
    assert found == []


def test_the_engines_themselves_are_found_by_that_search() -> None:
    assert list(engine_words_in(ROOT / "components" / "engines" / "swarm" / "engine.py"))


def loaded_by(code: str) -> set[str]:
    """Top-level modules, and those of the project, that a Python process has at its end."""
    shown = subprocess.run(
        [sys.executable, "-c", f"import sys\ntry:\n  {code}\nfinally:\n  print('LOADED', *sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return set(shown.rpartition("LOADED")[2].split())


@pytest.mark.parametrize("arguments", [["--help"], ["create", "--help"], ["model", "list"], ["--version"]])
def test_commands_that_need_no_cloud_import_neither_pulumi_nor_openstack(arguments: list[str]) -> None:
    loaded = loaded_by(f"sys.argv[1:] = {arguments}; from bay.cli.main import main; main()")
    assert "bay.cli.main" in loaded
    assert {"pulumi", "pulumi_openstack", "openstack", "keystoneauth1", "cryptography", "grpc"} & loaded == set()


def test_every_file_is_read_and_written_as_utf_8() -> None:
    """The locale's encoding is another one on some machines, and Pulumi reads and writes UTF-8 everywhere."""
    wrong = [
        f"{name_of(path)}: {ast.unparse(node)}"
        for path in sources("cli", "stacks", "components")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("read_text", "write_text")
        and "encoding" not in {keyword.arg for keyword in node.keywords}
    ]
    assert wrong == []
