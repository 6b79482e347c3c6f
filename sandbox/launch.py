"""Starts the services: one launcher in their own environment, which forks them and waits until they answer."""

import subprocess
from collections.abc import Callable, Sequence
from typing import BinaryIO

from bay.sandbox.config import Settings
from bay.sandbox.environment import child_environment
from bay.sandbox.errors import SandboxError
from bay.sandbox.layout import Layout, make_folder
from bay.sandbox.plan import SERVICES_CODE

ENTRY = ("-m", "sandbox_services")
"""What the services' Python is told to run; the plan's file and the names of services follow."""
FAILED = "failed: "
"""Begins the launcher's last line when it gives up."""


def launch(settings: Settings, layout: Layout, services: Sequence[str], say: Callable[[str], None]) -> None:
    """Start services and return when all of them answer and everything is seeded.

    The launcher's lines go to ``say``. Raises SandboxError with its last line when it fails; ends it when this
    process is interrupted (the launcher ends with this process in any case, and its unfinished children with it).
    """
    for folder in (layout.log, layout.run, layout.home, layout.state / "lock.d", layout.state / "images"):
        make_folder(folder)
    with (layout.log / "launcher.log").open("wb") as errors, _launcher(settings, layout, services, errors) as launcher:
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


def _launcher(settings: Settings, layout: Layout, services: Sequence[str], errors: BinaryIO) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(settings.environment / "bin" / "python"), *ENTRY, str(layout.plan), *services],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        encoding="utf-8",
        env=_environment(settings, layout),
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


def _environment(settings: Settings, layout: Layout) -> dict[str, str]:
    environment = child_environment()
    for proxy in ("http_proxy", "https_proxy", "all_proxy"):
        environment.pop(proxy, None)
        environment.pop(proxy.upper(), None)
    return environment | {
        "HOME": str(layout.home),
        "XDG_CACHE_HOME": str(layout.home / ".cache"),
        "PYTHONPATH": str(SERVICES_CODE),
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
