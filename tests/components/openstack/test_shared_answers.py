"""Answers that are kept for a while: of GET alone, of what went well, to the same token."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
import requests

from bay.components import answer_cache
from bay.components.openstack import shared_answers


class Cloud(ThreadingHTTPServer):
    """Counts what it is asked; `/missing` is not there."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Cloud)
        self.server.asked.append(f"{self.command} {self.path}")
        body = f"answer {len(self.server.asked)}".encode()
        self.send_response(404 if "missing" in self.path else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *_args: object) -> None:
        """Silent."""


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    server = Cloud()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        shared_answers.share_answers(SimpleNamespace(session=SimpleNamespace(session=session)), 30)  # type: ignore[arg-type]
        yield session


def test_the_same_question_is_asked_once_by_however_many_threads(cloud: Cloud, session: requests.Session) -> None:
    with ThreadPoolExecutor(8) as pool:
        texts = set(pool.map(lambda _: session.get(f"{cloud.url}/flavors").text, range(16)))
    assert (texts, cloud.asked) == ({"answer 1"}, ["GET /flavors"])


def test_another_question_token_or_verb_is_asked_again(cloud: Cloud, session: requests.Session) -> None:
    for _ in range(2):
        session.get(f"{cloud.url}/flavors", headers={"X-Auth-Token": "a"})
        session.get(f"{cloud.url}/flavors", headers={"X-Auth-Token": "b"})
        session.get(f"{cloud.url}/flavors?limit=1", headers={"X-Auth-Token": "a"})
        session.post(f"{cloud.url}/tokens")
        session.get(f"{cloud.url}/missing")
    assert len(cloud.asked) == 3 + 2 * 2


def test_an_answer_gets_old(cloud: Cloud, session: requests.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(answer_cache, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(answer_cache, "MANY", 2)
    for seconds, texts in ((0, "answer 1"), (29, "answer 1"), (31, "answer 2")):
        now[0] = 1000.0 + seconds
        assert session.get(f"{cloud.url}/flavors").text == texts
    for path in "abc":
        session.get(f"{cloud.url}/{path}")
    now[0] += 100
    session.get(f"{cloud.url}/d")
    assert len(session.adapters["http://"]._answers._kept) == 1, "what is too old is thrown away"  # type: ignore[attr-defined]
