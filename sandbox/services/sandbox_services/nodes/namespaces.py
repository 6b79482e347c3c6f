"""Network namespaces by name, as `ip netns` keeps them."""

import contextlib
import json
import os
import signal
from pathlib import Path
from typing import Any

from .commands import attempt, run

FOLDER = Path("/run/netns")


def exists(name: str) -> bool:
    """Whether there is one of that name."""
    return (FOLDER / name).exists()


def path(name: str) -> str:
    """The file that stands for it."""
    return str(FOLDER / name)


def listed(prefix: str) -> list[str]:
    """The names that begin so."""
    return sorted(found.name for found in FOLDER.glob(f"{prefix}*"))


def ensure(name: str, forwarding: bool = False) -> None:
    """Make it if it is not there: loopback up, IPv6 off, packets between its interfaces forwarded or not."""
    if exists(name):
        return
    run("ip", "netns", "add", name)
    settings = {
        "ipv4/ip_forward": int(forwarding),
        "ipv6/conf/default/disable_ipv6": 1,
        "ipv6/conf/all/disable_ipv6": 1,
    }
    script = "; ".join(f"echo {value} > /proc/sys/net/{key}" for key, value in settings.items())
    inside(name, "sh", "-c", f"ip link set lo up; {script}")


def delete(name: str) -> None:
    """Delete it, with the interfaces in it, once no process is in it."""
    attempt("ip", "netns", "delete", name)


def processes(name: str) -> list[int]:
    """Those that are in it."""
    return [int(number) for number in run("ip", "netns", "pids", name).split()]


def end(name: str) -> None:
    """Kill the processes in it, and delete it."""
    for process in processes(name):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    delete(name)


def inside(name: str, *command: str, text: str | None = None) -> str:
    """Run a command there."""
    return run("nsenter", f"--net={path(name)}", *command, text=text)


def try_inside(name: str, *command: str) -> bool:
    """Whether a command that may fail succeeded there."""
    return attempt("nsenter", f"--net={path(name)}", *command)


def links(name: str) -> set[str]:
    """Names of the interfaces."""
    return {link["ifname"] for link in _json("ip", "-n", name, "-j", "link")}


def macs(name: str) -> set[str]:
    """Hardware addresses of the interfaces, in lower case."""
    return {link["address"] for link in _json("ip", "-n", name, "-j", "link") if "address" in link}


def addresses(name: str, link: str) -> set[str]:
    """IPv4 addresses of an interface, with prefix length."""
    rows = [row for found in _json("ip", "-n", name, "-j", "addr", "show", link) for row in found["addr_info"]]
    return {f"{row['local']}/{row['prefixlen']}" for row in rows if row["family"] == "inet"}


def _json(*command: str) -> Any:
    return json.loads(run(*command) or "[]")
