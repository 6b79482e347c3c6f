"""The engine's health as `bay show` gives it, asked of a real TLS server."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from bay.components.errors import BayError
from bay.components.node import lifetimes
from bay.components.node.credentials import new_generation
from bay.components.spec.merge import build_spec
from bay.stacks.cluster import health
from bay.stacks.cluster.health import CLOSED, Health, ask, first_that_answers, health_from_answer, health_of
from tests.fakes.engine_server import FILES, Answers, engine_server
from tests.fakes.keys import with_keys
from tests.fakes.openstack import FakeCloud
from tests.fakes.stack import FakeStack
from tests.fakes.states import bay_of, complete, cut_off

OPEN = build_spec([{"model": "swarm", "access": {"api": ["127.0.0.0/8"]}}])


def node(name: str, state: str = "ready", reached: str = "") -> dict[str, Any]:
    """As Swarm lists one; reached: what it says of a manager."""
    manager = {"ManagerStatus": {"Reachability": reached, "Addr": "10.0.0.2:2377"}} if reached else {}
    return {"Description": {"Hostname": name}, "Status": {"State": state}, **manager}


LET_IN = {"Description": {"Platform": {}, "Resources": {}, "Engine": {}, "TLSInfo": {}}, "Status": {"State": "unknown"}}
"""How Swarm 20.10 lists one, for some 60 ms, that has been let in and has not told its name yet."""


@contextmanager
def engine(folder: Path, answer: str, status: int = 200) -> Iterator[str]:
    """A server with the bay's own certificate that wants one of the client; yields its address."""

    class Handler(Answers):
        def do_GET(self) -> None:
            assert self.path == "/nodes"
            self.answer(status, answer)

    with engine_server(folder, Handler) as address:
        yield address


@pytest.fixture
def asked(tmp_path: Path) -> Callable[..., Health]:
    """Asks an engine that gives this answer."""

    def _asked(answer: object, servers: set[str], status: int = 200) -> Health:
        with engine(tmp_path, json.dumps(answer), status) as address:
            return ask(OPEN, servers, [address], FILES)

    return _asked


def test_a_bay_whose_servers_are_all_ready_is_healthy(asked: Callable[..., Health]) -> None:
    health = asked([node("demo-master-0"), node("demo-node-0")], {"demo-master-0", "demo-node-0"})
    assert (health.status, health.nodes) == ("HEALTHY", {"demo-master-0": "HEALTHY", "demo-node-0": "HEALTHY"})


def test_a_node_that_is_down_or_missing_is_named(asked: Callable[..., Health]) -> None:
    health = asked(
        [node("demo-master-0"), node("demo-node-0", "down")], {f"demo-{n}" for n in ("master-0", "node-0", "node-1")}
    )
    assert health.status == "UNHEALTHY"
    assert health.reason == "not in the engine: demo-node-1; not ready: demo-node-0"
    assert health.nodes["demo-node-1"] == "UNHEALTHY"


def test_a_manager_that_the_others_do_not_reach_is_not_ready(asked: Callable[..., Health]) -> None:
    """Its containers may go on: then the node is ready, and the manager is not."""
    entries = [node("demo-master-0", reached="reachable"), node("demo-master-1", reached="unreachable")]
    health = asked(entries, {"demo-master-0", "demo-master-1"})
    assert health.nodes == {"demo-master-0": "HEALTHY", "demo-master-1": "UNHEALTHY"}


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_entries_of_a_name_a_ready_one_counts(asked: Callable[..., Health], order: int) -> None:
    """A server that was built anew has its name: the entry of the old one may stay."""
    entries = [node("demo-master-0", "down", "unreachable"), node("demo-master-0", "ready", "reachable")]
    assert asked(entries[::order], {"demo-master-0"}).nodes == {"demo-master-0": "HEALTHY"}


def test_a_node_that_has_just_been_let_in_is_not_there_yet(asked: Callable[..., Health]) -> None:
    health = asked([node("demo-master-0"), LET_IN], {"demo-master-0", "demo-node-0"})
    assert (health.status, health.reason) == ("UNHEALTHY", "not in the engine: demo-node-0")


