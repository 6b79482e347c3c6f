"""What the sandboxes that boot servers share on a machine: its ranges of addresses, and the kernel's settings.

Nodes write kernel settings, which a container shares with the machine: the first sandbox notes the values, the last one
restores them. All of it is kept where a restart of the machine, which also sets the values anew, deletes it.
"""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = Path("/run/bay-sandbox")
SETTINGS = Path("/proc/sys")
WRITTEN = (
    # by a kubelet at its start: its container manager's "kernel tunables"
    *("vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops"),
    *("kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes"),
    # by what distributions and installers of engines put into /etc/sysctl.d
    *("kernel/pid_max", "kernel/sysrq", "kernel/core_pattern", "kernel/printk", "kernel/threads-max"),
    *("vm/max_map_count", "vm/swappiness", "fs/file-max", "fs/nr_open", "fs/aio-max-nr"),
    *("fs/inotify/max_user_instances", "fs/inotify/max_user_watches", "fs/protected_hardlinks"),
    *("fs/protected_symlinks", "fs/protected_fifos", "fs/protected_regular", "fs/suid_dumpable"),
)
"""Network settings are not here: each node has its own."""
LEAST = {"fs/inotify/max_user_instances": 8192, "fs/inotify/max_user_watches": 1048576}
"""A node's systemd, engine and container manager take some 20 instances, of the 128 that root has by default. Without,
the seventh node ends at once with "Too many open files"."""


def join(sandbox: str, ranges: list[str], folder: Path = FOLDER, settings: Path = SETTINGS) -> None:
    """Note that a sandbox boots servers, in networks of these ranges; the first one notes the kernel's settings.

    Limits that some nodes would exhaust are raised.
    """
    with _alone(folder):
        values = folder / "sysctls.json"
        if not values.exists():
            values.write_text(json.dumps({name: _read(settings / name) for name in WRITTEN}))
        (folder / f"{sandbox}.ranges").write_text(json.dumps(ranges))
        for name, least in LEAST.items():
            if int(_read(settings / name) or least) < least:
                (settings / name).write_text(str(least))


def leave(sandbox: str, folder: Path = FOLDER, settings: Path = SETTINGS) -> None:
    """Note that a sandbox boots none any more; the last one restores the settings."""
    own, values = folder / f"{sandbox}.ranges", folder / "sysctls.json"
    if not own.exists():
        return
    with _alone(folder):
        own.unlink()
        if not list(folder.glob("*.ranges")) and values.exists():
            for name, value in json.loads(values.read_text()).items():
                if value is not None and _read(settings / name) != value:
                    (settings / name).write_text(value)
            values.unlink()


def ranges(sandbox: str, folder: Path = FOLDER) -> list[str]:
    """Those of the others."""
    others = [path for path in folder.glob("*.ranges") if path.stem != sandbox]
    return [cidr for path in others for cidr in json.loads(path.read_text())]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read(setting: Path) -> str | None:
    try:
        return setting.read_text().strip()
    except OSError:  # this kernel has none
        return None
