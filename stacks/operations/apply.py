"""Creates and changes a bay: the order of steps."""

import logging
from collections.abc import Collection, Sequence
from functools import partial

from bay.components.errors import BayError, InvalidInput, nearest
from bay.components.node.certificates import Authority
from bay.components.openstack.connection import openstack_errors
from bay.components.openstack.resolve import resolve
from bay.components.openstack.resolved import ResolvedSpec
from bay.components.spec import BaySpec
from bay.components.spec.groups import NodeGroup
from bay.stacks.approval import Approve
from bay.stacks.automation.errors import from_output
from bay.stacks.cloud.discovery import other_bay_of_name
from bay.stacks.cloud.servers import never_launched
from bay.stacks.cluster.members import member_change
from bay.stacks.errors import AlreadyExists, NoSpec, ServerFault
from bay.stacks.files.stack_file import intended_spec, write_spec
from bay.stacks.operations import recovery
from bay.stacks.operations.members import change_members, urns_of, wait_for_earlier_masters
from bay.stacks.operations.patience import up_patiently
from bay.stacks.operations.relabel import relabel
from bay.stacks.plan import planner, quota
from bay.stacks.plan.live_labels import relabelled_servers
from bay.stacks.plan.planner import OnCloud, SpecSource
from bay.stacks.plan.policy import NO_DISRUPTION, Allowance, allowance
from bay.stacks.plan.saved import OpenPlan
from bay.stacks.plan.spec_diff import kept_until_rebuild
from bay.stacks.program.bay_program import program
from bay.stacks.stack import BayStack

LOG = logging.getLogger(__name__)


def create(
    bay: BayStack, specify: SpecSource, plan: OpenPlan | None = None, authority: Authority | None = None
) -> None:
    """Create a new bay, or resume one whose creation was interrupted; plan: a saved one, and nothing else is done.

    authority: in place of one of the bay's own; a bay that has one keeps it.
    """
    state = bay.state
    if state.is_complete and not (state.missing_servers or state.interrupted_operations):
        raise AlreadyExists(
            f"bay {bay.name} exists already", f"'bay scale {bay.name} N' changes it, 'bay delete {bay.name}' deletes it"
        )
    spec = specify(intended_spec(state, bay.context.checkout))
    on = OnCloud(bay.cloud, resolve(spec, bay.cloud), ())
    _require_free_name(bay)
    for text in on.resolved.warnings:
        bay.notify("warning", f"warning: {text}")
    if plan:
        plan.require_fresh(bay, on)
    resumed = recovery.resume(bay) if bay.exists else False
    _require_quota(bay, spec, on.resolved)
    if not bay.exists:  # one that is refused before leaves no passphrase to a stack of its name
        bay.use_passphrase(new=True)
    bay.create()
    _up(bay, spec, on.resolved, plan, authority=authority)
    if resumed:
        recovery.delete_duplicates(bay)


def update(bay: BayStack, specify: SpecSource, approve: Approve, plan: OpenPlan | None = None) -> None:
    """Make an existing bay what its spec is to say; a bay owned by a file has it written there first.

    Where nothing would change, that is told, and nothing is run unless the last run did not go through. plan: a saved
    one, and nothing else is done. approve: called with the plan of the change, or raises.
    """
    bay.state.require_spec()
    what = planner.prepare(bay, specify)
    on = what.reached()
    if plan:
        plan.require_fresh(bay, on)
    wait_for_earlier_masters(bay, member_change(bay.state, what.spec, on.never_launched))
    drawn = planner.build_plan(what, quotas=False)
    allowed = allowance(drawn, approve(drawn))
    resumed = recovery.resume(bay)
    _require_quota(bay, what.spec, on.resolved)
    if drawn.empty:
        bay.notify("unchanged", f"bay {bay.name} is as its spec says: nothing to change")
        if not (resumed or plan):
            return
    if what.owner == "file":
        write_spec(bay, what.spec)
    servers = _by_group(bay)
    members = member_change(bay.state, what.spec, never_launched(bay.cloud, bay.state))
    if members and not plan:
        own = {urn for name in members.leaving for urn in urns_of(bay, name)}
        others = allowed.for_members(own)
        if others.unprotected:
            bay.unprotect(*others.unprotected)
        kinds = Allowance(others.kinds)
        change_members(bay, members, lambda later: _up(bay, what.spec, on.resolved, None, kinds, exclude=later))
    else:
        _up(bay, what.spec, on.resolved, plan, allowed)
    if relabelled := relabelled_servers(drawn.fields, servers):
        relabel(bay, what.spec, relabelled)
    for text in kept_until_rebuild(bay.name, what.spec, drawn.fields, servers, images=True):
        bay.notify("kept-until-rebuild", text)
    if resumed:
        recovery.delete_duplicates(bay)


