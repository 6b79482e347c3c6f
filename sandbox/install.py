"""The services' own virtual environment, in the cache: made once for a list of pinned packages."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bay.components.private_files import make_folder
from bay.sandbox.environment import child_environment
from bay.sandbox.errors import SandboxError
from bay.toolchain.lock import exclusive, report_waiting

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"
INSTALLER = HERE / "installer.txt"
SPACE = 900  # MiB: 410 of packages, as much again where the installer cannot share its cache by links
HEARTBEAT = 10.0  # seconds between signs of life


def digest(requirements: Path | None = None) -> str:
    """Names the environment: it depends on the pinned packages and on the Python that runs them."""
    python = f"{sys.implementation.cache_tag} {sys.platform} {sys.base_prefix}"
    pinned = requirements or REQUIREMENTS
    return hashlib.sha256(pinned.read_bytes() + INSTALLER.read_bytes() + python.encode()).hexdigest()[:16]


def ensure(cache: Path, say: Callable[[str], None], requirements: Path | None = None) -> Path:
    """The folder of the services' environment, or of the one with other packages; installed if it is not there yet.

    Two calls at once wait for each other; one that was interrupted is done again (the packages it fetched are in the
    installer's own cache). Raises SandboxError when packages cannot be had.
    """
    folder = cache / "environments" / digest(requirements)
    make_folder(folder.parent)
    waiting = report_waiting(say, "another installation of the services")
    with exclusive(folder.with_suffix(".lock"), waiting) as lock:
        if not ((folder / "complete").exists() and (folder / "bin" / "python").exists()):
            _check_space(make_folder(folder.parent))
            _install(folder, say, lock, requirements or REQUIREMENTS)
            (folder / "complete").touch()
    return folder


def _check_space(folder: Path) -> None:
    free = shutil.disk_usage(folder).free // 2**20
    if free < SPACE:
        raise SandboxError(
            f"the cache folder {folder} has {free} MiB left; the OpenStack services need {SPACE} MiB",
            "make room there, or set XDG_CACHE_HOME to a folder with more",
        )


def _install(folder: Path, say: Callable[[str], None], lock: int, requirements: Path) -> None:
    if folder.exists():
        say("removing an installation that was interrupted")
        shutil.rmtree(folder)
    make_folder(folder)
    log = folder.with_suffix(".log")
    log.write_text("")
    installer, python = folder / "installer", folder / "bin" / "python"
    count = requirements.read_text(encoding="utf-8").count("==")
    what = "the OpenStack services" if requirements == REQUIREMENTS else requirements.stem.partition("-")[2]
    say(f"installing {what}: about {count} packages, once, into {folder}")
    _run([sys.executable, "-m", "venv", str(installer)], log, lock, say)
    pip = [str(installer / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--require-hashes", "--requirement", str(INSTALLER)], log, lock, say)
    uv = str(installer / "bin" / "uv")
    _run([uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(folder)], log, lock, say)
    install = [uv, "pip", "install", "--python", str(python), "--require-hashes", "--requirement", str(requirements)]
    _run([*install, "--build-constraint", str(requirements)], log, lock, say)


def _run(command: list[str], log: Path, lock: int, say: Callable[[str], None]) -> None:
    """Run one step; its child keeps the lock, so nobody else writes into the folder while it lives."""
    with log.open("ab") as output:
        environment = child_environment()
        child = subprocess.Popen(command, stdout=output, stderr=output, env=environment, pass_fds=(lock,))
    try:
        while True:
            try:
                code = child.wait(HEARTBEAT)
                break
            except subprocess.TimeoutExpired:
                say("still installing")
    except BaseException:
        child.kill()
        child.wait()
        raise
    if code:
        raise _failure(command, log)


def _failure(command: list[str], log: Path) -> SandboxError:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    if "ensurepip" in "".join(lines):
        return SandboxError(
            f"{sys.executable} cannot make virtual environments: its ensurepip module is missing",
            f"install it (Debian, Ubuntu: apt install python{sys.version_info.major}-venv), then start again",
        )
    reason = next((line for line in lines if line.lower().startswith("error")), lines[-1] if lines else "")
    return SandboxError(
        f"the OpenStack services could not be installed: {reason or command}",
        f"see {log}; check that this machine reaches its Python package index, then start again",
    )
