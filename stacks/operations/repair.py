"""Repairs a bay: what is missing is created again, what was changed is restored, broken servers are replaced."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from bay.components.errors import BayError, InvalidInput, nearest
from bay.components.openstack.connection import openstack_errors
from bay.components.openstack.resolve import resolve
from bay.components.text import join_names
from bay.stacks.approval import Approve
from bay.stacks.cloud.cleanup import delete_all
from bay.stacks.cloud.kind_additions import Addition
from bay.stacks.cloud.ports import recreate_port
from bay.stacks.cluster.control_plane import is_majority
from bay.stacks.cluster.readiness import HOUR
from bay.stacks.operations import recovery
from bay.stacks.operations.batches import Batch
from bay.stacks.operations.drift import Drift, compare, compare_with_cloud
from bay.stacks.operations.drift_events import What
from bay.stacks.operations.patience import up_patiently
from bay.stacks.operations.refresh_targets import refresh_targets
from bay.stacks.operations.repair_plan import FLAVOR, RepairAction, RepairPlan, plan_repair
from bay.stacks.operations.rollout import Rollout
from bay.stacks.plan import quota
from bay.stacks.plan.preview_events import PreviewSteps
from bay.stacks.plan.types import DISRUPTIVE
from bay.stacks.program.bay_program import program
from bay.stacks.stack import BayStack
from bay.stacks.state.snapshot import PORT_TYPE


@dataclass(frozen=True)
class RepairRequest:
    """What is asked for.

    nodes: servers to be replaced whatever they are. sweep: delete what carries the bay's mark and is not in its
    state, and what others added to the bay's own resources (rules, address pairs, routes). lose_data: go on without
    quorum of the masters. timeout: to wait for each batch. wait: for the last one too; the next batch always needs what
    the one before it created.
    """

    nodes: Collection[str] = ()
    sweep: bool = False
    lose_data: bool = False
    timeout: timedelta = HOUR
    wait: bool = True


def make_plan(bay: BayStack, request: RepairRequest) -> RepairPlan:
    """What a repair would do; nothing is changed. Its `refusal` says why that would be refused."""
    repair = Repair(bay, request, compare(bay))
    plan = repair.plan()
    try:
        repair.require_possible(plan)
    except BayError as error:
        return replace(plan, refusal=error)
    return plan


def repair(bay: BayStack, request: RepairRequest, approve: Approve) -> Drift:
    """Compare, refuse or ask for approval, repair batch by batch; returns what differs afterwards.

    Run again, it resumes. Where there is nothing to do, nobody is asked.
    """
    bay.state.require_spec()
    _ = bay.cloud  # a foreign login is refused before anything is looked at
    resumed = recovery.resume(bay)
    drift = compare_with_cloud(bay)
    this = Repair(bay, request, drift)
    plan = this.plan()
    this.require_possible(plan)
    if not plan.is_empty:
        approve(plan)
        this.run(plan)
    if resumed:
        recovery.delete_duplicates(bay)
    return drift if plan.is_empty else compare_with_cloud(bay)


class Repair:
    """One repair; drift: before it. left: URNs of what stays as it is, whatever it is."""

    def __init__(self, bay: BayStack, request: RepairRequest, drift: Drift) -> None:
        self.bay, self.request, self.drift = bay, request, drift
        self.left: Sequence[str] = ()
        self.spec = drift.state.require_spec()
        self.resolved = resolve(self.spec, bay.cloud)
        self.program = partial(program, bay.name, self.spec, managed_by=drift.state.managed_by, resolved=self.resolved)
        self.rollout = Rollout(bay, request.lose_data, request.timeout, request.wait, self._are_on_volumes)

    def plan(self) -> RepairPlan:
        """InvalidInput for a server that the bay does not have; BayError where the last change is unfinished."""
        known = [server.name for server in self.drift.state.servers]
        for name in self.request.nodes:
            if name not in known:
                raise InvalidInput(f"bay {self.bay.name} has no node {name!r}", nearest(name, known))
        steps = PreviewSteps()
        self.bay.preview(self.program, steps)
        unfinished = steps.changes()
        # Of a replacement that was interrupted after the server's end only the creation is left.
        there = set(known) - {d.name for d in self.drift.differences if d.type == "Instance" and d.what is What.MISSING}
        going = [c.name for c in unfinished if c.name in there and c.type == "Instance" and c.operation in DISRUPTIVE]
        if going:
            raise BayError(
                f"bay {self.bay.name}: its last change is unfinished: it would still take away {join_names(going)}",
                f"'bay update {self.bay.name}' finishes it",
            )
        return plan_repair(self.drift, self.request.nodes, unfinished, sweep=self.request.sweep)

    def require_possible(self, plan: RepairPlan) -> None:
        """BayError where the plan does not fit the quotas, or masters would lose data."""
        if plan.supporting_resources or plan.batches:
            self._require_quota()
        for batch in plan.batches[:1]:
            self.rollout.require_quorum(batch)

    def run(self, plan: RepairPlan) -> None:
        """Everything of the plan: what is not recorded goes first, since it may block the rest."""
        if plan.unrecorded:
            delete_all(self.bay.cloud, self.drift.extra, self.bay.notify, self.bay.context.cancel)
        self._remove(plan.removed)
        if plan.supporting_resources:
            self._recreate_ports(plan.supporting_resources)
            self._refresh([action for action in plan.supporting_resources if action.action != "finish"])
            self._up(later=plan.batches)
            servers = [action.name for action in plan.supporting_resources if action.type == "Instance"]
            self.rollout.wait(servers, is_last=not plan.batches)
        self.rollout.run(plan.batches, self._repair_servers)

    def _remove(self, additions: Sequence[Addition]) -> None:
        """Take away what others added; what is gone by itself meanwhile is well too."""
        from openstack import exceptions

        for addition in additions:
            named = f"{addition.kind} {addition.name or addition.id} {addition.why}"
            with openstack_errors(f"removing {named}"), suppress(exceptions.NotFoundException):
                addition.remove(self.bay.cloud) if addition.remove else None
            self.bay.notify("removed", f"removed: {named}")

    def _require_quota(self) -> None:
        """QuotaExceeded where what is missing does not fit any more: others may have taken its place."""
        state = self.drift.state
        gone = {(d.type, d.name) for d in self.drift.differences if d.what is What.MISSING}
        there = replace(state, created=state.created - gone)
        usage = quota.compare(self.bay.cloud, self.bay.name, self.spec, self.resolved, there, self.bay.notify)
        quota.require(self.bay.name, usage)

    def _repair_servers(self, batch: Batch[RepairAction], later: Sequence[Batch[RepairAction]]) -> None:
        replaced = [action.urn for action in batch.actions if action.action == "replace"]
        if batch.group == "master" and replaced:
            self.bay.unprotect(*replaced)
        restored = [action for action in batch.actions if action.action in ("recreate", "restore")]
        self._refresh(restored)
        resized = [action.name for action in restored if any(d.field in FLAVOR for d in action.differences)]
        self._up(replaced, later, resized)

    def _recreate_ports(self, actions: Sequence[RepairAction]) -> None:
        """Missing ports get their addresses back, and the state is told their new ids."""
        missing = {one.urn for one in actions if one.type == "Port" and one.action == "recreate"}
        if not missing:
            return
        with self.bay.edit() as content:
            for resource in content.get("resources", []):
                if resource["urn"] in missing and resource["type"] == PORT_TYPE:
                    resource["id"] = resource["outputs"]["id"] = recreate_port(self.bay.cloud, resource["outputs"])

    def _up(
        self, replaced: Sequence[str] = (), later: Sequence[Batch[RepairAction]] = (), resized: Collection[str] = ()
    ) -> None:
        """Servers of later batches stay as they are: the state may have them though they are no more."""
        waiting = [action.urn for batch in later for action in batch.actions]
        run = partial(self.program, resized=resized)
        up_patiently(self.bay, lambda left: self.bay.up(run, replace=left, exclude=[*waiting, *self.left]), replaced)

    def _refresh(self, actions: Sequence[RepairAction]) -> None:
        """The state learns what the cloud has; only then Pulumi reconciles it."""
        if actions:
            differences = [difference for action in actions for difference in action.differences]
            urns = [action.urn for action in actions]
            refresh_targets(self.bay, self.drift.state.resources, urns, differences)

    def _are_on_volumes(self, masters: Collection[str]) -> bool:
        """Whether these are the majority, so none of them comes up alone, and each has its data on a volume."""
        missing = {d.name for d in self.drift.differences if d.type == "Volume" and d.what is What.MISSING}
        majority = is_majority(len(masters), len(self.spec.masters.indices))
        kept = self.spec.masters.state_volume is not None and not missing & {f"{name}-state" for name in masters}
        return majority and kept
