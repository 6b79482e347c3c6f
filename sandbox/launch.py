"""Starts the services: one launcher in their own environment, which forks them and waits until they answer."""

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from bay.components.private_files import make_folder
from bay.sandbox.config import Settings
from bay.sandbox.environment import child_environment
from bay.sandbox.errors import SandboxError
from bay.sandbox.layout import Layout
from bay.sandbox.plan import SERVICES_CODE

ENTRY = ("-m", "sandbox_services")
"""What the services' Python is told to run; the plan's file and the names of services follow."""
FAILED = "failed: "
"""Begins the launcher's last line when it gives up."""


def launch(
    settings: Settings,
    layout: Layout,
    services: Sequence[str],
    say: Callable[[str], None],
    plan: Path | None = None,
    code: Path | None = None,
) -> None:
    """Start services and return when all of them answer and everything is seeded.

    plan: another than that of all services. code: folder of more modules for them.

    The launcher's lines go to ``say``. Raises SandboxError with its last line when it fails; ends it when this
    process is interrupted (the launcher ends with this process in any case, and its unfinished children with it).
    """
    for folder in (layout.log, layout.run, layout.home, layout.state / "lock.d", layout.state / "images"):
        make_folder(folder)
    command = [str(settings.environment / "bin" / "python"), *ENTRY, str(plan or layout.plan), *services]
    environment = _environment(settings, layout, code)
    log = layout.log / ("launcher.log" if plan is None else f"launcher-{services[0]}.log")
    with log.open("wb") as errors, _launcher(command, environment, errors) as launcher:
        try:
            reason = _relay(launcher, say)
        except BaseException:
            launcher.kill()
            raise
    if launcher.returncode:
        raise SandboxError(
            reason or f"the launcher of the sandbox ended with {launcher.returncode}",
            f"see the files in {layout.log}, then start again",
        )


def _launcher(command: list[str], environment: dict[str, str], errors: BinaryIO) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        encoding="utf-8",
        env=environment,
        start_new_session=True,  # Ctrl-C in the terminal is this process's business
    )


def _relay(launcher: subprocess.Popen[str], say: Callable[[str], None]) -> str:
    reason = ""
    for line in launcher.stdout or ():
        if line.startswith(FAILED):
            reason = line.removeprefix(FAILED).strip()
        else:
            say(line.rstrip())
    return reason


def _environment(settings: Settings, layout: Layout, code: Path | None) -> dict[str, str]:
    environment = child_environment()
    for proxy in ("http_proxy", "https_proxy", "all_proxy"):
        environment.pop(proxy, None)
        environment.pop(proxy.upper(), None)
    return environment | {
        "HOME": str(layout.home),
        "XDG_CACHE_HOME": str(layout.home / ".cache"),
        "PYTHONPATH": os.pathsep.join(str(folder) for folder in (SERVICES_CODE, code) if folder),
        "PYTHONWARNINGS": "ignore",
        "PYTHONUTF8": "1",
        "MALLOC_ARENA_MAX": "2",  # by default each of the many threads may keep freed memory to itself
        "OS_KEYSTONE_CONFIG_DIR": str(layout.etc / "keystone"),
        "OS_KEYSTONE_CONFIG_FILES": "keystone.conf",
        "OS_PLACEMENT_CONFIG_DIR": str(layout.etc / "placement"),
        "OS_GLANCE_CONFIG_DIR": str(layout.etc / "glance"),
        "OS_NOVA_CONFIG_DIR": str(layout.etc / "nova"),
        "OS_NOVA_CONFIG_FILES": f"{settings.paste('nova/api-paste.ini')};nova.conf",
        "OS_NEUTRON_CONFIG_DIR": str(layout.etc / "neutron"),
        "OS_NEUTRON_CONFIG_FILES": "neutron.conf",
        "OS_NOVA_DISABLE_EVENTLET_PATCHING": "1",
        "OS_CINDER_DISABLE_EVENTLET_PATCHING": "1",
    }
