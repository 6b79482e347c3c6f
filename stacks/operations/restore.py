"""Restores a bay from a backup: masters that are gone are created again, and begin with what was saved."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from bay.components.errors import BayError
from bay.components.node.credentials import current
from bay.components.text import join_names
from bay.stacks.approval import Approve
from bay.stacks.cluster.backup_reader import Backup, open_backup
from bay.stacks.cluster.readiness import HOUR
from bay.stacks.cluster.remote import Answer, Shell, open_shells
from bay.stacks.cluster.ssh import require_way_in
from bay.stacks.operations import recovery
from bay.stacks.operations.backup import snapshots_of
from bay.stacks.operations.drift import RUNS, Drift, compare, compare_with_cloud
from bay.stacks.operations.repair import Repair, RepairRequest
from bay.stacks.operations.restore_plan import RestorePlan, of_masters
from bay.stacks.operations.rollout import Rollout
from bay.stacks.stack import BayStack
from bay.stacks.state import pki
from bay.stacks.state.snapshot import RecordedServer

PAUSE = 3.0
"""Seconds between two attempts to get in: a server that boots lets nobody in at first."""


@dataclass(frozen=True)
class RestoreRequest:
    """What is asked for. file: of `backup`. timeout: until the masters let somebody in, and again until they are ready.

    wait: until they are. user, key: as `ssh_target` has them.
    """

    file: Path
    user: str | None = None
    key: Path | None = None
    timeout: timedelta = HOUR
    wait: bool = True


def make_plan(bay: BayStack, request: RestoreRequest) -> RestorePlan:
    """What a restore would do; nothing is changed. BackupUnusable; `refusal` says what else it would refuse."""
    this = _Restore(bay, request)
    plan = this.plan(compare(bay))
    try:
        this.require_possible(plan)
    except BayError as error:
        return replace(plan, refusal=error)
    return plan


def restore(bay: BayStack, request: RestoreRequest, approve: Approve) -> RestorePlan:
    """Look at the file, refuse or ask for approval, create the masters that are missing, and load; returns the plan.

    Run again, it does what is left. Nodes stay as they are: they find the masters at the addresses they know.
    """
    this = _Restore(bay, request)
    _ = bay.cloud  # a foreign login is refused before anything is looked at
    resumed = recovery.resume(bay)
    plan = this.plan(compare_with_cloud(bay))
    this.require_possible(plan)
    approve(plan)
    this.run(plan)
    if resumed:
        recovery.delete_duplicates(bay)
    return plan


class _Restore:
    """One restore; what is wrong with its file, or with the way in, is raised at once."""

    def __init__(self, bay: BayStack, request: RestoreRequest) -> None:
        self.bay, self.request = bay, request
        self.spec = bay.state.require_spec()
        self.snapshots = snapshots_of(bay.name, self.spec)
        self.generations = pki.generations(bay.secrets())
        self.backup: Backup = open_backup(request.file, bay.name, bay.state.bay_id, self.generations)
        require_way_in(bay, request.key)

    def plan(self, drift: Drift) -> RestorePlan:
        """As `Repair.plan`."""
        self.repair = Repair(self.bay, RepairRequest(lose_data=True, wait=False), drift)
        masters = tuple(f"{self.bay.name}-master-{index}" for index in self.spec.masters.indices)
        repair, left = of_masters(self.repair.plan(), masters)
        self.repair.left = [action.urn for action in left]
        gone = {action.name for batch in repair.batches for action in batch.actions}
        there = [one for one in self._masters() if one.name not in gone and drift.statuses.get(one.id) == RUNS]
        serving = tuple(shell.target.server for shell in self._shells(there) if self._serves(shell))
        everywhere = self.snapshots.loads_everywhere
        return RestorePlan(self.backup, repair, masters, serving, everywhere, left)

    def require_possible(self, plan: RestorePlan) -> None:
        """BayError where what is missing does not fit the quotas."""
        self.repair.require_possible(plan.repair)

    def run(self, plan: RestorePlan) -> None:
        """The masters first; what they have begun by themselves since goes, before one of them gets the snapshot."""
        self.repair.run(plan.repair)
        masters = self._masters()
        if [server.name for server in masters] != list(plan.masters):
            raise BayError(f"bay {self.bay.name}: not all of its masters are there", "run the same again")
        shells = self._shells(masters)
        loaders = shells if plan.loads_everywhere else shells[:1]
        for shell in loaders:
            self._do(shell, "put", self.backup.summary.sha256, send=True)
        for shell in shells:
            self._do(shell, "leave")
        for shell in loaders:
            self.bay.notify("loading", f"{shell.target.server} loads the backup of {plan.made_at}")
            self._do(shell, "load")
        for shell in shells[len(loaders) :]:
            self._do(shell, "join", key=True)
        rollout = Rollout(self.bay, timeout=self.request.timeout, wait_for_last=self.request.wait, until_healthy=True)
        rollout.wait(plan.masters, is_last=True)
        if plan.left:
            names = [action.name for action in plan.left]
            text = f"{join_names(names, 6)} is not as the state says: 'bay repair {self.bay.name}' is next"
            self.bay.notify("left", text)

    def _masters(self) -> list[RecordedServer]:
        return [server for server in self.bay.state.servers if server.role == "master" and server.id]

    def _shells(self, masters: Sequence[RecordedServer]) -> list[Shell]:
        return open_shells(self.bay, masters, self.request.user, self.request.key)

    def _serves(self, shell: Shell) -> bool:
        """Whether it has data that a majority agrees on; one that lets nobody in is not asked twice."""
        return shell.run(self.snapshots.script, ["probe"]).code == 0

    def _do(self, shell: Shell, verb: str, *words: str, send: bool = False, key: bool = False) -> None:
        """BayError with what the server says. A server that boots is tried again, except in the middle of its work."""
        deadline = time.monotonic() + self.request.timeout.total_seconds()
        while True:
            payload = self._payload(send, key)
            answer = shell.run(self.snapshots.script, [verb, *words], payload, finishes=verb == "load")
            if answer.code == 0:
                return
            if not answer.is_unreachable or verb == "load" or time.monotonic() > deadline:
                raise self._failure(shell, verb, answer)
            self.bay.context.cancel.sleep(PAUSE)

    def _payload(self, send: bool, key: bool) -> Sequence[bytes] | Iterator[bytes]:
        if send:
            return self.backup.snapshot()
        return [current(self.generations)["join_master_key"].encode()] if key else []

    def _failure(self, shell: Shell, verb: str, answer: Answer) -> BayError:
        server, bay = shell.target.server, self.bay.name
        hint = f"the same command goes on; 'bay logs {bay} {server}' shows the console log"
        if answer.is_unreachable:
            hint = f"'bay ssh {bay} {server}' has to get in; then run the same again"
        return BayError(f"{server} does not {verb}: {answer.reason}", hint)
