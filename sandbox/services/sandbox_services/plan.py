"""What bay.sandbox asks for: see its plan module, which writes the file."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Plan:
    """One sandbox."""

    state: Path
    template: Path
    """Where empty databases of this schema are kept, or will be."""
    build: str
    host: str
    region: str
    services: dict[str, dict[str, Any]]
    """By name: type, port, url."""
    passwords: dict[str, str]
    projects: dict[str, str]
    """Project -> its member."""
    member_roles: list[str]
    readers: dict[str, str]
    """Project -> a user who may only look at it."""
    reader_roles: list[str]
    flavors: list[dict[str, Any]]
    images: list[dict[str, Any]]
    networks: list[dict[str, Any]]
    node_images: Path | None
    """Folder of the root file systems that servers boot from; None where none boots."""

    @classmethod
    def load(cls, path: Path) -> "Plan":
        """Read the file."""
        fields = json.loads(path.read_text(encoding="utf-8"))
        paths = {name: Path(fields[name]) for name in ("state", "template", "node_images") if fields[name]}
        return cls(**fields | paths)

    @property
    def database(self) -> Path:
        """Folder of the SQLite files."""
        return self.state / "db"

    @property
    def nodes(self) -> Path:
        """One folder a server that boots."""
        return self.state / "nodes"

    def database_url(self, name: str) -> str:
        """As the services' configuration has it."""
        return f"sqlite:///{self.database}/{name}.sqlite?timeout=60"

    def configuration(self, name: str) -> str:
        """A configuration file."""
        return str(self.state / "etc" / name)
