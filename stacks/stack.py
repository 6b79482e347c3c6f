"""One bay's stack, opened once for an operation: its lock, its state as it was read, and Pulumi's runs on it."""

import copy
import json
import logging
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pulumi.automation import Deployment, Stack

from bay.components.errors import BayError, nearest
from bay.components.openstack.connection import openstack_errors
from bay.components.openstack.scope import require_same_project, scope_of
from bay.components.text import join_names
from bay.stacks.automation import runs
from bay.stacks.automation.errors import locked_by, pulumi_errors
from bay.stacks.automation.progress import Progress
from bay.stacks.automation.runs import Listener, Program
from bay.stacks.automation.workspace import open_stack, workspace
from bay.stacks.cloud.servers import delete_for_good
from bay.stacks.context import Context
from bay.stacks.errors import Interrupted, Locked, NotFound, WrongPassphrase
from bay.stacks.events import Phase, PhaseEnded, PhaseStarted
from bay.stacks.program.config import PROJECT
from bay.stacks.stack_passphrase import StackPassphrase
from bay.stacks.state import file_backend, file_listing, passphrase
from bay.stacks.state.disk import disk_guard
from bay.stacks.state.known import require_known
from bay.stacks.state.snapshot import StateSnapshot, read_snapshot
from bay.stacks.state.status import LastRun

if TYPE_CHECKING:
    from openstack.connection import Connection

LOG = logging.getLogger(__name__)

HISTORY = 50
"""Runs that are looked at for an update before the last one: nobody resumes a creation so often."""
PATIENCE = 30.0
"""Seconds to wait for another run on this machine that is about to end."""


