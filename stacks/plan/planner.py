"""Makes the plan of a bay: asks the state, the cloud and Pulumi; nothing is changed."""

import logging
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bay.components.disruption import KINDS, find_disruptions, inventory
from bay.components.errors import BayError, NoModel
from bay.components.openstack.resolve import resolve
from bay.components.openstack.resolved import ResolvedSpec
from bay.components.ownership import Owner
from bay.components.spec import BaySpec
from bay.components.text import join_names
from bay.stacks.approval import CHECKED_BY_PLAN, Risk
from bay.stacks.background import run_in_background
from bay.stacks.cloud.servers import locked_servers, never_launched, server_statuses
from bay.stacks.cluster.control_plane import require_compatible, unhealthy_masters
from bay.stacks.cluster.health import health_of
from bay.stacks.cluster.members import MemberChange, member_change
from bay.stacks.errors import NoSpec, NotFound, Protected
from bay.stacks.files.stack_file import intended_spec
from bay.stacks.opening import opened_aside, other_names
from bay.stacks.plan import quota
from bay.stacks.plan.impact import find_impact
from bay.stacks.plan.live_labels import find_live
from bay.stacks.plan.members import look
from bay.stacks.plan.names import location, resolved_names, with_names
from bay.stacks.plan.preview_events import PreviewSteps
from bay.stacks.plan.risks import RiskContext, find_risks
from bay.stacks.plan.spec_diff import all_fields, changed_fields, kept_until_rebuild
from bay.stacks.plan.types import DISRUPTIVE, Change, Compared, Plan, QuotaUsage
from bay.stacks.program.bay_program import program
from bay.stacks.stack import BayStack, not_found
from bay.stacks.state.expiry import expiry_warning
from bay.stacks.state.snapshot import RecordedServer

if TYPE_CHECKING:
    from openstack.connection import Connection

LOG = logging.getLogger(__name__)

SpecSource = Callable[[BaySpec | None], BaySpec]
"""The spec that a bay is meant to have, None for a new one -> the spec that is wanted."""


@dataclass(frozen=True)
class OnCloud:
    """What is known of a plan once the cloud was asked. never_launched: servers that are no loss."""

    cloud: "Connection"
    resolved: ResolvedSpec
    never_launched: tuple[RecordedServer, ...]


@dataclass(frozen=True)
class PlanInput:
    """What is planned. reached: gives what the cloud says, or raises why it says nothing; may wait for it."""

    bay: BayStack
    spec: BaySpec
    reached: Callable[[], OnCloud]

    @property
    def name(self) -> str:
        """Of the bay."""
        return self.bay.name

    @property
    def owner(self) -> Owner:
        """Who manages the bay."""
        return self.bay.state.managed_by

    @property
    def before(self) -> BaySpec | None:
        """The spec that the state holds; None for a bay that was never begun."""
        return self.bay.state.spec


def prepare(bay: BayStack, specify: SpecSource, *, from_file: bool = False) -> PlanInput:
    """What is wanted of a bay; the cloud is asked meanwhile, and refuses a foreign login and names that it lacks.

    from_file: `specify` takes the bay's file from elsewhere, so the one in the checkout is not read.
    """
    connected = run_in_background(lambda: bay.context.cloud)
    state = bay.state
    try:
        spec = specify(state.spec if from_file else intended_spec(state, bay.context.checkout))
    except (NoModel, NoSpec) as error:
        if bay.exists:
            raise
        missing = not_found(bay.name, other_names(bay.context))
        more = f"; for a new bay {error.hint}" if isinstance(error, NoModel) else ""
        raise NotFound(missing.message, f"{missing.hint}{more}") from None

    def reach() -> OnCloud:
        connected()
        failed = never_launched(bay.cloud, state)
        require_compatible(state, spec, failed)
        return OnCloud(bay.cloud, resolve(spec, bay.cloud), failed)

    return PlanInput(bay, spec, run_in_background(reach))


def build_plan(
    what: PlanInput,
    *,
    refresh: bool = False,
    save: Path | None = None,
    quotas: bool = True,
    started: float | None = None,
) -> Plan:
    """Ask Pulumi; refresh: against the cloud as it is now. save: file for Pulumi's own plan.

    quotas: whether the plan says what it takes of them. started: by the monotonic clock, when the work for this plan
    began, if that was before.
    """
    begin = time.monotonic() if started is None else started
    steps = _preview(what, refresh, save)
    on, state = what.reached(), what.bay.state
    usage = quota.compare(on.cloud, what.name, what.spec, on.resolved, state, what.bay.notify) if quotas else ()
    compared = Compared(refresh, state.changed_at, round(time.monotonic() - begin, 1))
    plan = _plan(what, steps, compared, tuple(usage))
    LOG.info("%s: %s; risks: %s", what.name, plan.summary, [risk.kind for risk in plan.risks])
    return plan


