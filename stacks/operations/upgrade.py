"""Upgrades a bay to another version of its engine: rules first, then masters one by one, then the groups of nodes.

Servers are replaced by a rebuild; what of the control plane changes beside them the masters do themselves as they join
(docs/decisions/0097), so an upgrade needs no way to the engine's API.
"""

from dataclasses import replace

from bay.components.errors import BayError
from bay.stacks.approval import Approve
from bay.stacks.cloud.engine_images import booted_versions
from bay.stacks.cluster.engine_report import EngineReport, report_of
from bay.stacks.operations import recovery
from bay.stacks.operations.rebuild import Rebuild, RebuildRequest, recorded_spec
from bay.stacks.operations.rebuild_plan import Selection
from bay.stacks.operations.upgrade_plan import UpgradePlan, versions_by_name
from bay.stacks.operations.upgrade_rules import Versions, require_step
from bay.stacks.operations.upgrade_target import UpgradeRequest, UpgradeTarget, find_target
from bay.stacks.stack import BayStack


def make_plan(bay: BayStack, request: UpgradeRequest) -> UpgradePlan:
    """What an upgrade would do; nothing is changed. Its `refusal` says why that would be refused.

    A step that the engine does not allow is an error here too: there is no plan for it.
    """
    upgrade = _Upgrade(bay, request)
    plan = upgrade.plan()
    try:
        upgrade.require_possible(plan)
    except BayError as error:
        return replace(plan, rebuild=replace(plan.rebuild, refusal=error))
    return plan


def upgrade(bay: BayStack, request: UpgradeRequest, approve: Approve) -> UpgradePlan:
    """Check the rules, compare, ask for approval, back up, replace batch by batch; returns the plan carried out.

    Run again, it resumes: servers that are what they are to be are left. Where there is nothing to do, nobody is asked.
    """
    bay.state.require_spec()
    this = _Upgrade(bay, request)  # the rules come before anything is changed, also of what an earlier run left
    resumed = recovery.resume(bay)
    if resumed:
        this = _Upgrade(bay, request)
    plan = this.plan()
    this.rebuild.wait_for_earlier(plan.rebuild)
    this.require_possible(plan)
    if not plan.is_empty:
        approve(plan)
        this.rebuild.back_up(plan.rebuild)
        this.rebuild.run(plan.rebuild)
    if resumed:
        recovery.delete_duplicates(bay)
    return plan


class _Upgrade:
    """One upgrade; BayError where the engine does not allow its step."""

    def __init__(self, bay: BayStack, request: UpgradeRequest) -> None:
        self.bay, self.request = bay, request
        self.before = recorded_spec(bay)
        self.target: UpgradeTarget = find_target(bay.cloud, bay.name, self.before, request)
        self.report: EngineReport = report_of(bay, self.target.rules)
        booted = booted_versions(bay.cloud, bay.state, self.target.rules.image_property)
        self.running: Versions = versions_by_name(bay.state.servers, self.report.versions, booted)
        # One that an earlier run could not create runs nothing: it has no version that could be too old.
        servers = [one for one in bay.state.servers if (one.id and one.built) or one.name in self.running]
        require_step(bay.name, self.target.rules, servers, self.running, self.target.version)
        self.rebuild = Rebuild(
            bay,
            RebuildRequest(
                Selection(max_unavailable=request.max_unavailable),
                timeout=request.timeout,
                wait=request.wait,
                backup=request.backup,
            ),
            self.target.spec,
            f"'bay upgrade {bay.name} --version {self.target.version}' resumes",
        )

    def plan(self) -> UpgradePlan:
        """As of a rebuild, with the versions."""
        masters = tuple(one.name for one in self.bay.state.servers if one.role == "master")
        return UpgradePlan(
            self.target.rules, self.target.version, self.rebuild.plan(), self.running, masters, self.report.deprecated
        )

    def require_possible(self, plan: UpgradePlan) -> None:
        """As a rebuild; and no master may stay behind: nodes must not be newer than it."""
        for action in plan.rebuild.skipped:
            raise BayError(
                f"bay {plan.bay}: {action.name} is the only master, with its control-plane data on its own disk: an "
                "upgrade would lose it",
                "an upgrade needs masters.state_volume, or three masters: create another bay so, and move over",
            )
        self.rebuild.require_possible(plan.rebuild)