class BayStack:
    """Made by `opened` and `opened_for_change`.

    state: as it was read last; of a bay that is not there, it holds nothing. exists: whether there is a stack.
    """

    def __init__(self, context: Context, name: str, folder: Path, state_url: str = "") -> None:
        self.context = context
        self.name = name
        self.project, self.stack_name = PROJECT, name
        self.pulumi = context.pulumi(state_url)
        self.exists = True
        self._folder = folder
        self._salt = ""
        self._state: StateSnapshot | None = None
        self._deployment: Deployment | None = None
        self._files: file_backend.Files | None = None
        self.passphrase = StackPassphrase(self)

    # What the state says

    @property
    def state(self) -> StateSnapshot:
        """The snapshot; read when it is first asked for, and after each run that changed it."""
        if self._state is None:
            files = self._files_now()
            read = self._deployment = self._read()
            self._files = files
            self._state = read_snapshot(self.name, read.deployment if read else None)
            self._salt = self._state.salt
        return self._state

    @property
    def stored_deployment(self) -> Deployment:
        """What the snapshot was read from, secrets encrypted; not to be changed in place; empty without a stack."""
        _ = self.state
        return self._deployment or Deployment(file_backend.LAYOUT, {})

    def _read(self) -> Deployment | None:
        """The deployment as it is now, secrets encrypted; None where there is no stack; UntrustedState."""
        read = self._read_unchecked()
        part = self._part_of(read.deployment or {}) if read else None
        if read is None or part is None:
            self.exists = False
            return None
        require_known(self.name, part)
        return Deployment(read.version, part) if read.deployment else read

    def _part_of(self, deployment: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What of the stack's deployment is the bay's; None where it has no such bay."""
        return deployment

    def _read_unchecked(self) -> Deployment | None:
        folder = self.pulumi.state_folder
        if folder and (written := file_backend.read_deployment(folder, self.project, self.stack_name)):
            return Deployment(file_backend.LAYOUT, written)
        try:
            if folder and not file_backend.has_stack(folder, self.project, self.stack_name):
                raise not_found(self.name)
            return self._export()
        except NotFound:
            self.exists = False
            return None

    def _export(self, *options: str) -> Deployment:
        state = json.loads(self.command("stack", "export", *options))
        return Deployment(state["version"], state["deployment"])

    def secrets(self) -> dict[str, Any]:
        """The deployment with its secrets in the clear; needs the bay's passphrase."""
        return dict(self._export("--show-secrets").deployment or {})

    @contextmanager
    def edit(self) -> Iterator[dict[str, Any]]:
        """The deployment as plain values, to be changed in place; what was changed is written back at the end."""
        read = self.stored_deployment
        content: dict[str, Any] = copy.deepcopy(dict(read.deployment or {}))
        yield content
        if content != read.deployment:
            LOG.debug("%s: the state is edited", self.name)
            self.replace_state(Deployment(read.version, content), read)

    def unprotected_copy(self) -> Deployment:
        """The deployment with nothing in it protected, for a look at it in another place."""
        read = self.stored_deployment
        content = dict(read.deployment or {})
        resources = content.get("resources") or []
        return Deployment(read.version, {**content, "resources": [_unprotected(resource) for resource in resources]})

    def replace_state(self, deployment: Deployment, before: Deployment | None = None) -> None:
        """Put another deployment in the place of the stack's.

        Locked where that is not the one `before` any more: what another run has done since would be lost.
        """

        def replace() -> None:
            if before and self._is_changed_since(before):
                raise Locked(f"bay {self.name} was changed by another run meanwhile", "run the same again")
            self._stack.import_stack(deployment)

        self._change(replace)

    def _is_changed_since(self, before: Deployment) -> bool:
        """By its files where these are the same, since a state with a journal is read by a process."""
        if before is self._deployment and self._files and self._files == self._files_now():
            return False
        read = self._read_unchecked()
        return content_of((read.deployment if read else None) or {}) != content_of(before.deployment or {})

    def _files_now(self) -> file_backend.Files | None:
        folder = self.pulumi.state_folder
        return file_backend.files_of(folder, self.project, self.stack_name) if folder else None

    def change_passphrase(self, file: Path) -> None:
        """Have Pulumi encrypt all secrets of the state with the passphrase of a file, in one write of the state.

        From then on this stack is opened with that.
        """
        words = ["stack", "change-secrets-provider", "passphrase", "--stack", self.stack_name]
        answer = passphrase.text_of(file)
        self._change(lambda: self.pulumi.run(words, str(self._project_folder), {}, answer=answer))
        self.pulumi.environment[passphrase.FILE] = str(file)

    def is_opened_by(self, file: Path) -> bool:
        """Whether Pulumi reads the state's secrets with the passphrase of a file: it is tried."""
        before = self.pulumi.environment
        self.pulumi.environment = {**before, passphrase.FILE: str(file)}
        try:
            return bool(self.secrets())
        except WrongPassphrase:
            return False
        finally:
            self.pulumi.environment = before

    def take_over(self, other: "BayStack") -> None:
        """Hold what another stack holds, with its secrets, whose passphrase this one has too."""
        _ = self.state
        self._salt = other.state.salt
        self.create()
        self.replace_state(other.stored_deployment)

    def beside(self, folder: Path, state_url: str) -> "BayStack":
        """A stack of the bay's name in another state, where there is none yet; its secrets are those of the bay."""
        other = BayStack(self.context, self.name, folder, state_url)
        other.exists, other._salt, other.passphrase = False, self.salt, StackPassphrase(other, self)
        return other

    @contextmanager
    def aside(self) -> Iterator["BayStack"]:
        """A stack of the bay's name in a state of its own, where there is none yet, and which is gone afterwards."""
        with tempfile.TemporaryDirectory(prefix="bay-aside-") as folder:
            work = Path(folder) / "work"
            work.mkdir()
            yield self.beside(work, f"file://{folder}")

    def outputs(self) -> dict[str, Any]:
        """Stack outputs with their secrets in the clear; empty before the first update went through."""
        outputs: dict[str, Any] = json.loads(self.command("stack", "output", "--json", "--show-secrets"))
        if "api_address" in outputs:  # alone, where an earlier version made the bay
            outputs.setdefault("api_addresses", [outputs["api_address"]])
        return outputs

    def last_run(self) -> LastRun:
        """The newest entry of the stack's history, and how many updates went through before it, as far as it matters.

        Two entries tell that of nearly every bay; the older ones are read where one of the two did not go through.
        """
        for entries in map(self.history, (2, HISTORY)):
            found = LastRun.of_history(entries)
            if found.count > 1 or len(entries) < 2:
                break
        return found

    def went_through(self) -> bool:
        """Whether the state is what the last run left, and all went well: then nothing is to be looked for.

        Of files that is seen; else the run's end and the last write have to be close, as on an idle machine.
        """
        last, folder = self.last_run(), self.pulumi.state_folder
        if last.result == "succeeded" and folder and file_listing.is_as_left(folder, self.project, self.stack_name):
            return True
        return last.went_through(self.state.changed_at)

    def history(self, size: int) -> list[dict[str, Any]]:
        """The newest entries of the stack's history (file backends number none)."""
        folder = self.pulumi.state_folder
        if folder and (found := file_listing.history(folder, self.project, self.stack_name, size)) is not None:
            return found
        return list(json.loads(self.command("stack", "history", "--json", "--page-size", str(size)) or "[]"))

    # The cloud

    @cached_property
    def cloud(self) -> "Connection":
        """The caller's connection; BayError where its login is for another cloud or project than the bay's."""
        require_own_project(self.context.cloud, self.state)
        return self.context.cloud

    def notify(self, code: str, text: str) -> None:
        """Tell whoever listens something about this bay."""
        self.context.notify(self.name, code, text)

    # Pulumi's runs

    @cached_property
    def _stack(self) -> Stack:
        self.pulumi.environment |= self.context.resolved_login.environment()
        where = workspace(self._folder, self.pulumi, self._salt, self.stack_name, self.project)
        return open_stack(self.stack_name, where, new=not self.exists)

    def create(self) -> None:
        """Make the stack, where there is none yet."""
        if not self.exists:
            empty = self._state
            try:
                self._change(lambda: self._stack)  # a run that was killed while it did so has left a lock
            except BaseException:
                self.passphrase.settle(made=False)
                raise
            self.passphrase.settle(made=True)
            self.exists, self._state = True, empty

    def up(
        self,
        program: Program,
        *,
        replace: Sequence[str] = (),
        exclude: Sequence[str] = (),
        plan: Path | None = None,
        servers: int = 0,
    ) -> None:
        """Make the cloud what the program says; see `bay.stacks.automation.runs.up`. servers: that it declares."""
        up = partial(runs.up, replace=replace, exclude=exclude, plan=plan, parallel=self._parallel(servers))
        self._run("apply", lambda listener: up(self._stack, program, listener))

    def compare(self, listener: Listener) -> None:
        """Tell, by events, how the cloud differs from the state; nothing is changed."""
        with pulumi_errors(self.name):
            runs.compare(self._stack, listener, self._parallel())

    def refresh(self, urns: Sequence[str]) -> None:
        """Write what the cloud says of these, and of nothing else, into the state; what is gone leaves it."""
        parallel = self._parallel()
        self._change(lambda: runs.refresh(self._stack, urns, parallel))

    def preview(self, program: Program, listener: Listener, *, refresh: bool = False, save: Path | None = None) -> None:
        """Tell, by events, what `up` would do; Protected where it would refuse to."""
        with pulumi_errors(self.name), self._interruptible(), self._planning():
            runs.preview(self._stack, program, listener, parallel=self._parallel(), refresh=refresh, save=save)

    @contextmanager
    def _planning(self) -> Iterator[None]:
        variables = self._stack.workspace.env_vars
        self._stack.workspace.env_vars = {**variables, **self.pulumi.planning_environment()}
        try:
            yield
        finally:
            self._stack.workspace.env_vars = variables

    def destroy(self, targets: Sequence[str] = ()) -> None:
        """Delete everything the state knows; no node is drained first, since all of them go.

        targets: URNs of what goes alone, with what depends on it.
        """
        parallel = self._parallel()
        self._run("destroy", lambda listener: runs.destroy(self._stack, listener, targets, parallel=parallel))

    def _parallel(self, servers: int = 0) -> int:
        """Operations in flight: as many as the caller wants, else by the larger of what there is and what will be."""
        return self.context.parallel or runs.parallel_for(max(servers, len(self.state.servers)))

    def unprotect(self, *urns: str) -> None:
        """Lift the protection of these: their end was asked for.

        The next run of the program protects again what it keeps.
        """
        self._change(lambda: self._pulumi("state", "unprotect", *urns, "--yes"))

    def remove(self) -> None:
        """Forget the stack, its history and its settings; only an empty one goes."""
        self._change(lambda: self._pulumi("stack", "rm", "--yes"))
        self.exists = False

    def forget(self) -> None:
        """Forget the stack though it is not empty, since another state has it now; what it holds stays in the cloud."""
        self._change(lambda: self._pulumi("stack", "rm", "--yes", "--force"))
        self.exists = False

    def cancel(self) -> None:
        """Take away the lock of a run that is no more."""
        with pulumi_errors(self.name):
            self._pulumi("cancel", "--yes")

    def command(self, *words: str) -> str:
        """Any `pulumi` command on this stack that changes nothing."""
        with pulumi_errors(self.name):
            return self._pulumi(*words)

    def _pulumi(self, *words: str) -> str:
        return self.pulumi.run([*words, "--stack", self.stack_name], str(self._project_folder), {}).stdout

    @cached_property
    def _project_folder(self) -> Path:
        """A folder with the project's settings, in which `pulumi` finds the stack by its short name."""
        workspace(self._folder, self.pulumi, project=self.project)
        return self._folder

    def _run(self, phase: Phase, run: Callable[[Listener], object]) -> None:
        """A run that changes resources: with progress, a guard of the state's disk, and an end in order."""
        servers = {server.id for server in self.state.servers if server.id}
        try:
            self._run_once(phase, run)
        except (Interrupted, Locked):
            raise
        except BayError:
            if not self._delete_servers_for_good(servers):
                raise
            self._run_once(phase, run)  # what waited for their ports
        else:
            self._delete_servers_for_good(servers)

    def _run_once(self, phase: Phase, run: Callable[[Listener], object]) -> None:
        self.context.tell(PhaseStarted(self.name, phase))
        try:
            with disk_guard(self.pulumi):
                self._change(lambda: run(Progress(self.name, self.context.tell)))
        finally:
            self.context.tell(PhaseEnded(self.name, phase))

    def _delete_servers_for_good(self, before: Collection[str]) -> bool:
        """Where Nova keeps deleted servers for a while, they hold ports and quota: whether there was such a one."""
        deleted = sorted(set(before) - {server.id for server in self.state.servers})
        names = delete_for_good(self.context.cloud, deleted) if deleted else []
        if names:
            self.notify("deleted-for-good", f"deleted for good, where Nova would have kept them: {join_names(names)}")
        return bool(names)

    def _change(self, run: Callable[[], object]) -> None:
        """Run once nobody else holds the stack: a dead run's lock is taken away, an ending one is waited for.

        A Pulumi whose parent was killed ends by itself, but first finishes what is in flight.
        """
        deadline, told = time.monotonic() + PATIENCE, False
        while True:
            self._remove_dead_locks()
            try:
                with pulumi_errors(self.name), self._interruptible():
                    run()
                return
            except Locked as locked:
                if locked.dead:
                    self.cancel()
                elif not locked.here or time.monotonic() > deadline:
                    raise
                else:
                    if not told:
                        self.notify("waiting-for-lock", f"{locked.message}; waiting for its end")
                    told = True
                    self.context.cancel.sleep(1)
            finally:
                self._state = None

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Interrupted, whatever Pulumi says: it calls a destroy that it stopped a success."""
        try:
            yield
        except Exception:
            if self.context.cancel.is_requested:
                raise Interrupted from None
            raise
        self.context.cancel.raise_if_requested()

    def wait_until_free(self) -> None:
        """Return when nobody else changes the bay; Locked after a while, or at once where another machine does.

        Seen in files alone. What is read while another run works would be taken for what an interrupted one left.
        """
        self._change(self._require_free)

    def _require_free(self) -> None:
        folder = self.pulumi.state_folder
        for holder in file_backend.lock_holders(folder, self.project, self.stack_name) if folder else ():
            if not holder.is_dead:
                raise locked_by(self.name, holder.user, holder.host, holder.pid)

    def _remove_dead_locks(self) -> None:
        """Of a ``file://`` state, without a process: as `pulumi cancel` does, but only where the holder is no more."""
        folder = self.pulumi.state_folder
        for holder in file_backend.lock_holders(folder, self.project, self.stack_name) if folder else ():
            if holder.is_dead:
                LOG.info("%s: the lock of process %d, which is no more, is removed", self.name, holder.pid)
                holder.file.unlink(missing_ok=True)

    def use_passphrase(self, *, new: bool = False) -> None:
        """Hand Pulumi the bay's passphrase; new: make one, if there is none."""
        self.passphrase.use(new=new)

    @property
    def salt(self) -> str:
        """Of the secrets in the state, or of those that it will hold; empty where there are none."""
        return self._salt or self.state.salt

    @salt.setter
    def salt(self, salt: str) -> None:
        self._salt = salt

    def stored_salt(self) -> str:
        """As the state has it at this moment; empty without a stack."""
        read = self._read_unchecked()
        return read_snapshot(self.name, read.deployment).salt if read else ""


def require_own_project(cloud: "Connection", state: StateSnapshot) -> None:
    """BayError where a login is for another cloud or project than the bay's.

    A foreign login would lose the bay: a refresh with it drops every resource from the state.
    """
    if state.cloud:
        with openstack_errors("checking the login"):
            current = scope_of(cloud)
        require_same_project(state.name, state.cloud, current)


def content_of(deployment: Mapping[str, Any]) -> list[Any]:
    """What a deployment holds; the rest says who wrote it, and when."""
    return [deployment.get(key) or [] for key in ("resources", "pending_operations")]


def _unprotected(resource: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in resource.items() if key != "protect"}


def not_found(name: str, known: Sequence[str] = (), project: str = "") -> NotFound:
    """The error for a name that the state does not know; known: those that it does. project: of a user's program."""
    hint = f"'bay list --project {project}' shows the bays" if project else "'bay list' shows the bays"
    where = f"the program {project}" if project else "this state"
    return NotFound(f"there is no bay {name!r} in {where}", f"{nearest(name, known)}; {hint}" if known else hint)
