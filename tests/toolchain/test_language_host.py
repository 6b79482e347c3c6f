"""What plain `pulumi` asks the language host beside running a program: `about`, `install`; and `package get-schema`."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from bay.toolchain import Toolchain

pytestmark = pytest.mark.toolchain


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with an empty program and a state."""
    (tmp_path / "project" / "state").mkdir(parents=True)
    return write_settings(tmp_path / "project")


def write_settings(project: Path, **options: str) -> Path:
    """A project for Python, with options of its runtime."""
    settings = {"name": "trial", "runtime": {"name": "python", "options": options}}
    (project / "Pulumi.yaml").write_text(json.dumps(settings))
    (project / "__main__.py").write_text("")
    return project


def pulumi(toolchain: Toolchain, project: Path, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
    own = {
        "PULUMI_BACKEND_URL": f"file://{project}/state",
        "PULUMI_CONFIG_PASSPHRASE": "not a secret",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    return subprocess.run(
        [toolchain.root / "bin" / "pulumi", "--non-interactive", *arguments],
        cwd=project,
        env=os.environ | toolchain.environment() | own | more,
        capture_output=True,
        text=True,
        check=False,
    )


def put_wheel(folder: Path, name: str, *needs: str) -> None:
    """A distribution with one empty module."""
    folder.mkdir(exist_ok=True)
    about = f"{name}-1.0.dist-info"
    metadata = "".join(f"Requires-Dist: {need}\n" for need in needs)
    files = {
        f"{name}.py": "",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{metadata}",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in [*files, f"{about}/RECORD"])
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        for path, content in (files | {f"{about}/RECORD": record}).items():
            wheel.writestr(path, content)


def test_about_names_the_interpreter_and_what_is_installed_for_it(toolchain: Toolchain, project: Path) -> None:
    answer = pulumi(toolchain, project, "about", "--json")
    assert answer.returncode == 0, answer.stderr
    found: dict[str, Any] = json.loads(answer.stdout)
    assert found["runtime"]["language"] == "python"
    assert found["runtime"]["executable"] == sys.executable
    assert found["runtime"]["version"] == ".".join(map(str, sys.version_info[:3]))
    direct = {one["name"].lower(): one["version"] for one in found["dependencies"]}
    assert direct["openstack-bay"] == "0.1.0"
    assert "pulumi" not in direct, "bay needs it"
    assert not any("not implemented" in line for line in answer.stderr.splitlines())

    everything = json.loads(pulumi(toolchain, project, "about", "--json", "--transitive").stdout)["dependencies"]
    assert {"pulumi", "openstack-bay", "grpcio"} <= {one["name"].lower() for one in everything}


def test_install_makes_the_virtual_environment_and_fills_it(toolchain: Toolchain, project: Path) -> None:
    write_settings(project, virtualenv="venv")
    put_wheel(project / "wheels", "trial", "helper>=0.5", 'plotting; extra == "plots"')
    put_wheel(project / "wheels", "helper")
    put_wheel(project / "wheels", "plotting")
    (project / "requirements.txt").write_text("--no-index\n--find-links wheels\ntrial\nplotting\n")
    pulumi(toolchain, project, "stack", "init", "dev")
    up = pulumi(toolchain, project, "up", "--yes")
    assert "`pulumi install` makes it" in up.stdout + up.stderr

    first = pulumi(toolchain, project, "install")
    assert first.returncode == 0, first.stdout + first.stderr
    assert f"Creating the virtual environment {project}/venv" in first.stdout
    assert "Successfully installed helper-1.0 plotting-1.0 trial-1.0" in first.stdout
    found = json.loads(pulumi(toolchain, project, "about", "--json").stdout)
    assert found["runtime"]["executable"] == f"{project}/venv/bin/python"
    assert found["dependencies"] == [{"name": "plotting", "version": "1.0"}, {"name": "trial", "version": "1.0"}]

    again = pulumi(toolchain, project, "install")
    assert again.returncode == 0
    assert "Creating" not in again.stdout


def test_install_shows_what_pip_says_is_wrong(toolchain: Toolchain, project: Path) -> None:
    write_settings(project, virtualenv="venv")
    (project / "requirements.txt").write_text("--no-index\nnot-to-be-had\n")
    answer = pulumi(toolchain, project, "install")
    assert answer.returncode != 0
    assert "No matching distribution found for not-to-be-had" in answer.stdout + answer.stderr
    assert "-m pip: exit status 1" in answer.stdout + answer.stderr


def test_install_finds_the_requirements_above_the_program(toolchain: Toolchain, project: Path) -> None:
    write_settings(project, virtualenv="venv")
    settings = json.loads((project / "Pulumi.yaml").read_text()) | {"main": "inner/program"}
    (project / "Pulumi.yaml").write_text(json.dumps(settings))
    (project / "inner" / "program").mkdir(parents=True)
    (project / "inner" / "program" / "__main__.py").write_text("")
    put_wheel(project / "wheels", "trial")
    (project / "inner" / "requirements.txt").write_text(f"--no-index\n--find-links {project}/wheels\ntrial\n")
    (project.parent / "requirements.txt").write_text("not-to-be-looked-at\n")
    answer = pulumi(toolchain, project, "install")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "Successfully installed trial-1.0" in answer.stdout


def test_install_with_nothing_to_install_says_so(toolchain: Toolchain, project: Path) -> None:
    (project.parent / "requirements.txt").write_text("not-to-be-looked-at\n")
    answer = pulumi(toolchain, project, "install")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "Nothing to install" in answer.stdout


@pytest.mark.parametrize("name", ["poetry", "uv"])
def test_another_installer_is_refused_by_its_name(toolchain: Toolchain, project: Path, name: str) -> None:
    write_settings(project, toolchain=name)
    answer = pulumi(toolchain, project, "install")
    assert answer.returncode != 0
    assert f"not with {name}, which Pulumi.yaml names: run {name} itself" in answer.stdout + answer.stderr


def test_the_plugins_schema_is_had_by_its_name(toolchain: Toolchain, project: Path) -> None:
    if toolchain.origin != "built":
        pytest.skip("the official plugin's schema is Pulumi's own concern")
    for name in ("openstack", "openstack@5.5.1"):
        answer = pulumi(toolchain, project, "package", "get-schema", name)
        assert answer.returncode == 0, answer.stderr
        schema = json.loads(answer.stdout)
        assert (schema["name"], schema["version"]) == ("openstack", "5.5.1")
        assert "openstack:compute/instance:Instance" in schema["resources"]
