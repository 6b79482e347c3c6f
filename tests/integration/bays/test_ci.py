"""The templates of docs/ci: a request is previewed as data, whatever code it brings; applied when merged; watched."""

import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from tests.integration.bays.ci_jobs import git, github, gitlab
from tests.integration.bays.harness import Bay

pytestmark = pytest.mark.sandbox

REQUEST, HARMLESS = "7", "8"
"""Numbers of two requests: one that brings code, one of spec files only."""


class Forge(ThreadingHTTPServer):
    """Takes what is posted to a forge's API."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.posts: list[tuple[str, str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        token = self.headers.get("PRIVATE-TOKEN") or self.headers.get("Authorization") or ""
        assert isinstance(self.server, Forge)
        self.server.posts.append((self.path, token, body))
        self.send_response(201)
        self.end_headers()

    def log_message(self, format: str, *_args: object) -> None:
        """Silent."""


@pytest.fixture
def forge() -> Iterator[Forge]:
    """A forge's API on this machine."""
    server = Forge()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def origin(bay: Bay, checkout: Path) -> Path:
    """A repository with one bay's file, and two requests for a node more: one would run code, one adds a bay."""
    (bay.home / "passphrase").write_text("of the checkout\n")
    bay.make("demo", "--nodes", "1", "--no-wait", PULUMI_CONFIG_PASSPHRASE_FILE=str(bay.home / "passphrase"))
    exported = bay.run("export", "demo", cwd=checkout, PULUMI_CONFIG_PASSPHRASE_FILE=str(bay.home / "passphrase"))
    assert exported.code == 0, exported
    (checkout / "Makefile").write_text("setup toolchain:\n\t@true\n")
    git(checkout, "init")
    git(checkout, "add", ".")
    git(checkout, "commit", "-m", "a bay")
    for number in (REQUEST, HARMLESS):
        git(checkout, "switch", "-c", f"request-{number}", "main")
        _want_more(checkout)
        if number == REQUEST:
            _bring_code(checkout, bay.home / "touched")
        else:
            (checkout / "stacks" / "Pulumi.fresh.yaml").write_text(NEW_BAY)
        git(checkout, "add", ".")
        git(checkout, "commit", "-m", "one more node")
        git(checkout, "update-ref", f"refs/merge-requests/{number}/head", "HEAD")
        git(checkout, "update-ref", f"refs/pull/{number}/head", "HEAD")
    git(checkout, "switch", "main")
    return checkout


NEW_BAY = """\
config:
  bay:model: swarm
  bay:nodes:
    count: 0
"""


def _want_more(checkout: Path) -> None:
    file = checkout / "stacks" / "Pulumi.demo.yaml"
    text = file.read_text()
    assert "nodes:\n    count: 1" in text
    file.write_text(text.replace("nodes:\n    count: 1", "nodes:\n    count: 2"))


def _bring_code(checkout: Path, touched: Path) -> None:
    """Every way in which a checkout of this request would run its author's code."""
    python = f"open({str(touched)!r}, 'a').write(__file__)\n"
    for name in (
        "stacks/program/__main__.py",
        "stacks/program/config.py",
        "sitecustomize.py",
        "bay.py",
        "json.py",
        "conftest.py",
    ):
        (checkout / name).write_text(python)
    (checkout / "Makefile").write_text(f"setup toolchain:\n\ttouch {touched}\n")
    (checkout / "Pulumi.yaml").write_text("name: bay\nruntime: python\nmain: .\nstackConfigDir: stacks\n")
    (checkout / "__main__.py").write_text(python)
    (checkout / ".gitattributes").write_text("* filter=evil merge=evil\n")
    (checkout / "stacks" / "Pulumi.$(touch touched).yaml").write_text("config: {}\n")
    (checkout / "stacks" / "Pulumi.--state=x.yaml").write_text("config: {}\n")
    (checkout / "stacks" / "Pulumi.linked.yaml").symlink_to("/etc/passwd")


def head_of(repository: Path) -> str:
    return subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=repository, capture_output=True, text=True, check=True
    ).stdout.strip()


def _clone(origin: Path, folder: Path) -> Path:
    git(folder.parent, "clone", "--quiet", str(origin), str(folder))
    return folder


def _variables(bay: Bay, forge: Forge, folder: Path) -> dict[str, str]:
    """What a maintainer sets up; the reader's and the member's logins are of one project."""
    clouds = bay.sandbox.clouds_file.read_text()
    for role, name in (("reader", "sandbox-reader"), ("member", "sandbox")):
        (folder / role).write_text(clouds.replace(f"  {name}:\n", "  bay:\n"))
    return {
        "BAY_READER_CLOUDS": str(folder / "reader"),
        "BAY_CLOUDS": str(folder / "member"),
        "BAY_PASSPHRASE": str(bay.home / "passphrase"),
        "BAY_FORGE_TOKEN": "token",
        "TRIGGER_PAYLOAD": _payload(folder, REQUEST),
        "CI_API_V4_URL": forge.url,
        "CI_PROJECT_ID": "1",
        "GITHUB_API_URL": forge.url,
        "GITHUB_REPOSITORY": "house/bays",
        "RUNNER_TEMP": str(folder),
    }


