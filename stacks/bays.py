"""The bays of one Pulumi backend, as a library: every operation is a method, and none needs a terminal."""

import copy
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from bay.components.errors import BayError, InvalidInput
from bay.components.node.certificates import Authority
from bay.components.node.client_login import LoginRequest
from bay.components.openstack.connection import openstack_errors
from bay.components.openstack.login import Login
from bay.components.openstack.resolve import resolve
from bay.components.openstack.scope import is_same_project, scope_of
from bay.components.private_files import write_private
from bay.stacks.approval import Approve, deny_disruptions
from bay.stacks.automation.workspace import stack_rows
from bay.stacks.cancellation import Cancellation
from bay.stacks.cloud import usage
from bay.stacks.cloud.newer_images import find_newer_images
from bay.stacks.cloud.servers import console_output, server_statuses
from bay.stacks.cloud.usage import Usage
from bay.stacks.cluster.clients import ClientFiles, client_files_of
from bay.stacks.cluster.console_log import ConsoleLog, tail
from bay.stacks.cluster.contexts import PutContext, has_context, put_context, remove_context
from bay.stacks.cluster.health import NOT_ASKED, Health, health_of
from bay.stacks.cluster.readiness import HOUR, wait_until_ready
from bay.stacks.cluster.ssh import SshTarget, ssh_target
from bay.stacks.context import Context
from bay.stacks.events import Listener, ignore
from bay.stacks.files import stack_file
from bay.stacks.opening import bay_names, opened, opened_for_change
from bay.stacks.operations import apply, backup, drift, groups, outdated, rebuild, repair, restore, rotate, upgrade
from bay.stacks.operations import delete as deletion
from bay.stacks.operations.backup import BackupRequest, BackupResult
from bay.stacks.operations.delete_plan import DeletePlan, plan_delete
from bay.stacks.operations.drift import Drift
from bay.stacks.operations.group_rows import group_rows
from bay.stacks.operations.groups import GroupEdit
from bay.stacks.operations.move import move
from bay.stacks.operations.move_passphrase import move_passphrase
from bay.stacks.operations.outdated import Reasons
from bay.stacks.operations.rebuild import RebuildRequest
from bay.stacks.operations.rebuild_plan import RebuildPlan
from bay.stacks.operations.repair import RepairRequest
from bay.stacks.operations.repair_plan import RepairPlan
from bay.stacks.operations.restore import RestoreRequest
from bay.stacks.operations.restore_plan import RestorePlan
from bay.stacks.operations.retain import Keep
from bay.stacks.operations.rotation import RotateRequest, Rotation
from bay.stacks.operations.upgrade_plan import UpgradePlan
from bay.stacks.operations.upgrade_target import UpgradeRequest
from bay.stacks.plan import planner, saved
from bay.stacks.plan.planner import SpecSource
from bay.stacks.plan.saved import OpenPlan
from bay.stacks.plan.types import Plan
from bay.stacks.program_stack import names_in_program
from bay.stacks.settings import SHARED, Settings, require_place
from bay.stacks.spec_request import SpecRequest
from bay.stacks.stack import BayStack, require_own_project
from bay.stacks.state import inspection, lock, passphrase, pki
from bay.stacks.state.disk import require_writable
from bay.stacks.state.history import Run, runs_of
from bay.stacks.state.inspection import Finding
from bay.stacks.state.snapshot import StateSnapshot
from bay.stacks.state.status import Status, status_of
from bay.stacks.state.topology import Topology, topology_of

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Description:
    """What the state says of a bay, in the words of `bay show`. health: NOT_ASKED unless it was asked for."""

    state: StateSnapshot
    status: Status
    health: Health = NOT_ASKED


@dataclass(frozen=True)
class Servers:
    """The servers of a bay. statuses: server id -> Nova's; None where it does not say. health: the engine's."""

    state: StateSnapshot
    statuses: Mapping[str, str] | None
    health: Health


