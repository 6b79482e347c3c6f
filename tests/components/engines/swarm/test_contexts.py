"""A bay among the contexts of the docker client, laid out as it does it itself."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bay.components.engines import ENGINES, Client
from bay.components.engines.contexts import ContextRequest, ContextStore, Files
from bay.components.node.credentials import Generation
from tests.fakes.messages import told

STORE: ContextStore = ENGINES["swarm"].contexts  # type: ignore[attr-defined]
ADDRESS = "203.0.113.7:2376"
NAMED = "2a97516c354b68848cdbd8f54a226a0a55b21ed138e207ad6c5cbb9c00aa5aea"
"""SHA-256 of ``demo``."""


def request_of(generation: Generation, bay: str = "demo", bay_id: str = "1a2b") -> ContextRequest:
    files = ENGINES["swarm"].client_files(Client(bay, (ADDRESS,), [generation]))
    return ContextRequest(bay, bay_id, files, (ADDRESS,))


def write(files: Files) -> None:
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink() if text is None else path.write_text(text)


def read(path: Path) -> str | None:
    return path.read_text() if path.exists() else None


def test_a_context_is_what_it_says_and_its_keys(generation: Generation) -> None:
    files = STORE.put(request_of(generation), {"HOME": "/home/ada"}, lambda _: None)
    store = Path("/home/ada/.docker/contexts")
    keys = [store / "tls" / NAMED / "docker" / name for name in ("ca.pem", "cert.pem", "key.pem")]
    assert list(files) == [*keys, store / "meta" / NAMED / "meta.json"], "what it says comes last"
    assert files[keys[0]] == generation["ca_cert"]
    assert json.loads(list(files.values())[-1] or "") == {
        "Name": "demo",
        "Metadata": {"Description": "bay demo", "bay:id": "1a2b"},
        "Endpoints": {"docker": {"Host": f"tcp://{ADDRESS}", "SkipTLSVerify": False}},
    }


def test_it_is_where_docker_looks_for_it(generation: Generation) -> None:
    files = STORE.put(request_of(generation), {"HOME": "/home/ada", "DOCKER_CONFIG": "/etc/mine"}, lambda _: None)
    assert {path.parts[:4] for path in files} == {("/", "etc", "mine", "contexts")}


@pytest.mark.parametrize("said", ['{"Name": "demo", "Metadata": {}}', "{}", "damaged", '{"Metadata": {"bay:id": ""}}'])
def test_what_bay_did_not_put_there_is_never_written_over_nor_removed(said: str, generation: Generation) -> None:
    home = {"HOME": "/home/ada"}
    assert told(lambda: STORE.put(request_of(generation), home, lambda _: said)) == (
        "/home/ada/.docker/contexts has a context demo already, and bay did not put it there",
        "rename it there, or use 'bay config demo' without --merge",
        1,
    )
    assert STORE.remove("demo", home, lambda _: said) == {}


def test_another_bay_of_the_same_name_is_not_written_over_either(tmp_path: Path, generation: Generation) -> None:
    home = {"HOME": str(tmp_path)}
    write(STORE.put(request_of(generation), home, read))
    message, hint, _ = told(lambda: STORE.put(request_of(generation, bay_id="3c4d"), home, read))
    assert message.endswith("has a context demo already, of another bay of this name (bay:id 1a2b)")
    assert hint == "'bay config demo --unset' removes it"
    write(STORE.put(request_of(generation), home, read))


def test_the_name_that_docker_has_itself_is_refused(generation: Generation) -> None:
    assert told(lambda: STORE.put(request_of(generation, "default"), {}, lambda _: None))[0] == (
        "docker has a context 'default' of its own"
    )


@pytest.mark.skipif(not shutil.which("docker"), reason="there is no docker")
def test_docker_lays_it_out_in_the_same_way_and_reads_it(tmp_path: Path, generation: Generation) -> None:
    home = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    request = request_of(generation)
    keys = {}
    for name, text in request.files.items():
        keys[name.removesuffix(".pem")] = tmp_path / name
        (tmp_path / name).write_text(text)

    def docker(*words: str, folder: str) -> str:
        variables = {**home, "DOCKER_CONFIG": str(tmp_path / folder)}
        return subprocess.run(["docker", *words], env=variables, capture_output=True, text=True, check=True).stdout

    endpoint = ",".join([f"host=tcp://{ADDRESS}", *(f"{name}={path}" for name, path in keys.items())])
    docker("context", "create", "demo", "--description", "bay demo", "--docker", endpoint, folder="theirs")
    write(STORE.put(request, {"DOCKER_CONFIG": str(tmp_path / "ours")}, read))
    theirs, ours = (
        {p.relative_to(tmp_path / one): p.read_text() for p in (tmp_path / one).rglob("*.*")}
        for one in ("theirs", "ours")
    )
    said = Path("contexts") / "meta" / NAMED / "meta.json"
    both = json.loads(theirs.pop(said)), json.loads(ours.pop(said))
    assert both[1]["Metadata"].pop("bay:id") == "1a2b"
    assert both[0] == both[1]
    assert theirs == ours
    (shown,) = json.loads(docker("context", "inspect", "demo", folder="ours"))
    assert shown["TLSMaterial"] == {"docker": ["ca.pem", "cert.pem", "key.pem"]}
    assert shown["Endpoints"]["docker"]["Host"] == f"tcp://{ADDRESS}"
    write(STORE.remove("demo", {"DOCKER_CONFIG": str(tmp_path / "ours")}, read))
    assert "demo" not in docker("context", "ls", "-q", folder="ours").split()
