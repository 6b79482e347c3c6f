"""Mends a bay: what is missing is made again, what was changed is restored, broken servers are replaced."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from bay.cli.console.output import say
from bay.cli.options import MINUTES
from bay.components.bay import Owner
from bay.components.errors import BayError, nearest
from bay.components.openstack.resolve import look_up
from bay.components.spec import BaySpec
from bay.components.text import some
from bay.stacks.cloud import cleanup
from bay.stacks.cloud.servers import server_statuses
from bay.stacks.cluster.control_plane import is_majority, refuse_without_quorum
from bay.stacks.cluster.health import of_bay
from bay.stacks.cluster.readiness import wait_for_engine
from bay.stacks.context import Session, check_cloud
from bay.stacks.operations import drift as drifts
from bay.stacks.operations.drift import Drift
from bay.stacks.operations.drift_events import What
from bay.stacks.operations.recovery import settled, take_back_late
from bay.stacks.operations.recreate_ports import make_ports
from bay.stacks.operations.refresh_targets import tell
from bay.stacks.operations.repair_plan import Mend, Mending, Round, mending
from bay.stacks.plan import quota
from bay.stacks.plan.preview_events import Steps
from bay.stacks.plan.risks import STOPPED
from bay.stacks.program.bay_program import program
from bay.stacks.runs import opened_for_change, recorded, watched
from bay.stacks.stack import BayStack, Program
from bay.stacks.state import lock
from bay.stacks.state.snapshot import StateSnapshot

if TYPE_CHECKING:
    from openstack.connection import Connection

Report = Callable[[str], None]
Agree = Callable[[Drift, Mending], bool]
Show = Callable[[Drift, Mending], object]


@dataclass(frozen=True)
class Wish:
    """What the user asked for.

    nodes: servers to be replaced whatever they are. sweep: delete what carries the bay's mark and is not in its
    state. lose_data: go on without quorum of the masters. minutes: to wait for each round. wait: for the last one too;
    the next round always needs what the one before it made.
    """

    nodes: Collection[str] = ()
    sweep: bool = False
    lose_data: bool = False
    minutes: float = MINUTES
    wait: bool = True


def dry_run(session: Session, name: str, wish: Wish, show: Show) -> None:
    """Show what a repair would do, then raise what it would refuse; nothing is changed."""
    cloud = session.cloud()
    with session.existing(name) as stack:
        drift = drifts.of_stack(session, stack, cloud)
        run = _program(drift.record, cloud)
        plan = _planned(stack, drift, wish, run)
        show(drift, plan)
        _Repair(stack, cloud, drift, run, wish, say).refuse(plan)


def repair(session: Session, name: str, wish: Wish, agree: Agree, report: Report) -> Drift:
    """Compare, refuse or ask (`agree`), mend round by round; returns what differs afterwards.

    Run again, it goes on where it was cut off. Where nothing is agreed on, nothing is done.
    """
    with lock.held(session.settings.lock_file(name), name):
        before = recorded(session, name)
        cloud = session.cloud()
        check_cloud(name, before.cloud, cloud)
        run = _program(before, cloud)
        record = settled(session, before, cloud, report)
        with opened_for_change(session, name, record) as stack:
            drift = drifts.found(stack, record, cloud)
            plan = _planned(stack, drift, wish, run)
            mender = _Repair(stack, cloud, drift, run, wish, report)
            mender.refuse(plan)
            if not agree(drift, plan):
                return drift
            mender.mend(plan)
            if record is not before:
                take_back_late(stack, cloud, report)
            return drifts.found(stack, stack.record(), cloud)


def _program(record: StateSnapshot, cloud: "Connection") -> "partial[None]":
    """Of the recorded spec; BayError where there is none."""
    if record.spec is None:
        raise BayError(f"bay {record.name} was never begun", f"'bay create {record.name}' makes it")
    owner: Owner = "file" if record.managed_by == "file" else "cli"
    return partial(program, record.name, record.spec, managed_by=owner, place=look_up(record.spec, cloud))


def _planned(stack: BayStack, drift: Drift, wish: Wish, run: Program) -> Mending:
    """BayError for a node that the bay does not have, and where the last change did not finish taking servers away."""
    known = [node.name for node in drift.record.nodes]
    for name in wish.nodes:
        if name not in known:
            raise BayError(f"bay {drift.record.name} has no node {name!r}", nearest(name, known), 2)
    steps = Steps()
    stack.preview(run, steps)
    unfinished = steps.changes()
    # Of a replacement that was cut off after the server's end only the making is left.
    there = set(known) - {d.name for d in drift.differences if d.type == "Instance" and d.what is What.MISSING}
    if going := [c.name for c in unfinished if c.name in there and c.type == "Instance" and c.operation in STOPPED]:
        raise BayError(
            f"bay {drift.record.name}: its last change did not finish: it would still take away {some(going)}",
            f"'bay update {drift.record.name}' finishes it",
        )
    return mending(drift, wish.nodes, unfinished)


@dataclass
class _Repair:
    """One repair that is going on; drift: before it. run: the program of the recorded spec."""

    stack: BayStack
    cloud: "Connection"
    drift: Drift
    run: "partial[None]"
    wish: Wish
    report: Report

    @property
    def spec(self) -> BaySpec:
        """The recorded one, which the program was made of."""
        assert self.drift.record.spec is not None, "there is no program without it"
        return self.drift.record.spec

    def refuse(self, plan: Mending) -> None:
        """BayError, before anybody is asked, where the plan does not fit the quotas or masters would lose data."""
        if not plan.empty:
            self._refuse_what_does_not_fit()
        for one in plan.rounds[:1]:
            self._check_quorum(one)

    def mend(self, plan: Mending) -> None:
        """Everything of the plan: what is extra goes first, since it may be in the way."""
        if self.wish.sweep:
            cleanup.sweep(self.cloud, self.drift.extra, self.report)
        if plan.surroundings:
            make_ports(self.stack, self.cloud, plan.surroundings)
            self._refresh([mend for mend in plan.surroundings if mend.action != "finish"])
            self._up(later=plan.rounds)
            self._wait([mend.name for mend in plan.surroundings if mend.type == "Instance"], last=not plan.rounds)
        for number, one in enumerate(plan.rounds, 1):
            self.report(f"round {number} of {len(plan.rounds)}: {some(one.names)}")
            if number > 1:
                self._check_quorum(one)
            self._mend_servers(one, later=plan.rounds[number:])

    def _refuse_what_does_not_fit(self) -> None:
        """Quota where what is missing does not fit any more: others may have taken its place."""
        record = self.drift.record
        gone = {(d.type, d.name) for d in self.drift.differences if d.what is What.MISSING}
        there = replace(record, made=record.made - gone)
        quota.refuse_unless_it_fits(self.cloud, record.name, self.spec, self.run.keywords["place"], there)

    def _mend_servers(self, one: Round, later: Sequence[Round]) -> None:
        replaced = [mend.urn for mend in one.having("replace")]
        if one.group == "master" and replaced:
            self.stack.unprotect(*replaced)
        self._refresh(one.having("make again", "restore"))
        self._up(replaced, later)
        self._wait(one.names, last=not later)

    def _wait(self, names: Collection[str], *, last: bool) -> None:
        """Before the next round always: a new master is ACTIVE long before it is a member, and nodes would overlap."""
        if names and (self.wish.wait or not last):
            ids = [node.id for node in self.stack.record().nodes if node.name in names]
            wait_for_engine(self.stack.name, self.cloud, ids, self.wish.minutes)

    def _up(self, replaced: Sequence[str] = (), later: Sequence[Round] = ()) -> None:
        """Servers of later rounds stay as they are: the state may have them though they are no more."""
        waiting = [mend.urn for one in later for mend in one.mends]
        watched(self.stack, lambda on_event: self.stack.up(self.run, on_event, replaced, waiting))

    def _refresh(self, mends: Sequence[Mend]) -> None:
        """The state learns what the cloud has; only then the engine mends it."""
        if mends:
            differences = [difference for mend in mends for difference in mend.differences]
            tell(self.stack, self.drift.record.resources, [mend.urn for mend in mends], differences)

    def _check_quorum(self, one: Round) -> None:
        """Masters go one by one while the others keep the engine's data; or each keeps its own, on its volume."""
        going = [mend.name for mend in one.having("make again", "replace")]
        if one.group != "master" or not going or self.wish.lose_data or self._on_volumes(going):
            return
        record = self.stack.record()  # those of earlier rounds are others now
        refuse_without_quorum(record, going, server_statuses(self.cloud, record), of_bay(self.stack, record).nodes)

    def _on_volumes(self, masters: Collection[str]) -> bool:
        """Whether these are the majority, so none of them comes up alone, and each has its data on a volume."""
        missing = {d.name for d in self.drift.differences if d.type == "Volume" and d.what is What.MISSING}
        majority = is_majority(len(masters), len(self.spec.masters.indices))
        kept = self.spec.masters.state_volume is not None and not missing & {f"{name}-state" for name in masters}
        return majority and kept
