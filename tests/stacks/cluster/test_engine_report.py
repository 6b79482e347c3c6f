"""What masters say of versions and of APIs that go away, asked of a real TLS server."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bay.components.engines import ENGINES
from bay.components.engines.upgrades import DeprecatedCall, EngineVersion, upgrade_rules
from bay.components.spec.merge import build_spec
from bay.stacks.cluster.engine_report import EngineReport, ask_for_report, report_of
from tests.fakes.engine_server import FILES, Answers, engine_server
from tests.fakes.stack import FakeStack
from tests.fakes.states import bay_of, cut_off

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

    class Handler(Answers):
        def do_GET(self) -> None:
            body = answers.get(self.path)
            self.answer(403 if body is None else 200, body or "")

    with engine_server(folder, Handler) as address:
        yield address


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
