"""A paste filter of Magnum's API: cluster templates of swarm, swarm-mode and mesos, which Magnum 18 and later refuse.

Magnum keeps ``coe: kubernetes`` and hidden labels (`bay.magnum.clusters.HIDDEN`); clients send and see the engine. In
api-paste.ini, behind the filter that checks tokens::

    [pipeline:api]
    pipeline = cors http_proxy_to_wsgi request_id osprofiler authtoken bay_coe api_v1

    [filter:bay_coe]
    paste.filter_factory = bay.magnum.coe_filter:factory
"""

import ast
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from bay.magnum.clusters import HIDDEN

Environment = dict[str, Any]
Application = Callable[[Environment, Callable[..., Any]], Iterable[bytes]]
Values = dict[str, Any]

ENGINES = ("swarm", "swarm-mode", "mesos")
NATIVE = "kubernetes"
TEMPLATES = re.compile(r"/v1/clustertemplates(/[^/]+)?/?$")
LABELS = ("labels", "labels_added", "labels_overridden", "labels_skipped")


def factory(_global_conf: Mapping[str, str], **_local_conf: str) -> Callable[[Application], "Filter"]:
    """For paste."""
    return Filter


class Filter:
    """Rewrites requests on templates, and everything that is answered."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: Environment, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """WSGI."""
        if TEMPLATES.search(environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")):
            match environ["REQUEST_METHOD"]:
                case "POST":
                    _rewrite(environ, hidden)
                case "PATCH":
                    _rewrite(environ, lambda patch: hidden_patch(patch, lambda: self._labels_of(environ)))
        status, headers, body = self._answer(environ)
        if HIDDEN["coe"].encode() in body:
            body = json.dumps(shown(json.loads(body))).encode()
        kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
        start_response(status, [*kept, ("Content-Length", str(len(body)))])
        return [body]

    def _answer(self, environ: Environment) -> tuple[str, list[tuple[str, str]], bytes]:
        said: list[Any] = []

        def begin(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Callable[[bytes], None]:
            said[:] = [status, headers]
            return lambda _data: None

        chunks = self.application(environ, begin)
        try:
            body = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        return said[0], said[1], body

    def _labels_of(self, environ: Environment) -> Values:
        """Of the template that a request is for, as Magnum has them; the caller's rights count."""
        question = {**environ, "REQUEST_METHOD": "GET", "CONTENT_LENGTH": "0", "wsgi.input": io.BytesIO()}
        status, _headers, body = self._answer(question)
        return dict(json.loads(body).get("labels") or {}) if status.startswith("200") else {}


def _rewrite(environ: Environment, change: Callable[[Any], Any]) -> None:
    raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    with suppress(ValueError, AttributeError, TypeError, KeyError):  # Magnum says what is wrong with it
        raw = json.dumps(change(json.loads(raw))).encode()
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(raw), str(len(raw))


def hidden(template: Values) -> Values:
    """A new template as Magnum takes it."""
    if template.get("coe") not in ENGINES:
        return template
    kept = {label: template[name] for name, label in HIDDEN.items() if template.get(name)}
    rest = {name: value for name, value in template.items() if name not in HIDDEN}
    return {**rest, "coe": NATIVE, "labels": {**(template.get("labels") or {}), **kept}}


def hidden_patch(patch: list[Values], labels_of: Callable[[], Values]) -> list[Values]:
    """A change of a template: what is hidden in labels is changed there, and stays where all labels are replaced."""
    touched = {operation["path"] for operation in patch}
    if not touched & {"/labels", *(f"/{name}" for name in HIDDEN)}:
        return patch
    labels = labels_of()
    has_engine = HIDDEN["coe"] in labels or any(_chooses_engine(operation) for operation in patch)
    if not has_engine:
        return patch
    kept = {label: labels[label] for label in HIDDEN.values() if label in labels}
    changed: list[Values] = []
    for operation in patch:
        name = operation["path"].lstrip("/")
        if name in HIDDEN:
            changed += _hidden_operation(HIDDEN[name], operation, kept)
        elif name == "labels":
            changed.append({"op": "replace", "path": "/labels", "value": {**_labels(operation.get("value")), **kept}})
        else:
            changed.append(operation)
    return changed


def _chooses_engine(operation: Values) -> bool:
    return operation["path"] == "/coe" and operation.get("value") in ENGINES


def _hidden_operation(label: str, operation: Values, kept: Values) -> list[Values]:
    """Of one label; `kept` has it afterwards as it is then."""
    value, path = operation.get("value"), f"/labels/{label}"
    if operation["op"] == "remove" or value in (None, NATIVE):
        return [{"op": "remove", "path": path}] if kept.pop(label, None) else []
    kept[label] = value
    return [{"op": "add", "path": path, "value": value}]


def _labels(said: Any) -> Values:
    """The client sends labels as a mapping, or as Python prints one."""
    return dict(said if isinstance(said, Mapping) else ast.literal_eval(said)) if said else {}


def shown(value: Any) -> Any:
    """An answer as the client sees it: the engine in `coe`, and no label of ours."""
    if isinstance(value, list):
        return [shown(item) for item in value]
    if not isinstance(value, dict):
        return value
    labels = value.get("labels") if isinstance(value.get("labels"), dict) else {}
    seen = {name: shown(item) for name, item in value.items()}
    if "coe" in value and labels and HIDDEN["coe"] in labels:
        seen |= {name: labels.get(label) for name, label in HIDDEN.items()}
    for name in LABELS:
        if isinstance(seen.get(name), dict):
            seen[name] = {label: item for label, item in seen[name].items() if label not in HIDDEN.values()}
    return seen
