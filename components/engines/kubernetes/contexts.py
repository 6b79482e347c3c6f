"""Contexts in a kubeconfig of the user's: cluster, user and context of the bay's name, beside all that is there."""

import os
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from bay.components.engines.contexts import ContextRequest, Files, Read, foreign
from bay.components.errors import BayError
from bay.components.yaml_file import dump

MARK = "bay"
"""Name of the extension that says whose an entry is: kubectl keeps extensions when it writes the file."""
SECTIONS = {"clusters": "cluster", "users": "user", "contexts": "context"}
EMPTY = {"apiVersion": "v1", "kind": "Config", "preferences": {}}


KEYS = {"cert.pem": "client-certificate-data", "key.pem": "client-key-data"}


class Contexts:
    """A `ContextStore`: the files of KUBECONFIG, else ~/.kube/config."""

    def put(self, request: ContextRequest, environment: Mapping[str, str], read: Read) -> Files:
        """The file where a context of the name is, else the first that is there, else the last, as kubectl does."""
        documents = {path: _document(path, read) for path in paths(environment)}
        for path, document in documents.items():
            for section in SECTIONS:
                _require_ours(path, document, section, request)
        present = [path for path, document in documents.items() if document is not None]
        holding = [path for path in present if _entry(documents[path], "contexts", request.bay)]
        target = (holding or present or list(documents)[-1:])[0]
        return {target: dump(_merged(documents[target] or dict(EMPTY), request))}

    def remove(self, bay: str, environment: Mapping[str, str], read: Read) -> Files:
        """The files without the entries of that name that bay put there."""
        changed: Files = {}
        for path in paths(environment):
            document = _document(path, read)
            if document is not None and any(_owner(_entry(document, section, bay), section) for section in SECTIONS):
                changed[path] = dump(_without(document, bay))
        return changed

    def keys(self, bay: str, environment: Mapping[str, str], read: Read) -> dict[str, str]:
        """The certificate and its key; empty where there is no context, or it has others' ways to log in."""
        entries = (_entry(_document(path, read), "users", bay) for path in paths(environment))
        user = next((entry.get("user") for entry in entries if entry is not None), None)
        data = user if isinstance(user, dict) else {}
        found = {name: data.get(field) for name, field in KEYS.items()}
        return {name: _decoded(text) for name, text in found.items() if isinstance(text, str)}

    def lock(self, environment: Mapping[str, str]) -> Path | None:
        """What kubectl makes beside the first of its files."""
        first = paths(environment)[0]
        return first.with_name(f"{first.name}.lock")

    def usage(self, bay: str) -> str:
        """One command on it, which leaves the current context as it is."""
        return f"kubectl --context {bay} get nodes"


def paths(environment: Mapping[str, str]) -> list[Path]:
    """The files that kubectl reads; of two that name the same, the first counts."""
    named = [Path(one) for one in environment.get("KUBECONFIG", "").split(os.pathsep) if one]
    return named or [Path(environment.get("HOME") or Path.home()) / ".kube" / "config"]


class _Loader(yaml.SafeLoader):
    """Times stay the text that they were."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _document(path: Path, read: Read) -> dict[str, Any] | None:
    """What a kubeconfig holds; None where there is none. BayError for anything else than a kubeconfig."""
    text = read(path)
    if text is None:
        return None
    try:
        document = yaml.load(text, _Loader) or dict(EMPTY)  # nosec B506: a SafeLoader
        for section in SECTIONS:
            document[section] = [dict(entry) for entry in document.get(section) or []]
            _ = [entry["name"] for entry in document[section]]
    except (yaml.YAMLError, AttributeError, TypeError, ValueError, KeyError, RecursionError):
        raise BayError(f"{path} is no kubeconfig", "correct it, or name another file with KUBECONFIG") from None
    return dict(document)


def _decoded(text: str) -> str:
    """What base64 holds; empty for what is none."""
    try:
        return b64decode(text).decode()
    except ValueError:
        return ""


def _entry(document: Mapping[str, Any] | None, section: str, name: str) -> dict[str, Any] | None:
    return next((entry for entry in (document or {}).get(section, []) if entry["name"] == name), None)


def _owner(entry: Mapping[str, Any] | None, section: str) -> str | None:
    """The id of the bay that an entry is of; None where bay did not put it there."""
    body = (entry or {}).get(SECTIONS[section])
    extensions = (body.get("extensions") if isinstance(body, dict) else None) or []
    marks = [one.get("extension") for one in extensions if isinstance(one, dict) and one.get("name") == MARK]
    return next((str(mark["id"]) for mark in marks if isinstance(mark, dict) and "id" in mark), None)


def _require_ours(path: Path, document: Mapping[str, Any] | None, section: str, request: ContextRequest) -> None:
    entry = _entry(document, section, request.bay)
    if entry is not None and (owner := _owner(entry, section)) != request.bay_id:
        raise foreign(SECTIONS[section], request.bay, path, owner)


def _merged(document: dict[str, Any], request: ContextRequest) -> dict[str, Any]:
    """With the bay's entries at the end; a current context that there is stays the current one."""
    own = yaml.safe_load(request.files["config"])
    chosen = _entry(own, "contexts", own["current-context"])
    assert chosen is not None
    cluster, user = (_entry(own, f"{kind}s", chosen["context"][kind]) for kind in ("cluster", "user"))
    assert cluster is not None
    assert user is not None
    mark = [{"name": MARK, "extension": {"id": request.bay_id, "bay": request.bay}}]
    bodies = {
        "clusters": {**cluster["cluster"], "extensions": mark},
        "users": {**user["user"], "extensions": mark},
        "contexts": {"cluster": request.bay, "user": request.bay, "extensions": mark},
    }
    merged = _without(document, request.bay)
    for section, kind in SECTIONS.items():
        merged[section] = [*(merged.get(section) or []), {"name": request.bay, kind: bodies[section]}]
    return {**merged, "current-context": document.get("current-context") or request.bay}


def _without(document: dict[str, Any], bay: str) -> dict[str, Any]:
    left = {
        section: [one for one in document.get(section) or [] if one["name"] != bay or not _owner(one, section)]
        for section in SECTIONS
    }
    current = document.get("current-context")
    gone = current == bay and not _entry(left, "contexts", bay)
    return {**document, **left, "current-context": "" if gone else current or ""}
