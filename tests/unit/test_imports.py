"""Who may import what, who reads the environment, and who may speak of an engine."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bay.components.engines import ENGINES

ROOT = Path(__file__).parents[2]
PACKAGES = ("cli", "stacks", "components", "sandbox", "toolchain", "bench")
MAY_IMPORT = {
    "components": {"components"},
    "stacks": {"stacks", "components"},
    "cli": {"cli", "stacks", "components", "sandbox", "toolchain"},
    "sandbox": {"sandbox", "toolchain"},
    "toolchain": {"toolchain"},
    "bench": {"sandbox"},
}
"""Folder -> folders of the project that it may import from."""
OTHERWISE = {
    ("bench/boot.py", "bay.cli.settings"),  # only the settings know which folder holds the user's node images
    ("bench/clouds.py", "bay.cli.settings"),  # the same for the user's sandbox
    ("bench/plan.py", "bay.components"),  # planning is what a platform engineer's own program does, too
    ("bench/plan.py", "bay.stacks"),
}
"""(file, what it may import all the same)."""
PULUMI_FREE = (
    "components/spec.py",
    "components/spec_errors.py",
    "components/layers.py",
    "components/magnum.py",
    "components/magnum_docs.py",
    "components/model_files.py",
    "components/origin.py",
    "components/paths.py",
    "components/spec_docs.py",
    "components/yaml_file.py",
    "components/errors.py",
    "components/cloudinit.py",
    "components/certificates.py",
    "components/credentials.py",
    "components/login.py",
    "components/cloud.py",
    "components/lookup.py",
    "components/engines/",
    "stacks/config.py",
    "cli/settings.py",
    "cli/output.py",
    "cli/options.py",
    "cli/commands/",
    "sandbox/",
    "toolchain/",
)
"""Files and folders that import no pulumi."""
AUTOMATION = {"cli/workspace.py", "cli/engine.py", "cli/failures.py"}
READ_THE_ENVIRONMENT = {
    "cli/settings.py",  # the one place where bay's own settings come from
    "cli/engine.py",  # copies it for the engine
    "sandbox/environment.py",  # copies it for the services
    "sandbox/packages.py",  # copies it for apt-get
    "toolchain/display.py",  # what terminal it is
    "toolchain/golang.py",  # copies it for the compiler
    "toolchain/official.py",  # where releases are downloaded from, before there are settings
    "toolchain/versions.py",  # copies it for `pulumi version`
    "toolchain/__main__.py",  # a command of its own, which comes before bay's
    "bench/bays.py",  # copies it for `bay`
    "bench/boot.py",  # where programs are, for the node images
    "bench/scale.py",  # copies it for `bay`
}
ENGINE_WORDS = {*ENGINES, "docker", "kubernetes", "mesos", "kubelet", "marathon"}


@dataclass(frozen=True)
class Import:
    """An import statement; typing: under TYPE_CHECKING, so never executed."""

    file: str
    module: str
    typing: bool


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


EVERY_IMPORT = [found for path in sources(*PACKAGES) for found in imports(path)]


def below(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_go_only_downwards(package: str) -> None:
    wrong = [
        found
        for found in EVERY_IMPORT
        if found.file.startswith(f"{package}/")
        and found.module.startswith("bay.")
        and found.module.split(".")[1] not in MAY_IMPORT[package]
        and not any(found.file == file and below(found.module, module) for file, module in OTHERWISE)
    ]
    assert wrong == []


def test_there_are_imports_to_check() -> None:
    assert {found.file.split("/")[0] for found in EVERY_IMPORT if below(found.module, "bay")} == set(PACKAGES)


def test_nothing_is_imported_by_the_name_of_a_folder_at_the_top() -> None:
    plain = [f for f in EVERY_IMPORT if f.module.split(".")[0] in PACKAGES]
    assert plain == [], "a user's own components/ would be meant"


def test_knowledge_of_specs_and_engines_imports_no_pulumi() -> None:
    wrong = [
        found
        for found in EVERY_IMPORT
        if found.file.startswith(PULUMI_FREE)
        and not found.typing
        and (below(found.module, "pulumi") or below(found.module, "pulumi_openstack"))
    ]
    assert wrong == []


def test_only_these_speak_the_automation_api() -> None:
    users = {found.file for found in EVERY_IMPORT if below(found.module, "pulumi.automation") and not found.typing}
    assert users == AUTOMATION


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        name_of(path)
        for path in sources(*PACKAGES)
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv"))
        or (isinstance(node, ast.alias) and node.name in ("environ", "getenv"))
    }
    assert readers == READ_THE_ENVIRONMENT


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
    assert list(engine_words_in(ROOT / "components" / "engines" / "swarm.py"))


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


def test_the_pulumi_free_modules_stay_so_with_all_that_they_import() -> None:
    modules = [path.removesuffix(".py").replace("/", ".") for path in PULUMI_FREE if path.endswith(".py")]
    engines = [f"components.engines.{name}" for name in ENGINES]
    loaded = loaded_by("import " + ", ".join(f"bay.{module}" for module in modules + engines))
    assert {f"bay.{module}" for module in modules + engines} <= loaded
    assert {"pulumi", "pulumi_openstack", "grpc"} & loaded == set()
