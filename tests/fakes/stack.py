"""A bay's stack without Pulumi: its state is a deployment as plain values, its runs are written down."""

import copy
import json
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pulumi.automation import CommandResult, Deployment, EngineEvent
from pulumi.automation.errors import create_command_error

from bay.components.openstack.login import Login
from bay.stacks.automation.process import PulumiProcess
from bay.stacks.automation.runs import Listener, Program
from bay.stacks.cancellation import Cancellation
from bay.stacks.context import Context
from bay.stacks.events import BatchStarted, Event, Notice, PhaseStarted
from bay.stacks.login import ResolvedLogin
from bay.stacks.program.config import PROJECT
from bay.stacks.settings import Settings
from bay.stacks.stack import BayStack
from bay.stacks.state import file_backend
from bay.stacks.state.status import LastRun
from tests.fakes.openstack import LOOKS, REGION, Answer, FakeCloud, happen

NOWHERE = Path("/nonexistent")
"""Folder of a context whose state and files nobody reads."""


class Clock(Cancellation):
    """Time that passes only where somebody sleeps: `step` seconds each time, else as many as were asked for."""

    def __init__(self, step: float | None = None) -> None:
        super().__init__()
        self.seconds, self.step = 0.0, step

    def monotonic(self) -> float:
        """In the place of time.monotonic."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Let it pass."""
        self.seconds += seconds if self.step is None else self.step
        self.raise_if_requested()


class FakePulumi(PulumiProcess):
    """Knows a few commands on a ``file://`` state; the others do nothing. commands: all that were run, in short.

    answers: what a command prints. failures: what a command says as it fails, each once. effects: what a command does.
    """

    def __init__(self, state: str, cancel: Cancellation | None = None) -> None:
        super().__init__("pulumi", "3.259.0", {"PULUMI_BACKEND_URL": state}, cancel)
        self.commands: list[str] = []
        self.answers: dict[str, str] = {}
        self.failures: dict[str, list[str]] = {}
        self.effects: dict[str, Callable[[], object]] = {}
        self.salt = ""

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], None] | None = None,
        on_error: Callable[[str], None] | None = None,
        answer: str = "",
    ) -> CommandResult:
        """As `pulumi` does, with its words for a stack that another process holds."""
        self.cancel.raise_if_requested()
        words = [word for word in args if not word.startswith("-")]
        command = " ".join(words[: 2 if words[0] in ("stack", "state", "config") else 1])
        self.commands.append(command)
        for failure in self.failures.get(command, [])[:1]:
            self.failures[command].remove(failure)
            raise create_command_error(CommandResult(stdout="", stderr=failure, code=255))
        self.effects.get(command, lambda: None)()
        stack = args[args.index("--stack") + 1] if "--stack" in args else args[2] if command == "stack init" else ""
        if command == "stack init":
            self.salt = _salt_of(Path(cwd) / f"Pulumi.{stack}.yaml")
        return CommandResult(stdout=self._answer(command, args, stack), stderr="", code=0)

    def _answer(self, command: str, args: list[str], stack: str) -> str:
        if command in self.answers or self.state_folder is None:
            return self.answers.get(command, "[]" if command == "stack ls" else "")
        file = self.state_folder / ".pulumi" / "stacks" / PROJECT / f"{stack}.json"
        if command in ("stack import", "state unprotect", "stack rm"):
            self._refuse_locked(stack)
        match command:
            case "stack ls":
                return json.dumps([{"name": found.stem} for found in file.parent.glob("*.json")])
            case "stack import":
                state = json.loads(Path(args[args.index("--file") + 1]).read_text())
                _write(file, state["deployment"])
            case "stack init":
                _write(file, {"secrets_providers": {"state": {"salt": self.salt}}} if self.salt else None)
            case "stack rm":
                file.unlink()
            case "cancel":
                for holder in file_backend.lock_holders(self.state_folder, PROJECT, stack):
                    holder.file.unlink()
            case "stack export":
                latest = json.loads(file.read_text())["checkpoint"].get("latest")
                return json.dumps({"version": file_backend.LAYOUT, "deployment": latest})
        return ""

    def _refuse_locked(self, stack: str) -> None:
        assert self.state_folder is not None
        for holder in file_backend.lock_holders(self.state_folder, PROJECT, stack):
            text = (
                "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or "
                "delete the lock file with `pulumi cancel`.\n"
                f"  {holder.file}: created by {holder.user}@{holder.host} (pid {holder.pid}) at 2026-11-22T17:00:00Z"
            )
            raise create_command_error(CommandResult(stdout="", stderr=text, code=255))


