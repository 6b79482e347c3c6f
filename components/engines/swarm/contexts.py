"""Contexts of the docker client: a folder of what each says, and one of its keys, both called by the name's hash."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bay.components.engines.contexts import ContextRequest, Files, Read, foreign
from bay.components.errors import BayError

MARK = "bay:id"
"""Field of a context's metadata that says whose it is: docker shows and keeps fields that it does not know."""
KEYS = ("ca.pem", "cert.pem", "key.pem")
RESERVED = "default"
"""What docker calls the context of its environment; no other can have this name."""


class Contexts:
    """A `ContextStore`: below DOCKER_CONFIG, else ~/.docker."""

    def put(self, request: ContextRequest, environment: Mapping[str, str], read: Read) -> Files:
        """The keys first: a context is there once it says what it is."""
        if request.bay == RESERVED:
            raise BayError("docker has a context 'default' of its own", "'bay config default' writes files beside it")
        meta, tls = _places(request.bay, environment)
        said = _said(meta, read)
        if said is not None and (owner := _owner(said)) != request.bay_id:
            raise foreign("context", request.bay, meta.parent.parent.parent, owner)
        document = {
            "Name": request.bay,
            "Metadata": {"Description": f"bay {request.bay}", MARK: request.bay_id},
            "Endpoints": {"docker": {"Host": f"tcp://{request.addresses[0]}", "SkipTLSVerify": False}},
        }
        return {**{tls / name: request.files[name] for name in KEYS}, meta: json.dumps(document)}

    def remove(self, bay: str, environment: Mapping[str, str], read: Read) -> Files:
        """What it says first, and then its keys."""
        meta, tls = _places(bay, environment)
        said = _said(meta, read)
        if said is None or _owner(said) is None:
            return {}
        return {meta: None, **{tls / name: None for name in KEYS}}

    def keys(self, bay: str, environment: Mapping[str, str], read: Read) -> dict[str, str]:
        """The certificate and its key; empty where there is no context."""
        tls = _places(bay, environment)[1]
        return {name: text for name in KEYS[1:] if (text := read(tls / name)) is not None}

    def lock(self, _environment: Mapping[str, str]) -> Path | None:
        """None: each context is files of its own."""
        return None

    def usage(self, bay: str) -> str:
        """One command on it, which leaves the current context as it is."""
        return f"docker --context {bay} node ls"


def _places(bay: str, environment: Mapping[str, str]) -> tuple[Path, Path]:
    """The file of what a context says, and the folder of its keys (docker/cli: cli/context/store)."""
    home = Path(environment.get("HOME") or Path.home())
    store = Path(environment.get("DOCKER_CONFIG") or home / ".docker") / "contexts"
    name = hashlib.sha256(bay.encode()).hexdigest()
    return store / "meta" / name / "meta.json", store / "tls" / name / "docker"


def _said(meta: Path, read: Read) -> Mapping[str, Any] | None:
    text = read(meta)
    if text is None:
        return None
    try:
        said = json.loads(text)
    except ValueError:
        said = None
    return said if isinstance(said, dict) else {}


def _owner(said: Mapping[str, Any]) -> str | None:
    metadata = said.get("Metadata")
    owner = metadata.get(MARK) if isinstance(metadata, dict) else None
    return str(owner) if owner else None