def _plan(what: PlanInput, steps: PreviewSteps, compared: Compared, usage: tuple[QuotaUsage, ...]) -> Plan:
    state = what.bay.state
    on = what.reached()
    failed = {server.name for server in on.never_launched}
    changes = with_names(on.cloud, steps.changes(failed))
    fields = changed_fields(what.before, what.spec) if what.before else all_fields(what.spec)
    servers = _built_servers(what, failed)
    live = find_live(what.bay, fields if what.before else (), servers)
    own_fields = live.fields
    fields = own_fields if what.before else fields
    members = member_change(state, what.spec, on.never_launched)
    unhealthy = _unhealthy_masters(what, steps, members)
    context = RiskContext(
        *(what.spec, state.is_complete, changes, own_fields, servers, steps.opened),
        unhealthy=unhealthy,
        locked=_locked_servers(what, changes),
        members=look(what.bay, members, unhealthy),
    )
    interrupted = (state.interrupted_text,) if state.interrupted_text else ()
    return Plan(
        bay=what.name,
        exists=what.before is not None,
        compared=compared,
        changes=changes,
        fields=fields,
        risks=(*find_risks(context), *_expiring(what)),
        impact=find_impact(context),
        notes=(
            *interrupted,
            *on.resolved.warnings,
            *_other_images(what, steps),
            *live.notes,
            *kept_until_rebuild(what.name, what.spec, own_fields, servers),
        ),
        quota=usage,
        location=location(on.cloud, on.resolved),
        resolved=resolved_names(on.resolved),
    )


def _expiring(what: PlanInput) -> tuple[Risk, ...]:
    """Not of the change: a reviewer is who reads of it in time."""
    text = expiry_warning(what.bay.state, datetime.now(UTC))
    return (Risk("certificates", text),) if text else ()


def _unhealthy_masters(what: PlanInput, steps: PreviewSteps, members: MemberChange) -> frozenset[str]:
    """Masters that are not well; Nova and the engine are asked only where one of several would go, or others come."""
    state = what.bay.state
    masters = {server.name for server in state.servers if server.role == "master"}
    if not members and (len(masters) < 2 or not masters & steps.destroyed_servers):
        return frozenset()
    return unhealthy_masters(state, server_statuses(what.reached().cloud, state), health_of(what.bay).nodes)


def _locked_servers(what: PlanInput, changes: Collection[Change]) -> frozenset[str]:
    """Names of servers that Nova has locked; asked only where one is to be stopped, changed or deleted."""
    there = {server.name for server in what.bay.state.servers}
    if not any(c.type == "Instance" and c.operation in DISRUPTIVE and c.name in there for c in changes):
        return frozenset()
    return locked_servers(what.reached().cloud, what.bay.state)


def _built_servers(what: PlanInput, failed: set[str]) -> dict[str, frozenset[str]]:
    """Names of the servers that there are, by group; those that never ran are no loss."""
    groups: dict[str, set[str]] = {}
    for server in what.bay.state.servers:
        if server.name not in failed:
            groups.setdefault(server.group, set()).add(server.name)
    return {group: frozenset(names) for group, names in groups.items()}


def _other_images(what: PlanInput, steps: PreviewSteps) -> tuple[str, ...]:
    """Servers that run another image than the one that new servers of their group would get."""
    notes = []
    for group, members in what.spec.groups.items():
        own = steps.resolved.get(f"{what.name}-{group}-image")
        image = (own if members.image else None) or steps.resolved.get(f"{what.name}-image")
        ours = {f"{what.name}-{group}-{index}" for index in members.indices}
        others = sorted(name for name in ours if steps.images.get(name) not in (None, "", image))
        if image and others:
            named = members.image or what.spec.image
            remedy = f"'bay rebuild {what.name}' replaces them"
            notes.append(f"{join_names(others)}: created from another image than {named}; {remedy}")
    return tuple(notes)


def _preview(what: PlanInput, refresh: bool, save: Path | None) -> PreviewSteps:
    """On the bay's own stack; on another for a new bay, and where Pulumi would stop at a protected resource."""
    if not what.bay.exists:
        with opened_aside(what.bay) as new:
            return _previewed(new, what, refresh, save, CHECKED_BY_PLAN)
    if not _loses_what_is_protected(what):
        with suppress(Protected):
            return _previewed(what.bay, what, refresh, save, CHECKED_BY_PLAN)
    with opened_aside(what.bay, what.bay.unprotected_copy()) as copy:
        return _previewed(copy, what, refresh, save, (*KINDS, *CHECKED_BY_PLAN))


def _loses_what_is_protected(what: PlanInput) -> bool:
    """Whether the specs alone show it: a Pulumi that stops costs seconds and says more than it should."""
    if what.before is None:
        return False
    before, after = (
        inventory(what.name, spec, f"{spec.network.existing} {spec.network.cidr}") for spec in (what.before, what.spec)
    )
    return any(kind != "batch" for kind, _ in find_disruptions(before, after))


def _previewed(
    stack: BayStack, what: PlanInput, refresh: bool, save: Path | None, allow: tuple[str, ...]
) -> PreviewSteps:
    steps = PreviewSteps()

    def run() -> None:  # asked for by a Pulumi that has started: until then the cloud had time to answer
        program(stack.name, what.spec, managed_by=what.owner, resolved=what.reached().resolved, allow=allow)

    try:
        stack.preview(run, steps, refresh=refresh, save=save)
    except BayError:
        what.reached()  # where that was the reason, its own error says more than Pulumi's
        raise
    return steps