def _salt_of(settings: Path) -> str:
    return str((yaml.safe_load(settings.read_text()) or {}).get("encryptionsalt", "")) if settings.exists() else ""


def _write(file: Path, latest: Mapping[str, Any] | None) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    checkpoint = {"stack": file.stem} | ({} if latest is None else {"latest": latest})
    (file.parents[2] / "meta.yaml").write_text("version: 1\n")
    file.write_text(json.dumps({"version": file_backend.LAYOUT, "checkpoint": checkpoint}))


def write_state(folder: Path, deployment: Mapping[str, Any] | None, stack: str = "demo") -> Path:
    """The file of a stack in the folder of a ``file://`` state."""
    file = folder / ".pulumi" / "stacks" / PROJECT / f"{stack}.json"
    _write(file, deployment)
    return file


def write_history(folder: Path, ended: int, kind: str, result: str, stack: str = "demo") -> Path:
    """An entry of a stack's history, as Pulumi writes one; ended: in seconds since 1970."""
    file = folder / ".pulumi" / "history" / PROJECT / stack / f"{stack}-{ended}000000000.history.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"kind": kind, "startTime": ended - 1, "result": result, "endTime": ended}))
    file.with_name(file.name.replace("history.json", "checkpoint.json")).write_text("{}")
    return file


def write_lock(folder: Path, pid: int, host: str = "", stack: str = "demo") -> Path:
    """The lock of a stack in the folder of a ``file://`` state, as Pulumi writes one."""
    file = folder / ".pulumi" / "locks" / "organization" / PROJECT / stack / f"{pid}-4000-8000.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    lock = {
        "pid": pid,
        "username": "ada",
        "hostname": host or socket.gethostname(),
        "timestamp": "2026-11-22T17:00:00Z",
    }
    file.write_text(json.dumps(lock))
    return file


class FakeContext(Context):
    """events: all that were told. folder: of its own files, with the state in it; it may not exist.

    Nobody really waits, unless `cancel` is given.
    """

    def __init__(
        self,
        cloud: FakeCloud | None = None,
        folder: Path = NOWHERE,
        checkout: Path | None = None,
        cancel: Cancellation | None = None,
    ) -> None:
        self.events: list[Event] = []
        settings = Settings(folder / "cache", folder / "data", folder / "config", f"file://{folder / 'state'}")
        super().__init__(settings, Login("test"), self.events.append, cancel or Clock(), checkout)
        self.openstack = cloud or FakeCloud()
        self.no_login: Exception | None = None
        self.processes: list[FakePulumi] = []
        self.answers: dict[str, str] = {}
        self.failures: dict[str, list[str]] = {}
        self.effects: dict[str, Callable[[], object]] = {}

    @property
    def cloud(self) -> Any:
        """The fake."""
        return self.openstack

    @property
    def resolved_login(self) -> ResolvedLogin:
        """Of a file that nobody reads; `no_login` in its place, where that is set."""
        if self.no_login:
            raise self.no_login
        return ResolvedLogin("test", NOWHERE / "clouds.yaml", REGION, "public")

    def pulumi(self, state: str = "") -> FakePulumi:
        """One that is kept in `processes`; answers, failures and effects are those of the context."""
        process = FakePulumi(state or self.settings.state, self.cancel)
        process.answers, process.failures, process.effects = self.answers, self.failures, self.effects
        self.processes.append(process)
        return process

    def pulumi_environment(self, state: str = "") -> dict[str, str]:
        """The state alone."""
        return {"PULUMI_BACKEND_URL": state or self.settings.state}

    @property
    def commands(self) -> list[str]:
        """All that were run, in short."""
        return [command for process in self.processes for command in process.commands]

    @property
    def notices(self) -> list[str]:
        """Texts of those that were told."""
        return [event.text for event in self.events if isinstance(event, Notice)]

    @property
    def phases(self) -> list[str]:
        """Phases that were begun."""
        return [event.phase for event in self.events if isinstance(event, PhaseStarted)]

    @property
    def batches(self) -> list[tuple[str, ...]]:
        """Servers of each batch that was begun."""
        return [event.servers for event in self.events if isinstance(event, BatchStarted)]


