"""The dynamic provider: what a state names is run if it is bay's, and never unpickled."""

import base64
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pulumi.dynamic.dynamic import ResourceProvider, serialize_provider

from bay.components.guard import GuardProvider
from bay.components.identity import IdentityProvider
from bay.components.image import ImageProvider
from bay.toolchain import Toolchain, parts
from bay.toolchain.providers import KNOWN, REFERENCES, load
from tests.paths import ROOT

OWN = (GuardProvider, IdentityProvider, ImageProvider)
RECORDED = ROOT / "tests" / "recorded" / "bay-0.1.0.json"


@pytest.mark.parametrize("provider", OWN)
def test_what_the_sdk_writes_of_each_provider_is_known(provider: type[ResourceProvider]) -> None:
    written = serialize_provider(provider())
    assert REFERENCES[written] == (provider.__module__, provider.__name__)
    assert type(load(base64.b64decode(written))) is provider


def test_no_other_provider_is_known() -> None:
    assert {(one.__module__, one.__name__) for one in OWN} == set(KNOWN)
    written = {pickle.dumps(one(), protocol) for one in OWN for protocol in (4, 5)}
    assert set(map(base64.b64decode, REFERENCES)) == written


@pytest.mark.parametrize(
    "pickled",
    [
        b"",
        pickle.dumps(os.getcwd),
        pickle.dumps(IdentityProvider),
        pickle.dumps([IdentityProvider()]),
        pickle.dumps(IdentityProvider(), 4) + b".",
        pickle.dumps(IdentityProvider(), 2),
    ],
)
def test_nothing_else_is_loaded(pickled: bytes) -> None:
    with pytest.raises(PermissionError, match="none of bay's"):
        load(pickled)


class Trial:
    """The recorded state of a bay whose identity names another provider, under plain `pulumi`."""

    def __init__(self, toolchain: Toolchain, folder: Path) -> None:
        self.program, self.folder = toolchain.root / "bin" / "pulumi", folder
        (folder / "Pulumi.yaml").write_text("name: bay\nruntime: python\n")
        (folder / "state").mkdir()
        self.environment = {
            **os.environ,
            **toolchain.environment(),
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "recorded",
        }
        self.ran = folder / "ran"
        state: dict[str, Any] = json.loads(RECORDED.read_text())
        command = f"touch {self.ran}"

        class Program:
            def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
                return (os.system, (command,))

        for resource in state["deployment"]["resources"]:
            resource.pop("protect", None)
            for values in (resource.get("inputs"), resource.get("outputs")):
                if values and "__provider" in values:
                    values["__provider"] = base64.b64encode(pickle.dumps(Program())).decode()
        poisoned = folder / "poisoned.json"
        poisoned.write_text(json.dumps(state))
        assert self.pulumi("stack", "init").returncode == 0
        assert self.pulumi("stack", "import", "--file", str(poisoned)).returncode == 0

    def pulumi(self, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
        command = [str(self.program), "--non-interactive", *words, "--stack", "old"]
        environment = self.environment | more
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(params=["found", "path"])
def trial(toolchain: Toolchain, tmp_path: Path, request: pytest.FixtureRequest) -> Trial:
    """With the Pulumi that bay has, and with the same as one of the user's own on PATH."""
    if request.param == "path":
        path = f"{toolchain.root / 'bin'}:{os.environ['PATH']}"
        toolchain = Toolchain(toolchain.root, toolchain.pulumi_home, "path", toolchain.version, path)
    return Trial(toolchain, tmp_path)


@pytest.mark.toolchain
@pytest.mark.parametrize("words", [("refresh",), ("destroy",), ("destroy", "--refresh"), ("preview", "--refresh")])
def test_a_state_runs_no_program_of_its_writer(trial: Trial, words: tuple[str, ...]) -> None:
    asked = () if words[0] == "preview" else ("--yes",)
    answer = trial.pulumi(*words, *asked, *(() if words[0] == "preview" else ("--run-program=false",)))
    assert answer.returncode != 0
    assert "a state is data" in answer.stdout + answer.stderr
    assert not trial.ran.exists()


@pytest.mark.toolchain
def test_the_same_state_runs_it_where_a_project_says_so(trial: Trial) -> None:
    trial.pulumi("refresh", "--yes", "--run-program=false", BAY_DYNAMIC_PROVIDERS="any")
    assert trial.ran.exists(), "the attack works on what Pulumi itself does"


def test_another_way_to_read_a_pickle_finds_nothing_either() -> None:
    """Should a later SDK no longer call what is replaced."""
    program = (
        "import runpy, pickle; from bay.toolchain import providers\n"
        f"runpy.run_module = lambda *_, **__: print(pickle.loads({pickle.dumps(os.system)!r}))\n"
        "providers.main()"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert answer.stderr.splitlines()[-1] == "PermissionError: nothing is unpickled here"


def test_the_script_chooses_the_python_of_the_project(tmp_path: Path) -> None:
    python = tmp_path / "environment" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$@"\n')
    python.chmod(0o755)
    script = parts.DYNAMIC_RESOURCES / "pulumi-resource-pulumi-python"

    def run(**variables: str) -> "subprocess.CompletedProcess[str]":
        given = {"PATH": os.environ["PATH"], **variables}
        return subprocess.run([script, "1"], env=given, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert run(PULUMI_PYTHON_CMD=str(python)).stdout == "-u -P -m bay.toolchain.providers 1\n"
    assert run(PULUMI_RUNTIME_VIRTUALENV="environment/").stdout == "-u -P -m bay.toolchain.providers 1\n"
    assert run(PULUMI_PYTHON_CMD=str(python), BAY_DYNAMIC_PROVIDERS="any").stdout == "-u -m pulumi.dynamic 1\n"
    missing = run(PULUMI_RUNTIME_TOOLCHAIN="uv", PULUMI_PYTHON_CMD=str(python))
    assert (missing.returncode, "has no Python" in missing.stderr) == (1, True)
