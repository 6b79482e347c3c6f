"""Make a virtual environment: ``python3 environment.py FOLDER``; runs before anything is installed.

Debian and Ubuntu ship Python without the module that fills an environment, so that package is
installed first where this user may.
"""

import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)


def main(folder: str) -> int:
    """Exit code 0 once the environment is there; else one line of what is wrong and one of what to do."""
    if sys.version_info < OLDEST:
        return _fail(
            f"Python {sys.version.split()[0]} is too old", "install Python 3.11 or later; make PYTHON=python3.11"
        )
    if _has_pip_bundle() or _install_pip_bundle():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        return 0
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    return _fail("this Python cannot make virtual environments", f"sudo apt-get install {package}")


def _has_pip_bundle() -> bool:
    return subprocess.run([sys.executable, "-c", "import ensurepip"], capture_output=True, check=False).returncode == 0


def _install_pip_bundle() -> bool:
    """Install Debian's package as root or by sudo; False where that cannot be."""
    apt = shutil.which("apt-get")
    sudo = [] if os.getuid() == 0 else ["sudo", "-n"]
    if apt is None or (sudo and shutil.which("sudo") is None):
        return False
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    print(f"installing {package}", file=sys.stderr)
    subprocess.run([*sudo, apt, "update", "-qq"], check=False)
    done = subprocess.run([*sudo, apt, "install", "-y", "-qq", "--no-install-recommends", package], check=False)
    return done.returncode == 0


def _fail(message: str, remedy: str) -> int:
    print(f"error: {message}\n       {remedy}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
