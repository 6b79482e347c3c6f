"""A bay in a kubeconfig of the user's: beside what is there, marked as bay's, and never over what is foreign."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bay.components.engines import ENGINES, Client
from bay.components.engines.contexts import ContextRequest, ContextStore, Files
from bay.components.errors import BayError
from bay.components.node.credentials import Generation
from tests.fakes.messages import told

STORE: ContextStore = ENGINES["kubernetes"].contexts  # type: ignore[attr-defined]
ADDRESSES = ("203.0.113.7:6443", "203.0.113.8:6443")
FIRST, SECOND = Path("/home/ada/.kube/config"), Path("/home/ada/second")
HOME = {"HOME": "/home/ada"}
OTHERS = """\
apiVersion: v1
kind: Config
clusters:
- name: work
  cluster: {server: "https://work:6443", insecure-skip-tls-verify: true}
users:
- name: ada
  user: {token: abc, auth-provider: {config: {expiry: 2026-01-02T03:04:05Z}}}
contexts:
- name: work
  context: {cluster: work, user: ada, namespace: physics}
current-context: work
"""


def request_of(generation: Generation, bay: str = "demo", bay_id: str = "1a2b") -> ContextRequest:
    engine = ENGINES["kubernetes"]
    files = engine.client_files(Client(bay, ADDRESSES, [generation]))
    return ContextRequest(bay, bay_id, engine.turned_to(files, ADDRESSES[1]), ADDRESSES)


def put(request: ContextRequest, there: Mapping[Path, str], variables: Mapping[str, str] = HOME) -> Files:
    return STORE.put(request, variables, there.get)


def document(text: str | None) -> dict[str, Any]:
    assert text is not None
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def named(found: Mapping[str, Any], section: str, name: str) -> dict[str, Any]:
    return next(dict(one) for one in found[section] if one["name"] == name)


def test_where_there_is_no_kubeconfig_one_is_made_whose_current_context_is_the_bay(generation: Generation) -> None:
    ((path, text),) = put(request_of(generation), {}).items()
    found = document(text)
    assert path == FIRST
    assert found["current-context"] == "demo"
    assert named(found, "contexts", "demo")["context"]["cluster"] == "demo"
    assert named(found, "clusters", "demo")["cluster"]["server"] == f"https://{ADDRESSES[1]}", "the one in use"
    assert [len(found[section]) for section in ("clusters", "users", "contexts")] == [1, 1, 1]


def test_what_is_there_stays_as_it_is_and_stays_current(generation: Generation) -> None:
    found = document(put(request_of(generation), {FIRST: OTHERS})[FIRST])
    before = yaml.load(OTHERS, yaml.BaseLoader)
    assert found["current-context"] == "work"
    assert named(found, "users", "ada")["user"]["auth-provider"]["config"]["expiry"] == "2026-01-02T03:04:05Z"
    assert named(found, "clusters", "work")["cluster"]["insecure-skip-tls-verify"] is True
    assert named(found, "contexts", "work") == before["contexts"][0]
    assert {one["name"] for one in found["contexts"]} == {"work", "demo"}


def test_a_second_time_renews_and_an_unset_leaves_what_was_there(generation: Generation) -> None:
    once = put(request_of(generation), {FIRST: OTHERS})[FIRST]
    assert once is not None
    assert put(request_of(generation), {FIRST: once})[FIRST] == once
    left = document(STORE.remove("demo", HOME, {FIRST: once}.get)[FIRST])
    assert left == document(OTHERS.replace("2026-01-02T03:04:05Z", '"2026-01-02T03:04:05Z"'))


def test_a_current_context_that_goes_is_current_no_more(generation: Generation) -> None:
    once = put(request_of(generation), {})[FIRST]
    left = document(STORE.remove("demo", HOME, {FIRST: once}.get)[FIRST])
    assert (left["current-context"], left["contexts"]) == ("", [])


@pytest.mark.parametrize("section", ["clusters", "users", "contexts"])
def test_what_bay_did_not_put_there_is_never_written_over_nor_removed(section: str, generation: Generation) -> None:
    kind = section.removesuffix("s")
    there = yaml.dump({"apiVersion": "v1", section: [{"name": "demo", kind: {"server": "x", "cluster": "y"}}]})
    for path, variables in ((FIRST, HOME), (SECOND, {"KUBECONFIG": f"/nowhere{os.pathsep}{SECOND}"})):
        assert told(lambda path=path, variables=variables: put(request_of(generation), {path: there}, variables)) == (
            f"{path} has a {kind} demo already, and bay did not put it there",
            "rename it there, or use 'bay config demo' without --merge",
            1,
        )
    assert STORE.remove("demo", HOME, {FIRST: there}.get) == {}


def test_another_bay_of_the_same_name_is_not_written_over_either(generation: Generation) -> None:
    once = put(request_of(generation), {})[FIRST]
    assert once is not None
    assert told(lambda: put(request_of(generation, bay_id="3c4d"), {FIRST: once})) == (
        f"{FIRST} has a cluster demo already, of another bay of this name (bay:id 1a2b)",
        "'bay config demo --unset' removes it",
        1,
    )


@pytest.mark.parametrize(
    ("there", "written"),
    [
        ({}, SECOND),
        ({SECOND: OTHERS}, SECOND),
        ({FIRST: OTHERS}, FIRST),
        ({FIRST: OTHERS, SECOND: OTHERS}, FIRST),
    ],
)
def test_of_several_files_the_first_that_is_there_is_written_else_the_last(
    there: Mapping[Path, str], written: Path, generation: Generation
) -> None:
    variables = {"KUBECONFIG": f"{FIRST}{os.pathsep}{SECOND}"}
    assert list(put(request_of(generation), there, variables)) == [written]


def test_a_context_is_renewed_in_the_file_that_has_it(generation: Generation) -> None:
    there = {FIRST: OTHERS, SECOND: put(request_of(generation), {})[FIRST] or ""}
    variables = {"KUBECONFIG": f"{FIRST}{os.pathsep}{SECOND}"}
    assert list(put(request_of(generation), there, variables)) == [SECOND]
    assert list(STORE.remove("demo", variables, there.get)) == [SECOND]


@pytest.mark.parametrize("text", ["[1, 2]", "a: [", "clusters: 7", "contexts: [{context: {}}]", "users: [x]"])
def test_a_file_that_is_no_kubeconfig_is_left_alone(text: str, generation: Generation) -> None:
    assert told(lambda: put(request_of(generation), {FIRST: text}))[0] == f"{FIRST} is no kubeconfig"
    with pytest.raises(BayError):
        STORE.remove("demo", HOME, {FIRST: text}.get)


@pytest.mark.skipif(not shutil.which("kubectl"), reason="there is no kubectl")
def test_kubectl_reads_it_and_keeps_whose_it_is_when_it_writes(tmp_path: Path, generation: Generation) -> None:
    path = tmp_path / "config"
    path.write_text(OTHERS)
    variables = {"KUBECONFIG": str(path), "PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    read = {path: path.read_text()}
    path.write_text(put(request_of(generation), read, variables)[path] or "")

    def kubectl(*words: str) -> str:
        return subprocess.run(["kubectl", *words], env=variables, capture_output=True, text=True, check=True).stdout

    assert kubectl("config", "get-contexts", "-o", "name").split() == ["demo", "work"]
    assert kubectl("config", "current-context").strip() == "work"
    kubectl("config", "use-context", "demo")
    kubectl("config", "view", "--minify", "--raw")
    path.write_text(put(request_of(generation), {path: path.read_text()}, variables)[path] or "")
    left = STORE.remove("demo", variables, {path: path.read_text()}.get)[path]
    path.write_text(left or "")
    assert kubectl("config", "get-contexts", "-o", "name").split() == ["work"]
