"""The table of engines, and what a client of one gets."""

import subprocess
import sys

from bay.components.engines import ENGINES, Client
from bay.components.node.credentials import Generation


def test_every_engine_is_known_by_its_own_name() -> None:
    assert {name: engine.name for name, engine in ENGINES.items()} == {name: name for name in ENGINES}


def test_an_engine_is_not_imported_to_list_its_name() -> None:
    code = "import sys; from bay.components.engines import ENGINES, Client; list(ENGINES); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "bay.components.engines" in loaded
    assert not {"bay.components.engines.swarm.engine", "cryptography", "pulumi", "yaml"} & set(loaded)


def test_a_client_gets_the_files_that_docker_looks_for(generation: Generation) -> None:
    assert ENGINES["swarm"].client_files(Client("demo", ("203.0.113.7:2376",), [generation])) == {
        "ca.pem": generation["ca_cert"],
        "cert.pem": generation["client_cert"],
        "key.pem": generation["client_key"],
    }


def test_a_client_gets_the_environment_that_docker_reads() -> None:
    assert ENGINES["swarm"].client_environment(["203.0.113.7:2376"], "/home/ada/demo") == {
        "DOCKER_HOST": "tcp://203.0.113.7:2376",
        "DOCKER_TLS_VERIFY": "1",
        "DOCKER_CERT_PATH": "/home/ada/demo",
    }
