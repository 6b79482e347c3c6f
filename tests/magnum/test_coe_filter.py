"""Templates of engines that Magnum refuses: what it is sent, and what clients see."""

import io
import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from bay.magnum.coe_filter import factory

KEPT = {"bay_coe": "swarm", "bay_network_driver": "docker"}


class Magnum:
    """Holds one template, and what it was sent."""

    def __init__(self, labels: dict[str, str]) -> None:
        self.template = {"name": "swarm", "coe": "kubernetes", "network_driver": "flannel", "labels": labels}
        self.sent: Any = None

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        if environ["REQUEST_METHOD"] != "GET":
            self.sent = json.loads(body) if body.startswith((b"{", b"[")) else body
        answer = json.dumps({"clustertemplates": [self.template]} if "list" in environ else self.template).encode()
        start_response("200 OK", [("Content-Length", str(len(answer))), ("X-Kept", "yes")])
        return [answer]


def ask(magnum: Magnum, method: str, path: str, body: Any = None, **environ: Any) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
    said: list[Any] = []
    environ |= {"REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": path}
    environ |= {"wsgi.input": io.BytesIO(raw), "CONTENT_LENGTH": str(len(raw))}
    answer = b"".join(factory({})(magnum)(environ, lambda *words: said.extend(words)))
    assert dict(said[1])["Content-Length"] == str(len(answer))
    assert dict(said[1])["X-Kept"] == "yes"
    return json.loads(answer)


@pytest.mark.parametrize("coe", ["swarm", "swarm-mode", "mesos"])
def test_a_new_template_is_kept_as_labels(coe: str) -> None:
    magnum = Magnum({})
    ask(magnum, "POST", "/v1/clustertemplates", {"coe": coe, "network_driver": "docker", "labels": {"a": "b"}})
    assert magnum.sent == {
        "coe": "kubernetes",
        "labels": {"a": "b", "bay_coe": coe, "bay_network_driver": "docker"},
    }


@pytest.mark.parametrize("body", [{"coe": "kubernetes", "network_driver": "calico"}, b"no JSON", [], {"coe": "dcos"}])
def test_what_is_not_ours_is_left_to_magnum(body: Any) -> None:
    magnum = Magnum({})
    ask(magnum, "POST", "/v1/clustertemplates", body)
    assert magnum.sent == body


def test_clients_see_the_engine_and_no_label_of_ours() -> None:
    magnum = Magnum({"a": "b", **KEPT})
    seen = ask(magnum, "GET", "/v1/clustertemplates/1")
    assert seen == {
        "name": "swarm",
        "coe": "swarm",
        "network_driver": "docker",
        "volume_driver": None,
        "labels": {"a": "b"},
    }
    assert ask(magnum, "GET", "/v1/clustertemplates", list=True) == {"clustertemplates": [seen]}


def test_a_cluster_shows_the_labels_that_its_user_knows() -> None:
    magnum = Magnum(KEPT)
    magnum.template = {"name": "mine", "labels": {**KEPT, "a": "b"}, "labels_added": {"bay_coe": "swarm"}}  # type: ignore[dict-item]
    assert ask(magnum, "GET", "/v1/clusters/1") == {"name": "mine", "labels": {"a": "b"}, "labels_added": {}}


@pytest.mark.parametrize(
    ("labels", "patch", "sent"),
    [
        (KEPT, [("replace", "/name", "x")], [("replace", "/name", "x")]),
        ({}, [("replace", "/labels", {"a": "b"})], [("replace", "/labels", {"a": "b"})]),
        (KEPT, [("replace", "/labels", {"a": "b"})], [("replace", "/labels", {"a": "b", **KEPT})]),
        (KEPT, [("replace", "/labels", "{'a': 'b'}")], [("replace", "/labels", {"a": "b", **KEPT})]),
        (KEPT, [("remove", "/labels", None)], [("replace", "/labels", KEPT)]),
        (KEPT, [("add", "/labels/a", "b")], [("add", "/labels/a", "b")]),
        (KEPT, [("replace", "/coe", "mesos")], [("add", "/labels/bay_coe", "mesos")]),
        ({}, [("replace", "/coe", "mesos")], [("add", "/labels/bay_coe", "mesos")]),
        (KEPT, [("replace", "/coe", "kubernetes")], [("remove", "/labels/bay_coe", None)]),
        (KEPT, [("remove", "/network_driver", None)], [("remove", "/labels/bay_network_driver", None)]),
        ({}, [("replace", "/network_driver", "calico")], [("replace", "/network_driver", "calico")]),
    ],
)
def test_a_change_keeps_what_is_hidden(labels: dict[str, str], patch: list[Any], sent: list[Any]) -> None:
    def operations(short: list[Any]) -> list[dict[str, Any]]:
        return [{"op": op, "path": path} | ({"value": value} if value is not None else {}) for op, path, value in short]

    magnum = Magnum(labels)
    ask(magnum, "PATCH", "/v1/clustertemplates/swarm", operations(patch))
    assert magnum.sent == operations(sent)


def test_the_filter_leaves_other_addresses_alone() -> None:
    magnum = Magnum({})
    ask(magnum, "POST", "/v1/clusters", {"coe": "swarm"})
    assert magnum.sent == {"coe": "swarm"}
