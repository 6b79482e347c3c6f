"""What masters say of versions and of APIs that go away, asked of a real TLS server."""

import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from bay.components.engines import ENGINES
from bay.components.engines.upgrades import DeprecatedCall, EngineVersion, upgrade_rules
from bay.components.node import certificates
from bay.components.node.credentials import new_generation
from bay.components.spec.merge import build_spec
from bay.stacks.cluster.engine_report import EngineReport, ask_for_report, report_of
from tests.fakes.stack import FakeStack
from tests.fakes.states import bay_of, cut_off

KEYS = new_generation("demo", 1, datetime.now(UTC))
FILES = {"ca.pem": KEYS["ca_cert"], "cert.pem": KEYS["client_cert"], "key.pem": KEYS["client_key"]}
NODES = "/api/v1/nodes"
NODE = {"metadata": {"name": "demo-node-0"}, "status": {"nodeInfo": {"kubeletVersion": "v1.33.5"}}}
ANSWER = json.dumps({"items": [NODE]})
METRIC = (
    'apiserver_requested_deprecated_apis{group="batch",removed_release="1.34",resource="cronjobs",version="v1"} 1\n'
)
CALL = DeprecatedCall("batch/v1 cronjobs", EngineVersion(1, 34))


@contextmanager
def master(folder: Path, answers: Mapping[str, str]) -> Iterator[str]:
    """A server with the bay's own certificate that wants one of the client; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = answers.get(self.path)
            self.send_response(403 if body is None else 200)
            self.end_headers()
            self.wfile.write((body or "").encode())

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    issuer = certificates.Authority(KEYS["ca_key"], KEYS["ca_cert"])
    (folder / "cert").write_text(certificates.server(issuer, KEYS["server_key"], ["127.0.0.1"], datetime.now(UTC)))
    (folder / "key").write_text(KEYS["server_key"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert", folder / "key")
    context.load_verify_locations(cadata=KEYS["ca_cert"])
    context.verify_mode = ssl.CERT_REQUIRED
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def asked(folder: Path, answers: Mapping[str, str], *more: str) -> EngineReport:
    engine = ENGINES["kubernetes"]
    rules = upgrade_rules(engine)
    assert rules
    with master(folder, answers) as address:
        return ask_for_report(engine.question, rules, [*more, address], FILES)


def test_a_master_tells_versions_and_deprecated_calls(tmp_path: Path) -> None:
    found = asked(tmp_path, {NODES: ANSWER, "/metrics": METRIC}, "127.0.0.1:1")
    assert found == EngineReport({"demo-node-0": EngineVersion(1, 33, 5)}, (CALL,))


def test_none_that_are_called_is_not_the_same_as_not_told(tmp_path: Path) -> None:
    assert asked(tmp_path, {NODES: ANSWER, "/metrics": ""}).deprecated == ()
    assert asked(tmp_path, {NODES: ANSWER}).deprecated is None, "the metrics are forbidden"


def test_an_answer_that_is_not_understood_says_nothing(tmp_path: Path) -> None:
    for answer in ("[]", "{}", "no JSON", json.dumps({"items": [{}]}), json.dumps({"items": None})):
        assert asked(tmp_path, {NODES: answer}).versions == {}


def test_a_bay_that_is_closed_or_not_complete_is_not_asked() -> None:
    rules = upgrade_rules(ENGINES["kubernetes"])
    assert rules
    closed = build_spec([{"model": "kubernetes", "access": {"api": []}}])
    for deployment in (bay_of(closed), cut_off()):
        assert report_of(FakeStack(deployment), rules) == EngineReport()
    assert ask_for_report(ENGINES["kubernetes"].question, rules, ["127.0.0.1:1"], {}) == EngineReport()
