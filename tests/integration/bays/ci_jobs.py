"""The shell steps of the CI templates, run as a runner would: in a clone of the default branch, one after the other."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.integration.bays.harness import CHECKOUT, COMMAND, Bay, Result

TEMPLATES = CHECKOUT / "docs" / "ci"
EXPRESSION = re.compile(r"\$\{\{\s*([\w.]+)\s*\}\}")


def gitlab(job: str, bay: Bay, clone: Path, variables: Mapping[str, str]) -> Result:
    """All lines of a job of gitlab-ci.yml in one shell, as GitLab does it, with the cache of an earlier job."""
    cache = clone / ".cache"
    if not cache.exists():
        cache.symlink_to(bay.environment()["XDG_CACHE_HOME"])
    template = yaml.safe_load((TEMPLATES / "gitlab-ci.yml").read_text())
    own = template[job]
    lines = [*own.get("before_script", template["default"]["before_script"]), *own["script"]]
    known = {**variables, "CI_PROJECT_DIR": str(clone)}
    given = {**known, **_expanded({**template["variables"], **own.get("variables", {})}, known)}
    return _bash("\n".join(lines), bay, clone, given)


def _expanded(named: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    """GitLab replaces ``$NAME`` in its own variables."""
    return {key: re.sub(r"\$(\w+)", lambda match: variables[match[1]], value) for key, value in named.items()}


def github(job: str, bay: Bay, clone: Path, known: Mapping[str, str], variables: Mapping[str, str]) -> list[Result]:
    """Each `run` of a job of github-actions.yml, in a shell of its own; after a failure only those that always run.

    known: what ``${{ }}`` gives. A file of the runner carries the environment from step to
    step of this job; PATH is the test's own.
    """
    template = yaml.safe_load((TEMPLATES / "github-actions.yml").read_text())
    files = {name: clone.parent / name for name in ("GITHUB_PATH", "GITHUB_ENV")}
    for file in files.values():
        file.write_text("")
    results: list[Result] = []
    for step in template["jobs"][job]["steps"]:
        failed = any(result.code for result in results)
        if "run" not in step or (failed and step.get("if") != "always()"):
            continue
        passed_on = dict(line.split("=", 1) for line in files["GITHUB_ENV"].read_text().splitlines())
        said: dict[str, Any] = {**template["env"], **step.get("env", {})}
        given = {key: EXPRESSION.sub(lambda match: known[match[1]], str(value)) for key, value in said.items()}
        paths = {name: str(path) for name, path in files.items()}
        results.append(_bash(step["run"], bay, clone, {**variables, **paths, **passed_on, **given}))
    return results


def _bash(script: str, bay: Bay, clone: Path, variables: Mapping[str, str]) -> Result:
    path = f"{_no_packages(clone.parent / 'bin')}:{COMMAND.parent}:{bay.environment()['PATH']}"
    return bay.execute(["bash", "-e", "-c", script], cwd=clone, **{"PATH": path, **variables})


def _no_packages(folder: Path) -> Path:
    """A folder with an apt-get that installs nothing: what a runner's image lacks is on the machine of a test."""
    folder.mkdir(exist_ok=True)
    (folder / "apt-get").write_text("#!/bin/sh\n")
    (folder / "apt-get").chmod(0o755)
    return folder


def git(folder: Path, *words: str) -> str:
    """Git without anything of the machine's own configuration."""
    identity = ("-c", "user.name=ci", "-c", "user.email=ci@bay.example", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()
