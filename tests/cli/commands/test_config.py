"""`bay config`: files, or a context among those of the user's own client, and one of them at a time."""

import itertools
import time
from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bay.cli import app
from bay.cli.commands.config import config
from bay.components.node.client_login import ClientLogin, LoginRequest
from bay.stacks.bays import Bays
from bay.stacks.cluster.clients import ClientFiles
from bay.stacks.cluster.contexts import PutContext

Captured = pytest.CaptureFixture[str]
Environment = MutableMapping[str, str]
KEPT = ClientLogin("K", "C", datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC), False)
NEW = replace(KEPT, is_new=True)


@pytest.mark.parametrize(
    "words",
    [
        ["--merge", "--unset"],
        ["--dir", "x", "--merge"],
        ["--dir", "x", "--unset"],
        ["--dir", "x", "--merge", "--unset"],
    ],
)
def test_one_of_them_at_a_time(words: list[str], environment: Environment, tmp_path: Path, capsys: Captured) -> None:
    assert app.run(["config", "demo", *words]) == 2
    assert capsys.readouterr().err.startswith("error: --dir, --merge and --unset exclude each other\n")
    assert list(tmp_path.iterdir()) == []


def files(login: ClientLogin) -> ClientFiles:
    content = {"ca.pem": "A", "cert.pem": login.certificate, "key.pem": login.key}
    return ClientFiles("swarm", content, ("203.0.113.1:2376",), True, login)


def test_what_the_folder_has_is_looked_at_and_a_new_certificate_is_told_of(
    environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    asked: list[LoginRequest] = []

    def client_files(_bays: Bays, _name: str, request: LoginRequest) -> ClientFiles:
        asked.append(request)
        return files(NEW)

    monkeypatch.setattr(Bays, "client_files", client_files)
    folder = tmp_path / "client"
    for words in ([], ["--lifetime", "7", "--renew"]):
        assert app.run(["config", "demo", "--dir", str(folder), *words]) == 0
    assert asked == [
        LoginRequest(None, False, {}),
        LoginRequest(timedelta(days=7), True, {"cert.pem": "C", "key.pem": "K"}),
    ]
    out, err = capsys.readouterr()
    assert f"export DOCKER_CERT_PATH={folder}" in out.splitlines()
    line = "client certificate of bay demo: new, until 2027-03-01T00:00:00Z; renewed from 2027-02-01T00:00:00Z on"
    assert err.splitlines() == [line, line]
    monkeypatch.setattr(Bays, "client_files", lambda *_: files(KEPT))
    assert app.run(["config", "demo", "--dir", str(folder)]) == 0
    assert capsys.readouterr().err == ""


def test_nothing_is_said_where_the_engine_gives_its_clients_no_certificate(
    environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    client = replace(files(NEW), files={"word": "secret"})
    monkeypatch.setattr(Bays, "client_files", lambda *_: client)
    assert app.run(["config", "demo", "--dir", str(tmp_path / "client")]) == 0
    assert capsys.readouterr().err == ""


def test_runs_at_the_same_time_leave_a_key_with_its_own_certificate(
    environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = itertools.count()

    def client_files(_bays: Bays, _name: str, request: LoginRequest) -> ClientFiles:
        if request.present:
            return files(replace(KEPT, certificate=request.present["cert.pem"], key=request.present["key.pem"]))
        number = next(made)
        time.sleep(0.2)
        return files(replace(NEW, certificate=f"C{number}", key=f"K{number}"))

    monkeypatch.setattr(Bays, "client_files", client_files)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: config("demo", tmp_path / "client"), range(4)))
    assert [(tmp_path / "client" / name).read_text() for name in ("cert.pem", "key.pem")] == ["C0", "K0"]
    assert next(made) == 1, "the others keep what the first made"


@pytest.mark.parametrize("days", ["0", "-1", "366", "x", "1.5"])
def test_a_lifetime_is_a_day_to_a_year(days: str, environment: Environment, capsys: Captured) -> None:
    assert app.run(["config", "demo", "--lifetime", days]) == 2
    assert "--lifetime" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--renew"], ["--lifetime", "7"]])
def test_what_is_removed_is_not_renewed(words: list[str], environment: Environment, capsys: Captured) -> None:
    assert app.run(["config", "demo", "--unset", *words]) == 2
    assert capsys.readouterr().err.startswith("error: --unset removes the context and its certificate\n")


@pytest.mark.parametrize("is_open", [True, False])
def test_where_a_context_is_and_how_it_is_used_is_said(
    is_open: bool, environment: Environment, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    put = PutContext(Path("/home/ada/.kube/config"), "kubectl --context demo get nodes", is_open, KEPT)
    monkeypatch.setattr(Bays, "put_context", lambda *_: put)
    assert app.run(["config", "demo", "--merge"]) == 0
    out, err = capsys.readouterr()
    assert out == "", "nothing for a shell to evaluate"
    first, *more = err.splitlines()
    assert first == "context demo is in /home/ada/.kube/config: kubectl --context demo get nodes"
    assert bool(more) is not is_open


def test_what_is_not_there_is_removed_without_an_error(
    environment: Environment, tmp_path: Path, capsys: Captured
) -> None:
    assert app.run(["config", "gone", "--unset"]) == 0
    assert capsys.readouterr().err == "there is no context gone that bay put anywhere\n"
    assert list(tmp_path.iterdir()) == []
