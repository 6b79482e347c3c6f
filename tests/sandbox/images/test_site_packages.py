"""A site's own repository of packages: Mesos comes from there into the image. The packages are made up here."""

import functools
import hashlib
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bay.sandbox.errors import SandboxError
from bay.sandbox.images import build, common
from tests.sandbox.images.conftest import CACHE

pytestmark = [pytest.mark.boot, pytest.mark.long, pytest.mark.timeout(1800)]

CONTROL = (
    "Package: mesos\nVersion: 1.11.0\nArchitecture: all\nMaintainer: a site <site@example.org>\nDescription: Mesos\n"
)
UNIT = "[Service]\nExecStart=/usr/sbin/mesos-master\n[Install]\nWantedBy=multi-user.target\n"
STARTED = "#!/bin/sh\nsystemctl enable mesos-master.service && invoke-rc.d mesos-master start || exit 1\n"


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[str]:
    """A line of sources.list of a repository with a package `mesos`, which starts its service when installed."""
    package = tmp_path / "package"
    for name, text in {
        "DEBIAN/control": CONTROL,
        "DEBIAN/postinst": STARTED,
        "lib/systemd/system/mesos-master.service": UNIT,
        "usr/sbin/mesos-master": "#!/bin/sh\n",
    }.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
        (package / name).chmod(0o755 if text.startswith("#!") else 0o644)
    served = tmp_path / "served"
    served.mkdir()
    subprocess.run(["dpkg-deb", "--build", package, served / "mesos_1.11.0_all.deb"], check=True, capture_output=True)
    content = (served / "mesos_1.11.0_all.deb").read_bytes()
    listed = f"Filename: ./mesos_1.11.0_all.deb\nSize: {len(content)}\nSHA256: {hashlib.sha256(content).hexdigest()}\n"
    (served / "Packages").write_text(CONTROL + listed)
    (served / "empty").mkdir()
    (served / "empty" / "Packages").write_text("")
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=served)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"deb [trusted=yes] http://127.0.0.1:{server.server_port}/ ./"
        server.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache folder of this test, which has the base already."""
    build(CACHE, "mesos", os.environ["PATH"], print)
    (tmp_path / "cache" / "nodes" / "parts").mkdir(parents=True)
    base = common.BASE.place(CACHE / "nodes")
    common.BASE.place(tmp_path / "cache" / "nodes").symlink_to(base)
    return tmp_path / "cache"


def test_mesos_comes_from_the_sites_repository_and_is_not_started(repository: str, cache: Path) -> None:
    rootfs = build(cache, "mesos", os.environ["PATH"], print, [repository]) / "rootfs"
    assert os.access(rootfs / "usr/sbin/mesos-master", os.X_OK)
    assert not (rootfs / "etc/systemd/system/multi-user.target.wants/mesos-master.service").is_symlink()
    assert "127.0.0.1" not in (rootfs / "etc/apt/sources.list").read_text()
    with pytest.raises(SandboxError, match=r"not in the repositories: E: Unable to locate package mesos") as raised:
        build(cache, "mesos", os.environ["PATH"], print, [repository.replace("./", "./empty/")])
    assert "--apt-source" in raised.value.hint
