"""A bay among the clusters that the user's own client knows: written for its owner alone, and all of it or nothing."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from bay.components.engines import ENGINES
from bay.components.node.client_login import LoginRequest
from bay.components.spec.merge import build_spec
from bay.stacks.cluster import contexts
from bay.stacks.cluster.contexts import has_context, put_context, remove_context
from tests.fakes.keys import with_keys
from tests.fakes.messages import told
from tests.fakes.stack import FakeContext, FakeStack
from tests.fakes.states import BAY_ID, bay_of


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path)}


def bay(model: str, home: dict[str, str], **spec: Any) -> FakeStack:
    deployment = bay_of(build_spec([{"model": model}, spec]))
    stack = next(r for r in deployment["resources"] if r["type"] == "pulumi:pulumi:Stack")
    stack["outputs"] |= {"api_addresses": ["203.0.113.1:6443"]}
    context = FakeContext(folder=Path(home["HOME"]).with_name("bay"))
    found = FakeStack(with_keys(deployment), context=context)
    object.__setattr__(context.settings, "environment", home)
    return found


def test_a_kubeconfig_is_made_for_its_owner_alone_and_taken_back(
    home: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = put_context(bay("kubernetes", home))
    file = tmp_path / ".kube" / "config"
    assert (put.file, put.usage, put.is_open) == (file, "kubectl --context demo get nodes", False)
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert BAY_ID in file.read_text()
    assert [path.name for path in file.parent.iterdir()] == ["config"], "no lock and no half of a file is left"
    assert has_context("demo", home)
    assert remove_context("demo", home) == [file]
    assert not has_context("demo", home)
    assert "demo" not in file.read_text()
    assert remove_context("demo", home) == []


def test_a_context_of_docker_is_taken_back_with_its_folders(
    home: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = put_context(bay("swarm", home, access={"api": ["10.0.0.0/8"]}))
    assert (put.usage, put.is_open) == ("docker --context demo node ls", True)
    assert json.loads(put.file.read_text())["Metadata"]["bay:id"] == BAY_ID
    assert {path.stat().st_mode & 0o077 for path in tmp_path.rglob("*")} == {0}
    assert len(remove_context("demo", home)) == 4
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_nothing_is_made_where_there_is_nothing_to_remove(home: dict[str, str], tmp_path: Path) -> None:
    assert remove_context("demo", home) == []
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_kubeconfig_has_none(home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text("[")
    assert not has_context("demo", home)


def test_a_link_stays_a_link(home: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dotfiles, file = tmp_path / "dotfiles", tmp_path / ".kube" / "config"
    dotfiles.write_text("apiVersion: v1\nkind: Config\n")
    file.parent.mkdir()
    file.symlink_to(dotfiles)
    put_context(bay("kubernetes", home))
    assert file.is_symlink()
    assert "demo" in dotfiles.read_text()


def test_a_client_that_writes_the_same_file_is_waited_for(
    home: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / ".kube" / "config.lock"
    lock.parent.mkdir()
    lock.touch()
    monkeypatch.setattr(contexts, "PATIENCE", 0.0)
    one = bay("kubernetes", home)
    assert told(lambda: put_context(one)) == (
        f"{lock}: another program is writing",
        "if none is, remove that file",
        1,
    )
    assert not (tmp_path / ".kube" / "config").exists()
    assert lock.exists()
    monkeypatch.setattr(contexts, "PATIENCE", 30.0)
    threading.Timer(0.2, lock.unlink).start()
    assert put_context(one).file.exists()
    assert not lock.exists()


def test_a_client_without_contexts_is_told_what_to_do(home: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(lambda: put_context(bay("mesos", home))) == (
        f"clients of {ENGINES['mesos'].title} keep no contexts",
        "'bay config demo' writes its files",
        1,
    )


@pytest.mark.parametrize("model", ["swarm", "kubernetes"])
def test_a_context_keeps_its_certificate_while_it_is_good(model: str, home: dict[str, str], tmp_path: Path) -> None:
    assert put_context(bay(model, home)).login.is_new
    written = {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert not put_context(bay(model, home)).login.is_new
    assert {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()} == written
    assert put_context(bay(model, home), LoginRequest(renew=True)).login.is_new
    assert {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()} != written


@pytest.mark.parametrize("user", ["{token: x}", "x", "{client-certificate-data: 7, client-key-data: [x]}", "null"])
def test_who_logs_in_otherwise_has_no_certificate_to_keep(user: str, home: dict[str, str], tmp_path: Path) -> None:
    mark = f"extensions: [{{name: bay, extension: {{id: {BAY_ID}}}}}]"
    (tmp_path / ".kube").mkdir()
    text = f"users: [{{name: demo, user: {user}}}]"
    if user.startswith("{"):
        text = text.replace("user: {", f"user: {{{mark}, ")
    (tmp_path / ".kube" / "config").write_text(text)
    if user.startswith("{"):
        assert put_context(bay("kubernetes", home)).login.is_new
    else:
        told(lambda: put_context(bay("kubernetes", home)))  # foreign
