"""Rebuilds a bay: outdated servers are replaced, batch by batch, while the rest serves."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from bay.components.errors import BayError, InvalidInput, nearest
from bay.components.openstack.resolve import resolve
from bay.components.spec import BaySpec, parse
from bay.components.text import join_names
from bay.stacks.approval import WAYS_OUT, Approve
from bay.stacks.cloud.servers import launched_since, locked_servers, server_statuses
from bay.stacks.cluster.health import UNHEALTHY, health_of
from bay.stacks.cluster.readiness import HOUR
from bay.stacks.errors import NotReady
from bay.stacks.files.stack_file import intended_spec, write_spec
from bay.stacks.operations import recovery
from bay.stacks.operations.backup import BackupRequest, backup
from bay.stacks.operations.batches import Batch
from bay.stacks.operations.outdated import Comparison, compare_as_new
from bay.stacks.operations.patience import up_patiently
from bay.stacks.operations.rebuild_plan import RebuildAction, RebuildPlan, Selection, plan_rebuild
from bay.stacks.operations.relabel import relabel
from bay.stacks.operations.rollout import Rollout
from bay.stacks.operations.upgrade_target import require_same_version
from bay.stacks.plan import quota
from bay.stacks.plan.only_master import is_on_volume
from bay.stacks.plan.spec_diff import changed_fields
from bay.stacks.program.bay_program import program
from bay.stacks.stack import BayStack
from bay.stacks.state.snapshot import IMAGE_TYPE, INSTANCE_TYPE, in_cloud

EARLIER = HOUR
"""Age of servers that an interrupted rebuild may have left, and that may still boot."""


@dataclass(frozen=True)
class RebuildRequest:
    """What is asked for.

    selection: which servers, and how many at once. image: for the bay, or for the selected group, from now on; empty:
    the one that the spec names. timeout: to wait for each batch. wait: for the last one too; the next batch always
    needs what the one before it created. backup: taken before a master is replaced; None: none.
    """

    selection: Selection = field(default_factory=Selection)
    image: str = ""
    timeout: timedelta = HOUR
    wait: bool = True
    backup: BackupRequest | None = None


def make_plan(bay: BayStack, request: RebuildRequest) -> RebuildPlan:
    """What a rebuild would do; nothing is changed. Its `refusal` says why that would be refused."""
    rebuild = Rebuild(bay, request)
    plan = rebuild.plan()
    try:
        rebuild.require_possible(plan)
    except BayError as error:
        return replace(plan, refusal=error)
    return plan


def rebuild(bay: BayStack, request: RebuildRequest, approve: Approve) -> RebuildPlan:
    """Compare, refuse or ask for approval, rebuild batch by batch; returns the plan that was carried out.

    Run again, it resumes: servers that are what they would be now are outdated no more. Where there is nothing to do,
    nobody is asked.
    """
    bay.state.require_spec()
    _ = bay.cloud  # a foreign login is refused before anything is looked at
    resumed = recovery.resume(bay)
    this = Rebuild(bay, request)
    plan = this.plan()
    this.wait_for_earlier(plan)
    this.require_possible(plan)
    if not plan.is_empty:
        approve(plan)
        this.back_up(plan)
        this.run(plan)
    if resumed:
        recovery.delete_duplicates(bay)
    return plan


class Rebuild:
    """One rebuild: of the recorded spec with the image that is asked for, or of another spec, as an upgrade has.

    resumes: what to do after a server that does not come back; empty: the rebuild again.
    """

    def __init__(self, bay: BayStack, request: RebuildRequest, spec: BaySpec | None = None, resumes: str = "") -> None:
        self.bay, self.request = bay, request
        self.resumes = resumes or f"'bay rebuild {bay.name}' resumes, --image goes back to another image"
        self.before = recorded_spec(bay)
        if spec is None:
            require_same_version(bay.cloud, bay.name, self.before, request.image)
        self.spec = spec or with_image(bay.name, self.before, request.selection.group, request.image)
        self.resolved = resolve(self.spec, bay.cloud)
        self.program = partial(program, bay.name, self.spec, managed_by=bay.state.managed_by, resolved=self.resolved)
        self.found = Comparison()
        self.unhealthy: Mapping[str, str] = {}
        self.rollout = Rollout(
            bay,
            request.selection.lose_data,
            request.timeout,
            request.wait,
            self._are_on_volumes,
            until_healthy=True,
        )

    def plan(self) -> RebuildPlan:
        """InvalidInput for what the bay does not have; BayError where the last change is unfinished."""
        self.found = compare_as_new(self.bay, self.spec, self.resolved)
        fields = [f"{f.path}: {f.old or 'none'} -> {f.new}" for f in changed_fields(self.before, self.spec)]
        self.unhealthy = self._unhealthy() if self.found.reasons else {}
        return plan_rebuild(self.bay.state, self.spec, self.found, self.request.selection, fields, self.unhealthy)

    def require_possible(self, plan: RebuildPlan) -> None:
        """BayError where the plan does not fit the quotas, servers are unhealthy, or masters would lose data."""
        if not plan.batches:
            return
        self._require_unlocked(plan)
        self._require_quota(plan)
        self._require_healthy(plan)
        if not plan.finished:  # else a master may be among them, which is no member before
            self.rollout.require_quorum(plan.batches[0])

    def wait_for_earlier(self, plan: RebuildPlan) -> None:
        """A rebuild that was interrupted may have left servers that still boot: they are no batch of this one."""
        if plan.batches:
            young = launched_since(self.bay.cloud, self.bay.state, datetime.now(UTC) - EARLIER)
            if earlier := sorted(young - set(plan.names)):
                self.rollout.wait(earlier, is_last=False)
                self.unhealthy = self._unhealthy()

    def back_up(self, plan: RebuildPlan) -> None:
        """Where that was asked for and masters go; BayError, and nothing is changed, where none can be taken."""
        if self.request.backup and any(batch.group == "master" for batch in plan.batches):
            result = backup(self.bay, self.request.backup)
            self.bay.notify("backed-up", f"backup of {result.header.master}: {result.file}")

    def run(self, plan: RebuildPlan) -> None:
        """What is unfinished first: a server that an earlier run left uncreated is back before the first batch."""
        if self.bay.state.managed_by == "file" and self.spec != self.before:
            write_spec(self.bay, self.spec)
        if plan.relabelled:
            relabel(self.bay, self.spec, [action.name for action in plan.relabelled])
        try:
            if plan.finished or not (plan.batches or (plan.relabelled and not plan.fields)):
                self._up((), plan.batches)
                created = [action.name for action in plan.finished if action.type == "Instance"]
                self.rollout.wait(created, is_last=not plan.batches)
            if plan.finished and plan.batches:
                self.rollout.require_quorum(plan.batches[0])
            self.rollout.run(plan.batches, self._rebuild_servers)
        except NotReady as error:
            raise NotReady(error.message, f"{error.hint}; {self.resumes}", error.server, error.console) from None

    def _rebuild_servers(self, batch: Batch[RebuildAction], later: Sequence[Batch[RebuildAction]]) -> None:
        replaced = [action.urn for action in batch.actions if action.loses_disk]
        if batch.group == "master" and replaced:
            self.bay.unprotect(*replaced)
        resized = [action.name for action in batch.actions if action.action == "resize"]
        self._up(replaced, later, resized)

    def _up(
        self, replaced: Sequence[str], later: Sequence[Batch[RebuildAction]], resized: Collection[str] = ()
    ) -> None:
        """Servers of later batches stay as they are. An image whose name stands for another one by now is new, too."""
        waiting = [action.urn for batch in later for action in batch.actions]
        images = self._images_of_before() if replaced else []
        run = partial(self.program, resized=resized)
        up_patiently(
            self.bay, lambda left: self.bay.up(run, replace=left, exclude=waiting), replaced=[*images, *replaced]
        )

    def _images_of_before(self) -> list[str]:
        """URNs of images whose name the cloud now gives to another one; the state keeps the first (decision 0004)."""
        found = []
        for resource in self.bay.state.resources:
            known = resource.get("outputs") or {}
            image = self.resolved.images.get(str(known.get("name"))) if resource["type"] == IMAGE_TYPE else None
            if image is not None and image.id != known.get("image_id"):
                found.append(str(resource["urn"]))
        return found

    def _require_unlocked(self, plan: RebuildPlan) -> None:
        """Nova would refuse to delete such a server in the middle of the rebuild."""
        locked = sorted(locked_servers(self.bay.cloud, self.bay.state) & set(plan.names))
        if locked:
            raise BayError(f"bay {self.bay.name}: {join_names(locked)} is locked in Nova", WAYS_OUT["locked"])

    def _require_quota(self, plan: RebuildPlan) -> None:
        """QuotaExceeded where servers grow by more than is left, or an earlier run left some uncreated.

        A server is deleted before its successor is created, so the same size always fits.
        """
        state = self.bay.state
        usage = quota.compare(self.bay.cloud, self.bay.name, self.spec, self.resolved, state, self.bay.notify)
        quota.require(self.bay.name, usage)
        had = {
            str(resource["inputs"].get("name")): str(resource["inputs"].get("flavorId"))
            for resource in state.resources
            if resource["type"] == INSTANCE_TYPE and in_cloud(resource)
        }
        groups = {server.name: self.spec.groups[server.group] for server in state.servers}
        wanted = [(had[name], self.resolved.flavors[groups[name].flavor]) for name in plan.names]
        growth = quota.compare_flavors(self.bay.cloud, self.resolved.login.project_id, wanted, self.bay.notify)
        quota.require(self.bay.name, growth)

    def _require_healthy(self, plan: RebuildPlan) -> None:
        """Servers that stay have to carry what runs on those that go."""
        for name, condition in self.unhealthy.items():
            if name not in plan.names:
                bay = self.bay.name
                raise BayError(
                    f"bay {bay}: {name} is {condition}, and not one of those that would be rebuilt",
                    f"'bay wait {bay}' waits for it, 'bay repair {bay} --node {name}' replaces it",
                )

    def _unhealthy(self) -> dict[str, str]:
        """Server that does not run, or not well -> Nova's status, or the engine's word where that is ACTIVE."""
        state, nodes = self.bay.state, health_of(self.bay).nodes
        statuses = server_statuses(self.bay.cloud, state)
        found = {one.name: statuses.get(one.id, "DELETED") for one in state.servers}
        found |= {
            name: UNHEALTHY for name, status in found.items() if status == "ACTIVE" and nodes.get(name) == UNHEALTHY
        }
        return {name: condition for name, condition in found.items() if condition != "ACTIVE"}

    def _are_on_volumes(self, masters: Collection[str]) -> bool:
        """Whether these are all masters and each has its data on a volume, as that of a bay with one master."""
        every = len(masters) == len(self.spec.masters.indices)
        return every and all(is_on_volume(self.spec, self.found.reasons.get(name, ())) for name in masters)


def recorded_spec(bay: BayStack) -> BaySpec:
    """The spec that the bay was changed to last; BayError where its file has changes that are not applied yet."""
    recorded = bay.state.require_spec()
    intended = intended_spec(bay.state, bay.context.checkout) or recorded
    if bay.state.managed_by == "file" and changed_fields(recorded, intended):
        raise BayError(
            f"bay {bay.name}: stacks/Pulumi.{bay.name}.yaml has changes that are not applied yet",
            f"'bay update {bay.name}' applies them; then rebuild",
        )
    return recorded


def with_image(bay: str, spec: BaySpec, group: str, image: str) -> BaySpec:
    """The spec with another image for the whole bay, or for one group."""
    if not image:
        return spec
    if not group:
        return parse({**spec.model_dump(), "image": image})
    if group not in spec.groups:
        raise InvalidInput(f"bay {bay} has no group {group!r}", nearest(group, list(spec.groups)))
    return spec.with_group(group, spec.groups[group].model_copy(update={"image": image}))