def _payload(folder: Path, request: str) -> str:
    """What GitLab's webhook posts of a request."""
    payload = folder / f"payload-{request}"
    payload.write_text(json.dumps({"object_attributes": {"iid": int(request), "title": "$(touch touched)"}}))
    return str(payload)


@pytest.fixture
def bay(bay: Bay) -> Iterator[Bay]:
    """A user whose bay's passphrase is in a file that only the jobs are told of, and the delete at the end."""
    yield bay
    bay.extra = {**bay.extra, "PULUMI_CONFIG_PASSPHRASE_FILE": str(bay.home / "passphrase")}


def test_a_request_is_previewed_as_data_applied_after_its_merge_and_watched(
    bay: Bay, origin: Path, forge: Forge, tmp_path: Path
) -> None:
    variables = _variables(bay, forge, tmp_path)
    clone = _clone(origin, tmp_path / "gitlab")
    previewed = gitlab("preview", bay, clone, variables)
    assert previewed.code == 1, "files whose names can be no bay's are errors, and hide no other"
    comment = (clone / "comment.md").read_text()
    assert "| `demo` | changes | 1 | 0 | 0 | 0 |" in comment
    assert "demo-node-1" in comment
    assert comment.count("error: ") == 3
    assert "| `linked` | `error: stacks/Pulumi.linked.yaml: no plain file` |" in comment, "it is not left out"
    assert "passwd" not in comment
    assert gitlab("comment", bay, clone, variables).code == 0
    path, token, body = forge.posts.pop()
    assert (path, token) == (f"/projects/1/merge_requests/{REQUEST}/notes", "token")
    assert parse_qs(body)["body"][0].rstrip() == comment.rstrip()

    clone = _clone(origin, tmp_path / "github")
    known = {
        "github.event.pull_request.number": REQUEST,
        "github.token": "token",
        "github.server_url": "https://github.example",
        "vars.BAY_STATE": f"file://{bay.state}",
        "secrets.BAY_READER_CLOUDS": Path(variables["BAY_READER_CLOUDS"]).read_text(),
        "secrets.BAY_CLOUDS": Path(variables["BAY_CLOUDS"]).read_text(),
        "secrets.BAY_PASSPHRASE": Path(variables["BAY_PASSPHRASE"]).read_text(),
    }
    steps = github("preview", bay, clone, known, variables)
    assert [step.code for step in steps] == [0, 0, 0, 1, 0], steps
    path, token, body = forge.posts.pop()
    assert (path, token) == (f"/repos/house/bays/issues/{REQUEST}/comments", "Bearer token")
    assert json.loads(body)["body"] == (clone / "comment.md").read_text()
    assert "| `demo` | changes | 1 | 0 | 0 | 0 |" in json.loads(body)["body"]
    assert not (bay.home / "touched").exists(), "code of the request was run"

    harmless = {**variables, "TRIGGER_PAYLOAD": _payload(tmp_path, HARMLESS)}
    clone = _clone(origin, tmp_path / "harmless")
    previewed = gitlab("preview", bay, clone, harmless)
    assert previewed.code == 0, previewed
    comment = (clone / "comment.md").read_text()
    assert "| `demo` | changes | 1 | 0 | 0 | 0 |" in comment
    assert "| `fresh` |" in comment
    assert "error: " not in comment
    clone = _clone(origin, tmp_path / "harmless-github")
    steps = github("preview", bay, clone, {**known, "github.event.pull_request.number": HARMLESS}, variables)
    assert [step.code for step in steps] == [0, 0, 0, 0, 0], steps
    assert forge.posts.pop()[0] == f"/repos/house/bays/issues/{HARMLESS}/comments"
    assert bay.names() == ["demo"], "a preview makes nothing"

    variables["CI_COMMIT_BEFORE_SHA"] = known["github.event.before"] = head_of(origin)
    git(origin, "merge", "--quiet", f"request-{HARMLESS}")
    merged = _clone(origin, tmp_path / "merged")
    applied = gitlab("apply", bay, merged, variables)
    assert applied.code == 0, applied
    assert len(bay.run("show", "demo", "-f", "json").json["nodes"]) == 2
    fresh = bay.run("show", "fresh", "-f", "json", PULUMI_CONFIG_PASSPHRASE_FILE=str(bay.home / "passphrase")).json
    assert (fresh["status"], len(fresh["masters"]), fresh["nodes"]) == ("CREATE_COMPLETE", 1, [])
    assert [step.code for step in github("apply", bay, merged, known, variables)] == [0, 0, 0]
    deleted = bay.run("delete", "fresh", "--yes", PULUMI_CONFIG_PASSPHRASE_FILE=str(bay.home / "passphrase"))
    assert "stacks/Pulumi.fresh.yaml" in deleted.err, "what becomes of its file"
    variables["CI_COMMIT_BEFORE_SHA"] = head_of(origin)
    again = gitlab("apply", bay, merged, variables)
    assert (again.code, "is not created again" in again.out) == (0, True), again
    assert bay.names() == ["demo"]
    assert gitlab("drift", bay, merged, variables).code == 0
    assert [step.code for step in github("drift", bay, merged, known, variables)] == [0, 0, 0]
