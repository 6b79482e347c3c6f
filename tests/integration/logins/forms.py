"""The table of logins in forms.yaml, filled in for a user."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from string import Template
from typing import Any

import yaml

TABLE = Path(__file__).with_name("forms.yaml")


@dataclass(frozen=True)
class Account:
    """A member of a project, and what logs this member in. keystone, network: addresses without
    a version."""

    keystone: str
    network: str
    region: str
    username: str
    user_id: str
    password: str
    project: str
    project_id: str
    credential_id: str
    credential_name: str
    credential_secret: str
    token: str
    domain: str = "Default"
    domain_id: str = "default"


@dataclass(frozen=True)
class Form:
    """What a user has. files: path below the user's folder -> text. refused: begin of what bay says."""

    name: str
    files: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    region: str | None = None
    refused: str | None = None

    def written(self, folder: Path) -> None:
        """The user's folder, with all files."""
        (folder / "work").mkdir()
        (folder / "home").mkdir()
        for path, text in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)


def names() -> list[str]:
    """Of all forms."""
    return [row["name"] for row in yaml.safe_load(TABLE.read_text())]


def accepted() -> list[str]:
    """Names of those with which a bay can be created."""
    return [row["name"] for row in yaml.safe_load(TABLE.read_text()) if "refused" not in row]


def form(name: str, account: Account, folder: Path) -> Form:
    """One of them, for an account and a user's folder."""
    known = {**asdict(account), "folder": str(folder)}
    return next(_form(_filled(row, known)) for row in yaml.safe_load(TABLE.read_text()) if row["name"] == name)


def _form(row: dict[str, Any]) -> Form:
    if "cloud" in row:
        row["files"] = {"work/clouds.yaml": {"clouds": {"mine": row.pop("cloud")}}}
        row["environment"] = {"OS_CLOUD": "mine"}
    files = row.get("files", {})
    texts = {path: text if isinstance(text, str) else json.dumps(text, indent=1) for path, text in files.items()}
    return Form(**{**row, "files": texts})


def _filled(value: Any, known: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return Template(value).substitute(known)
    if isinstance(value, Mapping):
        return {key: _filled(below, known) for key, below in value.items()}
    return [_filled(below, known) for below in value] if isinstance(value, list) else value
