"""A job of GitLab CI as GitLab's runner runs it: its steps, in a container of its image, with its variables."""

import shlex
import shutil
from pathlib import Path
from string import Template
from typing import Any

import yaml

from tests.integration.boots.story import EXAMPLES, Story

CLIENT = ("usr/bin/docker", "lib/x86_64-linux-gnu/libc.so.6", "lib64/ld-linux-x86-64.so.2")
"""The docker client of the node image, and what it loads."""


def run_job(story: Story, name: str) -> str:
    """What the job of the project docs/examples/ci prints; every step has to go through."""
    pipeline = yaml.safe_load((EXAMPLES / "ci" / ".gitlab-ci.yml").read_text())
    _make_image(story, pipeline["image"])
    job = pipeline[name]
    steps = "\n".join([*job["before_script"], *job["script"]])
    # As the runner: the last steps come in any case, in a shell of their own.
    whole = f"sh -ec {shlex.quote(steps)}; code=$?; sh -c {shlex.quote('; '.join(job['after_script']))}; exit $code"
    return story.type(
        f"""
        docker create --name job {_variables(pipeline)} {pipeline["image"]} sh -c {shlex.quote(whole)} >/dev/null
        trap 'docker rm --force job >/dev/null' EXIT
        docker cp "$DOCKER_CERT_PATH/." job:/builds/ci.tmp
        docker cp . job:/builds/ci
        docker start --attach job 2>&1
        """,
        "ci",
    )


def _variables(pipeline: dict[str, Any]) -> str:
    """Options of `docker create`: what GitLab presets, what the project's settings say, and what the pipeline does."""
    files = {f"BAY_{kind.upper()}": f"/builds/ci.tmp/{kind}.pem" for kind in ("ca", "cert", "key")}
    preset = {"CI_PROJECT_NAME": "ci", "CI_COMMIT_SHORT_SHA": "0a1b2c3d", "BAY_HOST": "$DOCKER_HOST", **files}
    own = {key: Template(value).safe_substitute(preset) for key, value in pipeline["variables"].items()}
    return "--workdir /builds/ci " + " ".join(f'--env "{key}={value}"' for key, value in {**preset, **own}.items())


def _make_image(story: Story, name: str) -> None:
    """What the registry would have: an image with the docker client and a shell."""
    rootfs = story.user.sandbox.cache / "nodes" / "docker" / "rootfs"
    context = story.user.home / "job-image"
    for file in CLIENT:
        (context / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(rootfs / file, context / file)
    (context / "Dockerfile").write_text("FROM localhost/bay/web:1\nCOPY . /\n")
    story.type(f"docker build --quiet --tag {name} . 2>/dev/null", Path(context))
