"""A program whose resources are lines of a file, and `pulumi` on it: what is there beside what Pulumi knows."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bay.toolchain import Toolchain

PROGRAM = """
import fcntl, json, os, time
from pathlib import Path
import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult

def created(name):
    with Path(os.environ["CLOUD"]).open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        ident = f"{name}-{sum(line.startswith(name + ' ') for line in file)}"
        file.write(f"{name} {ident}\\n")
    return ident

class Cloud(ResourceProvider):
    def create(self, props):
        if props.get("fails"):
            raise ValueError("the cloud has no room for " + props["name"])
        ident = created(props["name"])
        time.sleep(float(os.environ.get("SLOW", "0")))
        return CreateResult(ident, {**props, "token": "hush " + ident})

    def diff(self, id, olds, news):
        changed = [key for key in ("size", "kind") if olds.get(key) != news.get(key)]
        return DiffResult(changes=bool(changed), replaces=[key for key in changed if key == "kind"],
                          delete_before_replace=bool(news.get("alone")))

    def update(self, id, olds, news):
        if news.get("fails"):
            raise ValueError("the cloud does not change " + news["name"])
        return UpdateResult({**news, "token": "hush " + id})

    def read(self, id, props):
        gone = Path(os.environ["CLOUD"] + ".gone")
        if gone.exists() and id in gone.read_text().split():
            return ReadResult("", {})
        drifted = Path(os.environ["CLOUD"] + ".drifted")
        if drifted.exists() and id in drifted.read_text().split():
            return ReadResult(id, {**props, "size": 99})
        return ReadResult(id, props)

    def delete(self, id, props):
        if props.get("stays"):
            raise ValueError("the cloud keeps " + props["name"])

class Thing(Resource):
    token: pulumi.Output[str]
    def __init__(self, name, props, opts):
        opts = pulumi.ResourceOptions.merge(pulumi.ResourceOptions(additional_secret_outputs=["token"]), opts)
        super().__init__(Cloud(), name, {"name": name, "token": None, **props}, opts)

class Group(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("trial:index:Group", name)
        self.register_outputs({"name": name})

made = {}

def make(one):
    if one.get("group"):
        return Group(one["name"])
    options = pulumi.ResourceOptions(
        depends_on=[made[name] for name in one.pop("after", [])], parent=made.get(one.pop("in", None)),
        protect=one.pop("protect", None), aliases=[pulumi.Alias(name=old) for old in one.pop("aliases", [])],
        retain_on_delete=one.pop("retain", None))
    return Thing(one.pop("name"), one, options)

def make_all(rest):
    # With IN_ORDER each when the one before is there, else all at once.
    if rest:
        name = rest[0]["name"]
        made[name] = make(rest[0])
        if "IN_ORDER" in os.environ:
            made[name].urn.apply(lambda _: make_all(rest[1:]))
        else:
            make_all(rest[1:])

wanted = json.loads(os.environ["THINGS"])
pulumi.export("wanted", sorted(one["name"] for one in wanted))
make_all(wanted)
"""

SECRETS = {"PULUMI_CONFIG_PASSPHRASE": "not a secret"}


def things(count: int) -> list[dict[str, Any]]:
    """That many things that need nothing."""
    return [{"name": f"t{number}"} for number in range(count)]


@dataclass(frozen=True)
class Trial:
    """A stack `dev` of the program in a folder, with its state at a URL."""

    toolchain: Toolchain
    folder: Path
    state: str
    settings: Mapping[str, str]
    cloud: Path
    """The file with a line for each thing that was created: name, id."""

    def environment(self, wanted: list[dict[str, Any]] | None = None, **more: str) -> dict[str, str]:
        own = {
            "BAY_DYNAMIC_PROVIDERS": "any",  # the trial's own
            "PULUMI_BACKEND_URL": self.state,
            "PULUMI_HOME": str(self.toolchain.pulumi_home),
            "CLOUD": str(self.cloud),
            "THINGS": json.dumps(wanted or []),
        }
        return {**os.environ, **self.toolchain.environment(), **SECRETS, **self.settings, **own, **more}

    def run(
        self, *arguments: str, wanted: list[dict[str, Any]] | None = None, **more: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run `pulumi` to its end."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment(wanted, **more),
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self, *arguments: str, wanted: list[dict[str, Any]], **more: str) -> "subprocess.Popen[bytes]":
        """Start `pulumi`; what it prints is in the file `log`."""
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                self.command(*arguments), cwd=self.folder, env=self.environment(wanted, **more), stdout=log, stderr=log
            )

    def command(self, *arguments: str) -> list[str]:
        return [str(self.toolchain.root / "bin" / "pulumi"), "--non-interactive", *arguments]

    def succeed(self, *arguments: str, wanted: list[dict[str, Any]] | None = None, **more: str) -> str:
        """Run `pulumi`, which has to succeed, and return what it printed."""
        done = self.run(*arguments, wanted=wanted, **more)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def created(self) -> list[tuple[str, str]]:
        """(name, id) of all that was created so far."""
        if not self.cloud.exists():
            return []
        return [(name, ident) for name, ident in (line.split() for line in self.cloud.read_text().splitlines())]

    def known(self) -> "Known":
        """What Pulumi knows."""
        deployment = json.loads(self.succeed("stack", "export"))["deployment"]
        resources = [one for one in deployment.get("resources", []) if one["type"].startswith("pulumi-python:")]
        pending = [one["resource"] for one in deployment.get("pending_operations", [])]
        return Known(
            [(_name(one), one["id"]) for one in resources],
            [_name(one) for one in pending],
        )


@dataclass(frozen=True)
class Known:
    """Resources (name, id) and the names of those with a pending operation."""

    resources: list[tuple[str, str]]
    pending: list[str]

    def require_all_of(self, created: list[tuple[str, str]]) -> None:
        """Everything that was created is a resource or pending, and no name is there twice."""
        lost = [one for one in created if one not in self.resources and one[0] not in self.pending]
        assert lost == []
        assert [name for name, count in Counter(name for name, _ in self.resources).items() if count > 1] == []


def _name(resource: dict[str, Any]) -> str:
    name: str = resource["urn"].rsplit("::", 1)[1]
    return name


def new_trial(
    toolchain: Toolchain, folder: Path, state: str, settings: Mapping[str, str], cloud: str = "cloud"
) -> Trial:
    """A new stack in a folder, with a cloud of that name."""
    folder.mkdir(exist_ok=True)
    (folder / "Pulumi.yaml").write_text("name: trial\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    trial = Trial(toolchain, folder, state, settings, folder / cloud)
    trial.succeed("stack", "init", "dev")
    return trial
