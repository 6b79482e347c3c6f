"""``python -m bay.sandbox.packages``: installs the Debian packages that booting servers and node images need.

For `make`, on machines where it may: as root or by sudo without a password. Elsewhere it says what is missing and
goes on, since the sandbox works without them; its servers then do not boot. Where systemd runs, Debian starts a service
for HAProxy, which listens on no port as it comes.
"""

import os
import shutil
import subprocess
import sys

from bay.sandbox.images.machine import TOOLS
from bay.sandbox.machine import BALANCERS, COMMANDS


def missing(path: str) -> list[str]:
    """Packages of the programs that are not on ``path``."""
    programs = {**COMMANDS, **BALANCERS, **TOOLS, "ssh": "openssh-client"}
    return sorted({package for program, package in programs.items() if shutil.which(program, path=path) is None})


def install(packages: list[str]) -> str | None:
    """Install them with apt-get; what went wrong, or None."""
    apt = shutil.which("apt-get")
    root = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    if apt is None or (root and shutil.which("sudo") is None):
        return "only root can, on Debian or Ubuntu"
    asked = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    steps = (["update", "-qq"], ["install", "-qq", "--yes", "--no-install-recommends", *packages])
    for step in steps:
        done = subprocess.run([*root, apt, *step], env=asked, capture_output=True, text=True)
        if done.returncode:
            return (done.stderr.strip().splitlines() or [f"apt-get {step[0]} failed"])[-1]
    return None


def main() -> None:
    """Say what is done; never fails."""
    wanted = missing(os.environ["PATH"])
    if not wanted or sys.platform != "linux":
        return
    print(f"installing what booting servers needs: {' '.join(wanted)}", flush=True)
    problem = install(wanted)
    if problem:
        print(f"not installed, so servers do not boot here: {problem}", flush=True)


if __name__ == "__main__":
    main()