def test_an_entry_of_a_server_that_the_bay_has_no_more_does_not_count(asked: Callable[..., Health]) -> None:
    assert asked([node("demo-node-0"), node("demo-node-9", "down")], {"demo-node-0"}).status == "HEALTHY"


def test_an_api_that_answers_with_an_error_is_unknown(asked: Callable[..., Health]) -> None:
    health = asked([], {"demo-node-0"}, 503)
    assert (health.status, health.reason.endswith("HTTP 503")) == ("UNKNOWN", True)


def test_an_api_that_nobody_may_reach_is_not_asked() -> None:
    health = ask(build_spec([{"model": "swarm"}]), [], ["127.0.0.1:1"], FILES)
    assert health == Health("UNKNOWN", "the API is closed to clients: access.api is empty")


def test_a_master_that_sends_on_to_the_leader_is_no_problem(tmp_path: Path) -> None:
    (tmp_path / "leader").mkdir()
    with (
        engine(tmp_path, "", 307) as standing_by,
        engine(tmp_path / "leader", json.dumps([node("demo-node-0")])) as leader,
    ):
        assert ask(OPEN, ["demo-node-0"], [standing_by, leader], FILES).status == "HEALTHY"
        alone = ask(OPEN, ["demo-node-0"], [standing_by], FILES)
    assert alone == Health("UNKNOWN", "every master that answers from here sends on to one that does not")


def test_an_engine_without_certificates_is_not_asked() -> None:
    assert (
        ask(OPEN, [], ["127.0.0.1:1"], {"word": "x"}).reason
        == "the engine gives its clients no certificate to ask with"
    )


def test_an_address_that_does_not_answer_is_unknown_and_says_why() -> None:
    health = ask(OPEN, [], ["127.0.0.1:1"], FILES)
    assert health == Health("UNKNOWN", "the API does not answer from here: 127.0.0.1:1: Connection refused")


SILENT = "no answer from 10.0.0.2:2376: timed out"


@pytest.mark.parametrize(
    ("node", "status", "reason"),
    [
        ("HEALTHY", "UNKNOWN", f"all servers are in the engine and ready; {SILENT}"),
        ("UNHEALTHY", "UNHEALTHY", f"not ready: demo-node-0; {SILENT}"),
    ],
)
def test_one_silent_master_of_three_is_named_and_known_as_neither_well_nor_ill(
    node: str, status: str, reason: str
) -> None:
    health = health_from_answer({"demo-node-0"}, {"demo-node-0": node}, ["10.0.0.2:2376: timed out"])
    assert (health.status, health.reason) == (status, reason)
    assert health.nodes == {"demo-node-0": node}, "what the engine says of its nodes it does say"


@pytest.mark.parametrize("answer", [None, 7, "text", {}, {"items": 1}, [1], [{"Description": None}], [{}]])
@pytest.mark.parametrize("coe", ["swarm", "kubernetes", "mesos"])
def test_an_answer_that_is_not_the_engines_is_unknown(
    monkeypatch: pytest.MonkeyPatch, coe: str, answer: object
) -> None:
    monkeypatch.setattr(health, "_answer", lambda *_: answer if not isinstance(answer, str) else [answer])
    spec = build_spec([{"model": coe, "access": {"api": ["127.0.0.0/8"]}}])
    assert ask(spec, ["demo-node-0"], ["127.0.0.1:1"], FILES).status == "UNKNOWN"


@pytest.mark.parametrize(
    "files", [{**FILES, "ca.pem": "none"}, {**FILES, "key.pem": "none"}, {**FILES, "cert.pem": ""}]
)
def test_files_that_are_none_are_unknown(files: dict[str, str]) -> None:
    assert ask(OPEN, ["demo-node-0"], ["127.0.0.1:1"], files).status == "UNKNOWN"


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.1:", "[::1]:1", "[2001:db8::1]:99999", ""])
def test_an_address_that_is_none_is_unknown(address: str) -> None:
    found = ask(OPEN, ["demo-node-0"], [address], FILES)
    assert (found.status, dict(found.nodes)) == ("UNKNOWN", {})


