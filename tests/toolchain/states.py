"""Places for a state, which tests start: a folder, PostgreSQL, and a server that speaks S3."""

import getpass
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bay.toolchain.lock import exclusive, report_waiting
from tests.waiting import eventually

#: Where Debian's packages put what is not on PATH.
DEBIAN = Path("/usr/lib/postgresql")

#: The server that speaks S3, and what of it this needs.
S3_SERVER = ("moto[s3]==5.2.5", "flask==3.1.3", "flask-cors==6.0.5")

#: What a state needs in the environment, beside its URL.
Place = tuple[str, dict[str, str]]


@contextmanager
def folder(base: Path) -> Iterator[Place]:
    """A `file://` state."""
    base.mkdir()
    yield f"file://{base}", {}


@contextmanager
def postgres() -> Iterator[Place]:
    """A database of its own, on a socket in a folder of its own, run by an ordinary user."""
    program = _postgres_program("postgres")
    with tempfile.TemporaryDirectory(prefix="bay-pg-") as place:  # short: the name of a socket has an end
        user = _ordinary_user()
        os.chown(place, pwd.getpwnam(user).pw_uid, -1)
        data = f"{place}/data"
        _as(user, _postgres_program("initdb"), "-D", data, "-A", "trust", "-U", "bay", check=True)
        command = _command(user, program, "-D", data, "-k", place, "-c", "listen_addresses=")
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
            try:
                ask = [_postgres_program("psql"), "-h", place, "-U", "bay", "-c", "create database bay", "postgres"]
                eventually(lambda: subprocess.run(ask, capture_output=True, check=False).returncode == 0)
                yield f"postgres://bay@/bay?host={place}&sslmode=disable", {}
            finally:
                server.terminate()


def _postgres_program(name: str) -> str:
    found = shutil.which(name) or next((str(path) for path in sorted(DEBIAN.glob(f"*/bin/{name}"))), None)
    if found is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    return found


def _ordinary_user() -> str:
    """PostgreSQL does not run as root."""
    return getpass.getuser() if os.getuid() else "nobody"


def _command(user: str, *command: str) -> list[str]:
    return list(command) if user == getpass.getuser() else ["setpriv", f"--reuid={user}", "--clear-groups", *command]


def _as(user: str, *command: str, check: bool) -> None:
    subprocess.run(_command(user, *command), cwd="/", capture_output=True, check=check)


@contextmanager
def s3(cache: Path) -> Iterator[Place]:
    """A bucket on 127.0.0.1."""
    python = _s3_python(cache)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [str(python), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            eventually(lambda: _put(f"{url}/bay"))
            options = f"endpoint={url}&disable_https=true&s3ForcePathStyle=true&region=us-east-1"
            yield f"s3://bay?{options}", {"AWS_ACCESS_KEY_ID": "bay", "AWS_SECRET_ACCESS_KEY": "not a secret"}
        finally:
            server.kill()


def _s3_python(cache: Path) -> Path:
    """The interpreter of an environment with the server in it, made once."""
    place = cache / "s3" / "-".join(requirement.replace("[s3]", "") for requirement in S3_SERVER)
    python = place / "bin" / "python"
    place.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(place.with_suffix(".lock"), report_waiting(print, "another test")):
        if not (place / "whole").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
            install: list[str | Path] = [
                python,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                *S3_SERVER,
            ]
            subprocess.run(install, check=True)
            (place / "whole").touch()
    return python


def _put(url: str) -> bool:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            urllib.request.Request(url, method="PUT"), timeout=5
        ):
            return True
    except OSError:
        return False