class FakeStack(BayStack):
    """A bay in a state that is only in memory.

    deployment: as plain values; None where there is no stack. What is done to it is written into its cloud's journal,
    in one order with what is done to the cloud. drift: events of a comparison with the cloud. steps: events of a
    preview. is_aside: what it does is written down as that of a copy, which nobody else sees.
    """

    def __init__(
        self,
        deployment: Mapping[str, Any] | None = None,
        cloud: FakeCloud | None = None,
        *,
        name: str = "demo",
        context: FakeContext | None = None,
        drift: Iterable[EngineEvent] = (),
        steps: Iterable[EngineEvent] = (),
        last: LastRun | None = None,
        is_aside: bool = False,
    ) -> None:
        self.fake = context or FakeContext(cloud)
        super().__init__(self.fake, name, NOWHERE)
        self.deployment = copy.deepcopy(dict(deployment)) if deployment is not None else None
        self.drift, self.steps = list(drift), list(steps)
        self.last, self.is_aside = last or LastRun(), is_aside
        self.journal = self.fake.openstack.journal
        self.programs: list[Program] = []
        self.previews: list[Program] = []
        self.copies: list[FakeStack] = []
        self.update_plan: dict[str, Any] = {}
        self._answers: dict[str, Iterator[Answer]] = {}

    @property
    def deeds(self) -> list[str]:
        """What changed the state or the cloud, in its order."""
        return self.fake.openstack.deeds

    @property
    def notices(self) -> list[str]:
        """Texts that were told."""
        return self.fake.notices

    def on(self, deed: str, *answers: Answer) -> None:
        """What happens at each run of a kind (`up`, `destroy`, ...)."""
        self._answers[deed] = iter(answers)

    def _do(self, deed: str, *words: str) -> None:
        self.journal.append(" ".join([*(["aside"] if self.is_aside else []), deed, *words]))
        if deed not in LOOKS:
            self._state = None
        happen(next(self._answers.get(deed, iter(())), None))

    # In the place of Pulumi

    def _read(self) -> Deployment | None:
        if self.deployment is None:
            self.exists = False
            return None
        return Deployment(file_backend.LAYOUT, copy.deepcopy(self.deployment))

    def secrets(self) -> dict[str, Any]:
        """The same with made-up user data in the clear."""
        content = copy.deepcopy(self.deployment or {})
        for operation in content.get("pending_operations") or ():
            if "userData" in operation["resource"]["inputs"]:
                operation["resource"]["inputs"]["userData"] = {"plaintext": '"#cloud-config"'}
        return content

    def replace_state(self, deployment: Deployment, before: Deployment | None = None) -> None:
        """Note it."""
        self.deployment = dict(deployment.deployment or {})
        self._do("edit")

    def beside(self, folder: Path, state_url: str) -> "FakeStack":
        """One with the same previews."""
        copied = FakeStack(None, name=self.name, context=self.fake, steps=self.steps, is_aside=True)
        copied.exists = False
        self.copies.append(copied)
        return copied

    def outputs(self) -> dict[str, Any]:
        """Those of the deployment."""
        return dict(self.state.outputs)

    def last_run(self) -> LastRun:
        """As it was given."""
        return self.last

    def create(self) -> None:
        """An empty deployment, where there is none."""
        if not self.exists:
            self.deployment, self.exists = {}, True
            self._do("create")

    def up(
        self,
        program: Program,
        *,
        replace: Sequence[str] = (),
        exclude: Sequence[str] = (),
        plan: Path | None = None,
        servers: int = 0,
    ) -> None:
        """Note it; the program is kept and not run."""
        self.programs.append(program)
        words = [*_words("replacing", replace), *_words("without", exclude), *(["by plan"] if plan else [])]
        self._do("up", *words)

    def compare(self, listener: Listener) -> None:
        """Hand over the events."""
        self._do("compare")
        for event in self.drift:
            listener(event)

    def refresh(self, urns: Sequence[str]) -> None:
        """Note it."""
        self._do("refresh", _names(urns))

    def preview(self, program: Program, listener: Listener, *, refresh: bool = False, save: Path | None = None) -> None:
        """Hand over the events; the program is kept and not run."""
        self.previews.append(program)
        self._do("preview", *(["--refresh"] if refresh else []))
        if save:
            save.write_text(json.dumps(self.update_plan))
        for event in self.steps:
            listener(event)

    def destroy(self, targets: Sequence[str] = ()) -> None:
        """Note it."""
        self._do("destroy", _names(targets) or "all")

    def unprotect(self, *urns: str) -> None:
        """Note it."""
        self._do("unprotect", _names(urns))

    def remove(self) -> None:
        """The stack is gone."""
        self.deployment, self.exists = None, False
        self._do("remove")

    def cancel(self) -> None:
        """Note it."""
        self._do("cancel")


def _names(urns: Iterable[str]) -> str:
    return ", ".join(sorted(urn.rpartition("::")[2] for urn in urns))


def _words(word: str, urns: Sequence[str]) -> list[str]:
    return [f"{word} {_names(urns)}"] if urns else []
