"""A conductor's folder with its jobs, and `worker.py` in the place of the worker."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bay.magnum.jobs import Job, Jobs
from bay.magnum.runner import Runner
from bay.magnum.settings import Settings

LOGIN = {"auth": {"application_credential_id": "7"}, "user_id": "ada"}
WORKER = Path(__file__).with_name("worker.py")


@dataclass
class Site:
    """A conductor's folder, and the bay that its worker has."""

    folder: Path
    settings: Settings
    jobs: Jobs

    def want(self, operation: str, nodes: int = 1, groups: dict[str, Any] | None = None, **more: Any) -> int:
        request = {
            "bay": "physics",
            "layers": [{"model": "swarm", "masters": {"count": 1}, "nodes": {"count": nodes}}],
            "groups": {"masters": {"count": 1}, "nodes": {"count": nodes}, "node_groups": groups or {}},
            "allow": ["batch"],
            "timeout": 60,
            **more,
        }
        return self.jobs.want("c", operation, lambda _before: request, LOGIN)

    def answer(self, **told: Any) -> None:
        (self.folder / "answer.json").write_text(json.dumps(told))

    def run(self, owner: str = "here") -> Job:
        Runner(self.settings, self.jobs, "c", owner).run()
        return self.jobs.get("c")

    @property
    def said(self) -> list[dict[str, Any]]:
        file = self.folder / "said.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    @property
    def operations(self) -> list[str]:
        return [request["op"] for request in self.said if request["op"] != "show"]


def make_site(folder: Path, lease: float) -> Site:
    """In an empty folder; lease: seconds."""
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} {WORKER} {folder} "$@"\n')
    python.chmod(0o700)
    settings = Settings(folder=str(folder / "magnum"), python=str(python), lease=lease)
    made = Site(folder, settings, settings.jobs)
    made.answer()
    return made
