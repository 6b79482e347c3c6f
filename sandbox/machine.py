"""What booting servers takes of this machine."""

import os
import shutil
import subprocess
from pathlib import Path

from bay.sandbox.errors import SandboxError
from bay.sandbox.services.sandbox_services.nodes import cgroups

COMMANDS = {
    "systemd-nspawn": "systemd-container",
    "nft": "nftables",
    "ip": "iproute2",
    "conntrack": "conntrack",
    "losetup": "mount",
    "nsenter": "util-linux",
}
"""What nodes and their networks are made with, and the Debian package of each."""
BALANCERS = {"haproxy": "haproxy"}
"""What load balancers are made with, in the same way. Servers boot without."""
PLAIN = "`bay sandbox start` without --boot works here too: its servers are listed, but do not boot"
SPECIAL = ",:\\ \t"
"""What an overlay mount or systemd-nspawn's --bind takes for a separator."""


def check_machine() -> None:
    """Raise SandboxError that names everything that is missing here."""
    if os.geteuid():
        raise SandboxError("booting servers needs root: they are containers on networks of their own", PLAIN)
    missing = [f"{name} (package {package})" for name, package in COMMANDS.items() if not shutil.which(name)]
    if not cgroups.limits_memory(cgroups.of_this_machine()):
        missing.append("control groups with the memory controller")
    if not _has_overlay():
        missing.append("overlay file systems in the kernel")
    if not missing and not _may_make_namespaces():
        missing.append("the right to make namespaces and packet filters (is this an unprivileged container?)")
    if missing:
        raise SandboxError(f"servers cannot boot on this machine, which lacks {', '.join(missing)}", PLAIN)


def check_paths(*paths: Path) -> None:
    """Raise SandboxError for a folder that cannot be mounted from."""
    for path in paths:
        bad = sorted(set(str(path.absolute())) & set(SPECIAL))
        if bad:
            raise SandboxError(
                f"servers cannot boot from the path {path}, which has a {bad[0]!r}", "use a folder without it"
            )


def _has_overlay() -> bool:
    if shutil.which("modprobe"):
        subprocess.run(["modprobe", "--all", "--quiet", "overlay", "br_netfilter"], capture_output=True, check=False)
    return "overlay" in Path("/proc/filesystems").read_text().split()


def _may_make_namespaces() -> bool:
    trial = ["unshare", "--net", "--mount", "sh", "-c", "nft list tables && test -e /proc/sys/net/bridge"]
    return not subprocess.run(trial, capture_output=True, check=False).returncode