def _by_group(bay: BayStack) -> dict[str, list[str]]:
    """Names of the servers that there are."""
    groups: dict[str, list[str]] = {}
    for server in bay.state.servers:
        groups.setdefault(server.group, []).append(server.name)
    return groups


def scaled(bay: str, group: str, count: int | None, remove: Collection[str]) -> SpecSource:
    """The spec with `remove` taken out of the group first, then with `count` servers in it."""

    def specify(spec: BaySpec | None) -> BaySpec:
        if spec is None:
            raise NoSpec(bay)
        if group not in spec.groups:
            raise InvalidInput(f"bay {bay} has no group {group!r}", nearest(group, list(spec.groups)))
        if count is None and not remove:
            raise InvalidInput(
                "neither a number of servers nor servers to remove", f"bay scale {bay} N, or --remove NODE"
            )
        changed = spec.groups[group]
        for node in remove:
            changed = _without(bay, group, changed, node)
        if count is not None:
            changed = changed.model_copy(update={"count": count})
        return spec.with_group(group, changed)

    return specify


def _without(bay: str, group: str, members: NodeGroup, node: str) -> NodeGroup:
    known = {f"{bay}-{group}-{index}": index for index in members.indices}
    if node not in known:
        raise InvalidInput(f"bay {bay} has no node {node!r} in group {group}", nearest(node, list(known)))
    return members.without(known[node])


def _require_free_name(bay: BayStack) -> None:
    other = other_bay_of_name(bay.cloud, bay.name, bay.state.bay_id)
    if other:
        raise AlreadyExists(
            f"another bay named {bay.name} exists in this project (bay:id {other}); its state is elsewhere",
            "choose another name, or use the state it was created with (--state)",
        )


def _require_quota(bay: BayStack, spec: BaySpec, resolved: ResolvedSpec) -> None:
    quota.require(bay.name, quota.compare(bay.cloud, bay.name, spec, resolved, bay.state, bay.notify))


def _up(
    bay: BayStack,
    spec: BaySpec,
    resolved: ResolvedSpec,
    plan: OpenPlan | None,
    allowed: Allowance = NO_DISRUPTION,
    authority: Authority | None = None,
    exclude: Sequence[str] = (),
) -> None:
    """exclude: URNs of what stays as it is."""
    if allowed.unprotected:
        bay.unprotect(*allowed.unprotected)
    owner = bay.state.managed_by
    run = partial(
        program, bay.name, spec, managed_by=owner, resolved=resolved, allow=allowed.kinds, authority=authority
    )
    up = partial(bay.up, run, servers=len(spec.server_names(bay.name)))
    try:
        if plan:
            up(plan=plan.pulumi)
        else:
            up_patiently(bay, lambda _replaced: up(exclude=exclude))
    except ServerFault as error:
        raise _with_reason(bay, error) from None


def _with_reason(bay: BayStack, error: ServerFault) -> BayError:
    """The error with Nova's reason in it; Pulumi knows only that there is one."""
    with openstack_errors("asking why a server could not be built"):
        server = bay.cloud.compute.find_server(error.server_id)
    reason = (server.fault or {}).get("message") if server else ""
    return from_output(bay.name, f"  server ({server.name}):\n    error: {reason}") if server and reason else error