class Bays:
    """The bays of one Pulumi backend, reached with one login.

    Methods may be called from several threads, also for several bays at the same time; changes of one bay are kept
    apart by its lock. listen: told what happens while an operation runs. cancel: how the caller ends its operations
    early. checkout: folder of a checkout whose files may manage bays; without one, such bays cannot be changed.
    project: name of a Pulumi project of a user's own, whose program declares the bays; these are only read.
    parallel: Pulumi's operations in flight; None: 32 to 128 by the size of the bay.

    Every method raises BayError, mostly one of the families of `bay.stacks.errors`.
    """

    def __init__(
        self,
        settings: Settings,
        login: Login,
        *,
        listen: Listener = ignore,
        cancel: Cancellation | None = None,
        checkout: Path | None = None,
        project: str = "",
        parallel: int | None = None,
    ) -> None:
        self.context = Context(settings, login, listen, cancel, checkout, project, parallel)

    def beside(self, cancel: Cancellation, listen: Listener | None = None) -> "Bays":
        """The same bays with the same login, for an operation that is ended by a `cancel` of its own."""
        other = copy.copy(self)
        other.context = self.context.beside(cancel, listen)
        return other

    def share_answers(self) -> None:
        """For questions about many bays at once, and for no change: what they ask the cloud alike is asked once.

        Answers are kept for 30 seconds. BayError where there is no login.
        """
        self.context.share_answers()

    def spec(self, *layers: Mapping[str, Any], addons: Sequence[str] = (), models: Sequence[Path] = ()) -> SpecRequest:
        """Fields of a spec, lowest layer first, for `create`, `update` and `preview`: over a model, or what there is.

        models: folders of models beside the built-in ones and the user's own.
        """
        folders = [self.context.settings.models, *models]
        return SpecRequest(layers, addons, folders, lambda: self.context.cloud)

    # Questions

    def names(self) -> list[str]:
        """Names of the bays that the state holds, sorted."""
        if self.context.project:
            return names_in_program(self.context)
        settings = self.context.settings
        require_writable(settings)
        found = bay_names(self.context)
        if settings.state_folder is None:
            with suppress(OSError):  # shell completion then asks itself, which takes seconds
                write_private(settings.names_file, "\n".join(found))
        return found

    def snapshot(self, name: str) -> StateSnapshot:
        """What the state says of a bay, and nothing else is asked; NotFound."""
        with opened(self.context, name) as bay:
            return bay.state

    def describe(self, name: str, *, ask_health: bool = False) -> Description:
        """State and status of a bay, and on request its health, as the engine's own API tells it."""
        with opened(self.context, name) as bay, ThreadPoolExecutor(1) as pool:
            last = pool.submit(bay.last_run)
            state = bay.state
            health = health_of(bay) if ask_health else NOT_ASKED
            is_running = lock.is_held(self.context.settings.lock_file(name))
            return Description(state, status_of(state, last.result(), is_running), health)

    def status(self, name: str) -> Status:
        """Magnum's words for how a bay is; no cloud is asked."""
        return self.describe(name).status

    def health(self, name: str) -> Health:
        """How a bay's nodes are, as its engine tells it; UNKNOWN, with the reason, where it cannot be asked."""
        with opened(self.context, name) as bay:
            return health_of(bay)

    def servers(self, name: str) -> Servers:
        """The servers of a bay with Nova's status and the engine's word of each."""
        with opened(self.context, name) as bay:
            state, health = bay.state, health_of(bay)
            try:
                return Servers(state, server_statuses(bay.cloud, state), health)
            except BayError as error:
                bay.notify("status-unknown", f"the status of the servers is not known: {error.message}")
                return Servers(state, None, health)

    def require_own(self, name: str) -> None:
        """BayError where a bay is of another cloud, region or project than the login's. Asks for a token."""
        require_own_project(self.context.cloud, self.snapshot(name))

    def of_login(self, states: Iterable[StateSnapshot]) -> list[StateSnapshot]:
        """Those of the login's cloud and project, and those that say of none yet. Asks for a token."""
        with openstack_errors("checking the login"):
            scope = scope_of(self.context.cloud)
        return [state for state in states if not state.cloud or is_same_project(state.cloud, scope)]

    def usage(self, states: Iterable[StateSnapshot]) -> dict[str, Usage]:
        """Name of each of these bays -> what its servers and volumes use; without those that the login cannot see."""
        states = list(states)
        used = usage.of_bays(self.context.cloud)
        return {state.name: used.get(state.bay_id, usage.NOTHING) for state in states if self._is_ours(state)}

    def _is_ours(self, state: StateSnapshot) -> bool:
        try:
            require_own_project(self.context.cloud, state)
        except BayError as error:
            text = f"what bay {state.name} uses is not known: {error.message}"
            self.context.notify(state.name, "usage-unknown", text)
            return False
        return True

    def client_files(self, name: str, request: LoginRequest | None = None) -> ClientFiles:
        """What a client needs to use a bay's API, with a certificate of its own; gives full power over the bay.

        request: how long it is to last, and what the client has already. BayError before the bay is complete.
        """
        with opened(self.context, name) as bay:
            return client_files_of(bay, request)

    def console_log(self, name: str, node: str, lines: int | None = None) -> ConsoleLog:
        """The console log of a server, as much as Nova keeps, or its last lines; Forbidden where nobody may read it."""
        with opened(self.context, name) as bay:
            server = bay.state.find_server(node)
            log = console_output(bay.cloud, server.id, server.name)
            return ConsoleLog(server.name, server.id, tuple(tail(log, lines)))

    def ssh_target(
        self, name: str, node: str | None = None, user: str | None = None, key: Path | None = None
    ) -> SshTarget:
        """How a server is logged in to, else the first master; user and key: in place of those of image and keypair."""
        with opened(self.context, name) as bay:
            return ssh_target(bay, node, user, key)

    def history(self, name: str, limit: int = 20) -> list[Run]:
        """The newest runs that changed a bay, the newest first, as Pulumi keeps them."""
        with opened(self.context, name) as bay:
            return runs_of(bay.history(limit))

    def topology(self, name: str) -> Topology:
        """How a bay's networks and servers are connected, from its state."""
        return topology_of(self.snapshot(name))

    def put_context(self, name: str, request: LoginRequest | None = None) -> PutContext:
        """Put a bay among the clusters that the user's own client knows, or renew it there; what is not ours stays."""
        with opened(self.context, name) as bay:
            return put_context(bay, request)

    def has_context(self, name: str) -> bool:
        """Whether it is there, also of a bay that is gone."""
        return has_context(name, self.context.settings.environment)

    def remove_context(self, name: str) -> list[Path]:
        """Take it away again, also of a bay that is gone; the files that changed."""
        return remove_context(name, self.context.settings.environment)

    def authority(self, name: str, kind: str = pki.OWN) -> Authority:
        """A bay's certificate authority with its key; kind: its own, or one that its engine has beside it."""
        with opened(self.context, name) as bay:
            return pki.authority(bay.state, pki.keys_of(bay.state, bay.secrets()), kind)

    def inspect(self) -> list[Finding]:
        """What is to be known of the state itself: sizes, versions, locks, journals, copies, passphrases.

        Nothing is changed. The cloud is asked only whether Barbican has passphrases that are not on this machine. Of a
        state that is no folder, what Pulumi lists of it.
        """
        settings, names = self.context.settings, self.names()
        folder = settings.state_folder
        found = (
            [*inspection.inspect(folder, names)] if folder else inspection.of_rows(stack_rows(self.context.pulumi()))
        )
        kept = inspection.passphrases(settings, names, self._is_in_barbican)
        left = inspection.left_behind(folder, names) if folder else ()
        return [*found, *kept, *left]

    def _is_in_barbican(self, name: str) -> bool:
        try:
            with opened(self.context, name) as bay:
                return bay.passphrase.is_in_vault()
        except BayError as error:
            LOG.info("%s: Barbican cannot be asked: %s", name, error.message)
            return False

    def preview(
        self,
        name: str,
        specify: SpecSource,
        *,
        refresh: bool = False,
        save: Path | None = None,
        from_file: bool = False,
    ) -> Plan:
        """What a change would do, of a bay that exists or not, and whether it fits the quotas.

        refresh: compare with the cloud as it is now, not with the state. save: file that keeps the plan, for `create`
        or `update`. from_file: the spec is that of the bay's file, so a bay that is managed otherwise is refused.
        """
        started = monotonic()
        if save and refresh:
            raise InvalidInput("a plan to be saved cannot be compared with the cloud first", "repair the bay first")
        with opened(self.context, name, new=True) as bay:
            if from_file:
                stack_file.require_managed_by_file(bay.state)
            what = planner.prepare(bay, specify, from_file=from_file)
            if save:
                return saved.save(what, save, started=started)
            return planner.build_plan(what, refresh=refresh, started=started)

    def drift(self, name: str) -> Drift:
        """What differs between a bay's state and the cloud."""
        with opened(self.context, name) as bay:
            return drift.compare(bay)

    def repair_plan(self, name: str, request: RepairRequest | None = None) -> RepairPlan:
        """What `repair` would do, and why it would refuse to."""
        with opened(self.context, name) as bay:
            return repair.make_plan(bay, request or RepairRequest())

    def outdated(self, name: str) -> Reasons:
        """Servers of a bay that are not what they would be if they were created now, and in what: image, flavor, ...

        Compared with the recorded spec, what its names mean on the cloud now, and the boot data of this version of bay.
        """
        with opened(self.context, name) as bay:
            spec = bay.state.require_spec()
            return outdated.compare_as_new(bay, spec, resolve(spec, bay.cloud)).reasons

    def groups(self, name: str, *, ask_outdated: bool = False) -> list[dict[str, Any]]:
        """The groups of a bay, masters first, as rows; ask_outdated: with the number of outdated servers of each."""
        found = self.outdated(name) if ask_outdated else None
        return group_rows(self.snapshot(name), found)

    def newer_images(self, states: Iterable[StateSnapshot]) -> dict[str, dict[str, int]]:
        """Bay -> name of an image that has a newer one -> number of servers that boot an older; of the login's bays."""
        found = find_newer_images(self.context.cloud, self.of_login(states))
        return {name: images for name, images in found.items() if images}

    def rebuild_plan(self, name: str, request: RebuildRequest | None = None) -> RebuildPlan:
        """What `rebuild` would do."""
        with opened(self.context, name) as bay:
            return rebuild.make_plan(bay, request or RebuildRequest())

    def group_delete_plan(self, name: str, group: str) -> Plan:
        """What `delete_group` would do."""
        return groups.expecting_removal(self.preview(name, self._without_group(name, group)), group)

    def new_group(self, name: str, group: str, fields: Mapping[str, Any]) -> SpecSource:
        """What `create_group` makes of the spec, for `preview` and `update`."""
        return groups.with_new_group(name, group, fields, lambda: self.snapshot(name))

    def _without_group(self, name: str, group: str) -> SpecSource:
        return groups.without_group(name, group, lambda: self.snapshot(name))

    def upgrade_plan(self, name: str, request: UpgradeRequest) -> UpgradePlan:
        """What `upgrade` would do, and why it would refuse to; BayError for a step that the engine does not allow."""
        with opened(self.context, name) as bay:
            return upgrade.make_plan(bay, self._with_models(request))

    def _with_models(self, request: UpgradeRequest) -> UpgradeRequest:
        """Beside the user's own folder of models, as for `spec`."""
        return replace(request, models=[self.context.settings.models, *request.models])

    def restore_plan(self, name: str, request: RestoreRequest) -> RestorePlan:
        """What `restore` would do; BackupUnusable for a file that is damaged, or not this bay's."""
        with opened(self.context, name) as bay:
            return restore.make_plan(bay, request)

    def rotate_plan(self, name: str, request: RotateRequest) -> Rotation:
        """What `rotate` would do; BayError where it cannot be done."""
        with opened(self.context, name) as bay:
            return rotate.make_plan(bay, request)

    def delete_plan(self, name: str, keep: Keep | None = None) -> DeletePlan:
        """What `delete` would do, with what blocks it."""
        with opened(self.context, name) as bay:
            deletion.require_unprotected(bay.state)
            return plan_delete(bay, keep or Keep())

    def pulumi_environment(self, name: str = "") -> dict[str, str]:
        """Variables with which plain `pulumi` works on the same state, with the passphrase of a bay or a shared one.

        NotFound for a bay that is not there.
        """
        settings = self.context.settings
        secrets = self._secrets_environment(name) if name else {}
        require_writable(settings)  # Pulumi creates no folder for a state
        if not settings.has_own_passphrase:
            passphrase.create(settings.shared_passphrase_file)
        secrets = secrets or passphrase.environment(settings, name or SHARED, new=False)
        return {**self.context.pulumi_environment(), **self._login_environment(), **secrets}

    def _secrets_environment(self, name: str) -> Mapping[str, str]:
        """A file with the passphrase that Barbican keeps; nothing for a bay whose passphrase is elsewhere."""
        settings = self.context.settings
        passphrase.require_not_rotating(settings, name)
        with opened(self.context, name) as bay:
            if passphrase.is_here(settings, name) or not (words := bay.passphrase.find()):
                return {}
        file = passphrase.exported_file(settings, name)
        write_private(file, words)
        return {passphrase.FILE: str(file)}

    def _login_environment(self) -> Mapping[str, str]:
        try:
            return self.context.resolved_login.environment()
        except BayError as error:  # looking at a state needs no cloud
            self.context.notify("", "no-login", f"no cloud for plain pulumi: {error.message}")
            return {}

    # Changes

    def create(
        self,
        name: str,
        specify: SpecSource,
        *,
        plan: Path | None = None,
        wait: timedelta | None = None,
        authority: Authority | None = None,
    ) -> StateSnapshot:
        """Create a bay, or resume one whose creation was interrupted; AlreadyExists.

        plan: file of a saved plan, and nothing else is done. wait: until its engine runs, at most so long. authority:
        whose certificates its API accepts, with an ECDSA or RSA key; None: one of the bay's own.
        """
        with self._changing(name, plan, new=True) as (bay, saved_plan):
            apply.create(bay, saved_plan.specify if saved_plan else specify, saved_plan, authority)
            state = bay.state
        self._wait(name, state, (), wait)
        return state

    def update(
        self,
        name: str,
        specify: SpecSource,
        *,
        approve: Approve = deny_disruptions,
        plan: Path | None = None,
        wait: timedelta | None = None,
    ) -> StateSnapshot:
        """Change a bay's spec, and the bay to what it then says. wait: for the engine on new servers."""
        with self._changing(name, plan) as (bay, saved_plan):
            known = {server.id for server in bay.state.servers}
            apply.update(bay, saved_plan.specify if saved_plan else specify, approve, saved_plan)
            state = bay.state
        self._wait(name, state, known, wait)
        return state

    def scale(
        self,
        name: str,
        group: str = "node",
        *,
        count: int | None = None,
        remove: Collection[str] = (),
        approve: Approve = deny_disruptions,
        wait: timedelta | None = None,
    ) -> StateSnapshot:
        """Give a group more or fewer servers; `remove` names servers to go, which moves no other."""
        return self.update(name, apply.scaled(name, group, count, remove), approve=approve, wait=wait)

    def create_group(
        self,
        name: str,
        group: str,
        fields: Mapping[str, Any],
        *,
        approve: Approve = deny_disruptions,
        wait: timedelta | None = None,
    ) -> StateSnapshot:
        """Give a bay one more group of nodes; AlreadyExists. fields: of the group, as the spec has them.

        With the same fields again it resumes a creation that was interrupted.
        """
        return self.update(name, self.new_group(name, group, fields), approve=approve, wait=wait)

    def set_group(
        self,
        name: str,
        group: str,
        edit: GroupEdit,
        *,
        approve: Approve = deny_disruptions,
        wait: timedelta | None = None,
    ) -> StateSnapshot:
        """Change fields of a group: a count scales it, and what shapes servers holds for new ones until `rebuild`."""
        return self.update(name, groups.with_changed_group(name, group, edit), approve=approve, wait=wait)

    def delete_group(self, name: str, group: str, *, approve: Approve) -> StateSnapshot:
        """Delete a group with all its servers, which are drained; its plan has the risk `delete`."""
        approve = groups.approve_removal(approve, group)
        return self.update(name, self._without_group(name, group), approve=approve)

    def wait(self, name: str, *, servers: Collection[str] | None = None, timeout: timedelta = HOUR) -> None:
        """Wait until the engine runs on servers of a bay, by id, else on all of them; NotReady."""
        ids = servers if servers is not None else [server.id for server in self.snapshot(name).servers]
        if ids:
            wait_until_ready(self.context, name, ids, timeout)

    def repair(self, name: str, request: RepairRequest | None = None, *, approve: Approve = deny_disruptions) -> Drift:
        """Make the cloud again what the state says; returns what differs afterwards."""
        with opened_for_change(self.context, name) as bay:
            return repair.repair(bay, request or RepairRequest(), approve)

    def rebuild(
        self, name: str, request: RebuildRequest | None = None, *, approve: Approve = deny_disruptions
    ) -> RebuildPlan:
        """Replace outdated servers, batch by batch; returns the plan that was carried out."""
        with opened_for_change(self.context, name) as bay:
            return rebuild.rebuild(bay, request or RebuildRequest(), approve)

    def upgrade(self, name: str, request: UpgradeRequest, *, approve: Approve = deny_disruptions) -> UpgradePlan:
        """Take a bay to another version of its engine, masters first; returns the plan that was carried out."""
        with opened_for_change(self.context, name) as bay:
            return upgrade.upgrade(bay, self._with_models(request), approve)

    def backup(self, name: str, request: BackupRequest) -> BackupResult:
        """Save what the engine keeps on a bay's masters, in a file that only the bay's own state opens."""
        with opened(self.context, name) as bay:
            return backup.backup(bay, request)

    def restore(self, name: str, request: RestoreRequest, *, approve: Approve = deny_disruptions) -> RestorePlan:
        """Bring a bay back from a backup, also where its masters are gone; returns the plan that was carried out."""
        with opened_for_change(self.context, name) as bay:
            return restore.restore(bay, request, approve)

    def rotate(self, name: str, request: RotateRequest, *, approve: Approve = deny_disruptions) -> Rotation:
        """Replace a secret of a bay and try the old one in vain; returns what came of each step.

        Interrupted at any moment, the same again goes on.
        """
        with opened_for_change(self.context, name) as bay:
            return rotate.rotate(bay, request, approve)

    def delete(self, name: str, keep: Keep | None = None, *, approve: Approve) -> None:
        """Delete a bay, what its engine created, and everything that carries its mark; nothing is left."""
        with opened_for_change(self.context, name) as bay:
            deletion.delete(bay, keep or Keep(), approve)

    def export(self, name: str, checkout: Path) -> Path:
        """Make the file of a bay in a checkout, which manages it from then on; the path of the file."""
        with opened_for_change(self.context, name) as bay:
            return stack_file.export(bay, checkout)

    def move(self, name: str, to: str) -> str:
        """Move the state of a bay to another backend, by its URL; returns that URL without passwords.

        Nobody finds the bay in this state any more. AlreadyExists where the other one has another bay of the name.
        """
        return move(self.context, name, to)

    def move_passphrase(self, name: str, to: str) -> bool:
        """Keep the passphrase of a bay in a ``file`` of this machine or in ``barbican``; whether it was elsewhere."""
        require_place(to)
        with opened_for_change(self.context, name) as bay:
            return move_passphrase(bay, to)

    def unlock(self, name: str) -> None:
        """Take away the lock of a run that is no more (``pulumi cancel``)."""
        with opened(self.context, name) as bay:
            bay.cancel()

    @contextmanager
    def _changing(
        self, name: str, plan: Path | None, *, new: bool = False
    ) -> Iterator[tuple[BayStack, OpenPlan | None]]:
        with ExitStack() as stack:
            saved_plan = stack.enter_context(saved.open_plan(plan, name)) if plan else None
            yield stack.enter_context(opened_for_change(self.context, name, new=new)), saved_plan

    def _wait(self, name: str, state: StateSnapshot, known: Collection[str], timeout: timedelta | None) -> None:
        new = [server.id for server in state.servers if server.id not in known]
        if new and timeout:
            wait_until_ready(self.context, name, new, timeout)
