"""Fixtures: folders of made-up programs in the place of PATH, and a server of releases."""

import os
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from bay.toolchain import Toolchain, ensure, parts
from bay.toolchain.patch import edits
from tests.toolchain.releases import CLI, PLUGIN, Server, files_of, packed


@pytest.fixture(scope="session")
def test_cache() -> Path:
    """What tests of the toolchain keep from run to run."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bay-toolchain-test"


@pytest.fixture(scope="session")
def built_toolchain() -> Toolchain:
    """The toolchain that is built, whatever this machine has on PATH; building takes minutes."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bay"
    path = os.pathsep.join(
        folder for folder in os.environ["PATH"].split(os.pathsep) if not (Path(folder) / "pulumi").exists()
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BAY_PULUMI_RELEASES", "off")
        return ensure(cache, path, print)


@pytest.fixture(autouse=True)
def no_releases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is downloaded, unless a test has a server of its own."""
    monkeypatch.setenv("BAY_PULUMI_RELEASES", "off")


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """An empty folder to search for programs instead of PATH."""
    folder = tmp_path / "programs" / "bin"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache folder that is not there yet."""
    return tmp_path / "cache" / "bay"


@pytest.fixture
def put(programs: Path) -> Callable[[str, str], Path]:
    """Puts a shell script among the programs."""

    def put_script(name: str, body: str) -> Path:
        program = programs / name
        unfinished = program.with_suffix(".new")  # a script that runs must not be written into
        unfinished.write_text(f"#!/bin/sh\n{body}\n")
        unfinished.chmod(0o755)
        unfinished.rename(program)
        return program

    return put_script


@pytest.fixture
def put_go(put: Callable[[str, str], Path], tmp_path: Path) -> Callable[..., Path]:
    """Puts a `go` among the programs that "builds" by writing the output file, after a shell command of the test.

    The packages' folders that it was asked to build stand in the file `built`, one a line. `packages` are what a part
    is made of, as `go list` prints them.
    """
    sdk = tmp_path / "sdk"
    script = sdk / "python/cmd/pulumi-language-python-exec"
    script.parent.mkdir(parents=True)
    script.write_text("#!/bin/sh\n")
    for edit in edits(parts.SOURCES / "pulumi"):
        source = sdk / edit.file
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text((source.read_text() if source.exists() else "") + edit.old)

    def put_go_script(first: str = "true", version: str = "go1.26.8", packages: str = "main true") -> Path:
        build = f'basename "$PWD" >> {tmp_path}/built; {first}; while [ "$1" != -o ]; do shift; done; echo made > "$2"'
        listed = f'case "$2" in -deps) echo "{packages}";; *) echo {sdk};; esac'
        return put(
            "go",
            f'case "$1" in version) echo "go version {version} linux/amd64";; list) {listed};; build) {build};; esac',
        )

    return put_go_script


@pytest.fixture
def builds(tmp_path: Path) -> Callable[[], list[str]]:
    """The modules that the made-up `go` was asked to build so far."""
    record = tmp_path / "built"
    return lambda: record.read_text().split() if record.exists() else []


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server without files, where the releases are looked for."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            offered.asked.append(self.path)
            content = offered.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.path in offered.hanging:
                self.wfile.write(content[: len(content) // 2])
                self.wfile.flush()
                offered.ended.wait(60)
            else:
                self.wfile.write(content)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        offered = Server(f"http://127.0.0.1:{http.server_port}")
        http.daemon_threads = True
        thread = Thread(target=http.serve_forever, args=(0.05,))
        thread.start()
        monkeypatch.setenv("BAY_PULUMI_RELEASES", f"{offered.url}/")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        yield offered
        offered.ended.set()
        http.shutdown()
        thread.join()


@pytest.fixture
def offers(server: Server) -> Server:
    """The server has both releases as they should be."""
    for release in (CLI, PLUGIN):
        server.offer(release, packed(*files_of(release)))
    return server