def test_without_an_address_or_a_passphrase_it_is_unknown() -> None:
    assert ask(OPEN, ["demo-node-0"], [], FILES).reason == "the state has no address of the API"
    bay = complete_bay("swarm-ha", "127.0.0.1:1")

    def refuse() -> dict[str, Any]:
        raise BayError("the passphrase of bay demo is wrong", "")

    bay.outputs = refuse  # type: ignore[method-assign]
    found = health_of(bay)
    assert found == Health("UNKNOWN", "the engine cannot be asked: the passphrase of bay demo is wrong")


def test_a_client_gets_the_first_address_that_answers(tmp_path: Path) -> None:
    with engine(tmp_path, "[]") as address:
        assert first_that_answers(OPEN, ["127.0.0.1:1", address], FILES) == address
        assert first_that_answers(OPEN, [address, "127.0.0.1:1"], FILES) == address
    assert first_that_answers(OPEN, ["127.0.0.1:1", address], FILES) == "127.0.0.1:1", "none answers"


def test_another_authoritys_server_is_not_believed(tmp_path: Path) -> None:
    other = new_generation("other", 1, datetime.now(UTC))
    with engine(tmp_path, "[]") as address:
        health = ask(OPEN, [], [address], {**FILES, "ca.pem": other["ca_cert"]})
    assert health.status == "UNKNOWN"
    assert "certificate verify failed" in health.reason


def test_of_a_bay_that_is_not_complete_or_closed_nobody_is_asked() -> None:
    unfinished, closed = FakeStack(cut_off(), FakeCloud()), FakeStack(complete(), FakeCloud())
    assert health_of(unfinished) == Health("UNKNOWN", "the bay is not complete")
    assert health_of(closed) == CLOSED


def complete_bay(model: str, *addresses: str) -> FakeStack:
    """Of a master and a node, whose API is open."""
    spec = build_spec([{"model": model, "access": {"api": ["127.0.0.0/8"]}}])
    deployment = bay_of(spec, built=["demo-master-0", "demo-node-0"])
    stack = next(r for r in deployment["resources"] if r["type"] == "pulumi:pulumi:Stack")
    stack["outputs"] |= {"client_files": FILES, "api_addresses": addresses}
    return FakeStack(deployment, FakeCloud())


def test_a_bay_is_asked_with_its_own_files_at_its_own_addresses(tmp_path: Path) -> None:
    with engine(tmp_path, json.dumps([node("demo-master-0"), node("demo-node-0")])) as address:
        found = health_of(complete_bay("swarm-ha", address))
    assert found.nodes == {"demo-master-0": "HEALTHY", "demo-node-0": "HEALTHY"}


@pytest.mark.parametrize(
    ("model", "names"), [("kubernetes", {"demo-master-0", "demo-node-0"}), ("mesos", {"demo-node-0"})]
)
def test_a_bay_is_asked_of_the_servers_that_its_engine_lists(
    model: str, names: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mesos lists no masters."""
    seen: list[set[str]] = []
    monkeypatch.setattr(health, "ask", lambda _spec, servers, *_: seen.append(set(servers)))
    health_of(complete_bay(model))
    assert seen == [names]


@pytest.mark.parametrize("ended", [False, True])
def test_a_bay_whose_own_certificate_has_ended_is_asked_with_another(
    ended: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Mapping[str, str]] = []
    monkeypatch.setattr(health, "ask", lambda *given: seen.append(given[-1]))
    if ended:
        monkeypatch.setattr(lifetimes, "LEAF_LIFETIME", timedelta(0))
    one = complete_bay("kubernetes")
    with_keys(one.deployment or {})
    health_of(one)
    assert {name: seen[0][name] for name in ("ca.pem",)} == {"ca.pem": FILES["ca.pem"]}
    if not ended:
        assert seen[0] == FILES
        return
    certificate = x509.load_pem_x509_certificate(seen[0]["cert.pem"].encode())
    assert certificate.subject.rfc4514_string() == "CN=demo client,O=kubeadm:cluster-admins"
    assert certificate.not_valid_after_utc - datetime.now(UTC) < timedelta(days=1)
