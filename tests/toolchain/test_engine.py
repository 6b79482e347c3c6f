"""A small program without a cloud on the real engine: language host, dynamic resource, and their end."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bay.toolchain import Toolchain
from tests.waiting import eventually, has_content

pytestmark = pytest.mark.toolchain

PROGRAM = """
import os, pathlib, sys, time, pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

class Slow(ResourceProvider):
    def create(self, props):
        pathlib.Path("creating").write_text(str(os.getpid()))
        time.sleep(float(os.environ.get("SLOW", "0")))
        return CreateResult("1", props)

class Thing(Resource):
    def __init__(self, name):
        super().__init__(Slow(), name, {})

pulumi.export("greeting", pulumi.Config().require("greeting"))
pulumi.export("python", sys.executable)
pathlib.Path("program").write_text(str(os.getpid()))
if "FAIL" in os.environ:
    raise ValueError("the program is wrong")
Thing("slow")
"""


@pytest.fixture
def project(toolchain: Toolchain, tmp_path: Path) -> Path:
    """A folder with a program and a stack that has a setting."""
    (tmp_path / "Pulumi.yaml").write_text("name: trial\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    (tmp_path / "state").mkdir()
    pulumi(toolchain, tmp_path, "stack", "init", "dev")
    pulumi(toolchain, tmp_path, "config", "set", "greeting", "hello")
    return tmp_path


def environment(toolchain: Toolchain, project: Path, **more: str) -> dict[str, str]:
    own = {
        "PULUMI_BACKEND_URL": f"file://{project}/state",
        "PULUMI_CONFIG_PASSPHRASE": "not a secret",
        "BAY_DYNAMIC_PROVIDERS": "any",  # the trial's own
        "PULUMI_HOME": str(project / "home"),
    }
    return os.environ | toolchain.environment() | own | more


def pulumi(toolchain: Toolchain, project: Path, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [toolchain.root / "bin" / "pulumi", "--non-interactive", *arguments],
        cwd=project,
        env=environment(toolchain, project, **more),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def creating(toolchain: Toolchain, project: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """An engine in the middle of a create that takes minutes."""
    command = [str(toolchain.root / "bin" / "pulumi"), "--non-interactive", "up", "--yes", "--skip-preview"]
    with subprocess.Popen(
        command, cwd=project, env=environment(toolchain, project, SLOW="600"), stdout=subprocess.DEVNULL
    ) as engine:
        try:
            eventually(lambda: has_content(project / "creating"), 120)
            yield engine
        finally:
            engine.kill()


def parent_of(pid: int) -> int:
    return int(subprocess.check_output(["ps", "-o", "ppid=", "-p", str(pid)]))


def is_running(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state) and not state.startswith("Z")  # a zombie has ended


def pid_in(file: Path) -> int:
    """The process that the program has written down."""
    return int(file.read_text())


def test_a_program_gets_its_settings_and_the_interpreter_that_runs_bay(toolchain: Toolchain, project: Path) -> None:
    up = pulumi(toolchain, project, "up", "--yes", "--skip-preview")
    assert up.returncode == 0, up.stdout
    assert pulumi(toolchain, project, "stack", "output", "greeting").stdout == "hello\n"
    interpreter = pulumi(toolchain, project, "stack", "output", "python").stdout.strip()
    assert Path(interpreter) == Path(toolchain.environment()["PULUMI_PYTHON_CMD"])
    assert "unchanged" in pulumi(toolchain, project, "preview", "--expect-no-changes").stdout


def test_a_program_that_fails_is_an_error_that_shows_why(toolchain: Toolchain, project: Path) -> None:
    up = pulumi(toolchain, project, "up", "--yes", "--skip-preview", FAIL="1")
    assert up.returncode != 0
    assert up.stdout.count("ValueError: the program is wrong") == 1


def test_nothing_survives_a_killed_engine(project: Path, creating: "subprocess.Popen[bytes]") -> None:
    program, provider = pid_in(project / "program"), pid_in(project / "creating")
    started = [program, parent_of(program), provider, parent_of(provider)]
    assert all(is_running(pid) for pid in started)
    creating.send_signal(signal.SIGKILL)
    creating.wait()
    eventually(lambda: not any(is_running(pid) for pid in started))


def test_after_a_finished_run_nothing_is_left(toolchain: Toolchain, project: Path) -> None:
    assert pulumi(toolchain, project, "up", "--yes", "--skip-preview").returncode == 0
    started = [pid_in(project / "program"), pid_in(project / "creating")]
    eventually(lambda: not any(is_running(pid) for pid in started))


def test_a_built_engine_keeps_no_debug_log(toolchain: Toolchain, project: Path) -> None:
    if not toolchain.pulumi_home:
        pytest.skip("this machine's own Pulumi keeps what its user wants")
    ours = pulumi(toolchain, project, "preview", "--stack", "dev", PULUMI_HOME=str(toolchain.pulumi_home))
    elsewhere = pulumi(toolchain, project, "preview", "--stack", "dev")
    assert (ours.returncode, elsewhere.returncode) == (0, 0), ours.stdout + elsewhere.stdout
    assert (toolchain.pulumi_home / "logs").read_bytes() == b""
    assert list((project / "home" / "logs").iterdir()) != []
    assert ours.stderr == elsewhere.stderr
