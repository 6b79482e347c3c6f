"""What is planned: a stack with a state that grows, and the command that plans it."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grown import Deployment, grown

PROGRAM = """\
import json
from pathlib import Path

import pulumi
from pulumi_openstack.compute import Instance

like = json.loads(Path("like.json").read_text())
data = pulumi.Output.secret("x" * like.pop("size"))
for index in range(int(Path("count").read_text())):
    Instance(f"bare-{index}", name=f"bare-{index}", user_data=data, **like)
"""


@dataclass
class Planned:
    """A stack in the environment that ``bay env`` gives; `plan` is the command that is timed.

    stack: with its project, as Pulumi wants it outside of one: ``organization/bay/demo``. prefix: of its servers'
    names, before the index. small: its state as it was really made.
    """

    stack: str
    prefix: str
    folder: Path
    environment: Mapping[str, str]
    plan: list[str]
    small: Deployment = field(default_factory=dict)

    def pulumi(self, *words: str) -> str:
        """Any `pulumi` command on the stack; its standard output."""
        return run(self.folder, self.environment, "pulumi", "--non-interactive", *words, "--stack", self.stack)

    def state(self) -> Deployment:
        """As Pulumi prints it."""
        found: Deployment = json.loads(self.pulumi("stack", "export"))["deployment"]
        return found

    def grow(self, count: int) -> None:
        """Put a state with this many servers in the place of the real one."""
        self._put(grown(self.small, self.prefix, count))
        (self.folder / "count").write_text(str(count))

    def restore(self) -> None:
        """Put the real state back, so that what was made can be deleted."""
        if self.small:
            self._put(self.small)

    def _put(self, deployment: Deployment) -> None:
        file = self.folder / "state.json"
        file.write_text(json.dumps({"version": 3, "deployment": deployment}))
        self.pulumi("stack", "import", "--file", str(file))


def write_bare(folder: Path, server: Mapping[str, Any], count: int) -> None:
    """A program of `count` servers like this one of a bay: flavor, image, network, server group, security group,
    metadata, and as much user data, secret as there."""
    inputs = server["inputs"]
    like = {
        "flavor_id": inputs["flavorId"],
        "image_id": inputs["imageId"],
        "networks": [{key: inputs["networks"][0][key] for key in ("uuid", "name")}],
        "scheduler_hints": [{"group": inputs["schedulerHints"][0]["group"]}],
        "security_groups": inputs["securityGroups"],
        "metadata": inputs["metadata"],
        "size": len(inputs["userData"]["ciphertext"]) * 3 // 4,  # base64
    }
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: bare\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    (folder / "like.json").write_text(json.dumps(like))
    (folder / "count").write_text(str(count))


def run(folder: Path, environment: Mapping[str, str], *words: str) -> str:
    """A program to its end; its standard output, CalledProcessError with the rest where it fails."""
    return subprocess.run(words, cwd=folder, env=dict(environment), capture_output=True, text=True, check=True).stdout


def environment_of(bay: str, environment: Mapping[str, str], name: str = "") -> dict[str, str]:
    """What a shell has after ``eval "$(bay env NAME)"``."""
    text = run(Path.cwd(), environment, "bash", "-c", f'set -e; eval "$({bay} env {name})"; env -0')
    return dict(line.split("=", 1) for line in text.split("\0") if line)
