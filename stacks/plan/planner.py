"""Makes the plan of a bay: asks the state, the cloud and the engine; nothing is changed."""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bay.cli.console.output import say
from bay.components.bay import Owner
from bay.components.disruption import HARD, KINDS, had, losses
from bay.components.errors import BayError
from bay.components.openstack.resolve import look_up
from bay.components.openstack.resolved import Place
from bay.components.spec import BaySpec, check_name
from bay.components.text import some
from bay.stacks.automation.errors import NoSuchBay, Protected
from bay.stacks.background import begun
from bay.stacks.cloud.servers import never_ran, server_statuses
from bay.stacks.cluster.control_plane import ill_masters, refuse_unfit
from bay.stacks.cluster.health import of_bay
from bay.stacks.context import Session, check_cloud
from bay.stacks.plan import quota
from bay.stacks.plan.approval import DECIDED_HERE
from bay.stacks.plan.impact import feels
from bay.stacks.plan.preview_events import Steps
from bay.stacks.plan.risks import Scene, dangers
from bay.stacks.plan.spec_diff import changed_fields
from bay.stacks.plan.types import Compared, Plan
from bay.stacks.program.bay_program import program
from bay.stacks.runs import recorded
from bay.stacks.stack import BayStack, opened
from bay.stacks.state.snapshot import StateSnapshot, tell

if TYPE_CHECKING:
    from openstack.connection import Connection

Specify = Callable[[StateSnapshot | None], BaySpec]


@dataclass(frozen=True)
class Wanted:
    """What is asked for, and what its names mean on the cloud. record: of the state; None for a bay that is new.

    reached: gives the cloud and the place, or raises why there are none; may wait for them.
    """

    name: str
    spec: BaySpec
    record: StateSnapshot | None
    reached: Callable[[], "tuple[Connection, Place]"]

    @property
    def cloud(self) -> "Connection":
        """Where the bay is, or is to be."""
        return self.reached()[0]

    @property
    def place(self) -> Place:
        """What the names of the spec mean there."""
        return self.reached()[1]

    @property
    def owner(self) -> Owner:
        """Who manages the bay."""
        return "file" if self.record and self.record.managed_by == "file" else "cli"

    @property
    def before(self) -> BaySpec | None:
        """The spec that the state holds; None for a bay that was never begun."""
        return self.record.spec if self.record else None


def wanted(session: Session, name: str, specify: Specify) -> Wanted:
    """Read the state; the cloud is asked meanwhile, and refuses a foreign login and names that it does not know."""
    check_name(name)
    connected = begun(session.cloud)
    try:
        record: StateSnapshot | None = recorded(session, name)
    except NoSuchBay:
        record = None
    spec = specify(record)
    if record is not None:
        tell(record, say)

    def reach() -> "tuple[Connection, Place]":
        cloud = connected()
        check_cloud(name, record.cloud if record else {}, cloud)
        if record is not None:
            refuse_unfit(record, spec, never_ran(record, cloud))
        return cloud, look_up(spec, cloud)

    return Wanted(name, spec, record, begun(reach))


def plan_of(session: Session, name: str, specify: Specify, *, refresh: bool = False) -> Plan:
    """The plan of a bay, existing or not, with what it takes of the quotas."""
    started = time.monotonic()
    return drawn(session, wanted(session, name, specify), refresh=refresh, started=started)


def drawn(
    session: Session,
    what: Wanted,
    *,
    refresh: bool = False,
    save: Path | None = None,
    quotas: bool = True,
    started: float | None = None,
) -> Plan:
    """Ask the engine; refresh: against the cloud as it is now. save: file for the engine's own plan.

    quotas: whether the plan says what it takes of them. started: by the monotonic clock, when the work for this plan
    began, if that was before.
    """
    begin = time.monotonic() if started is None else started
    steps = _asked(session, what, refresh, save)
    rooms = quota.room(what.cloud, what.name, what.spec, what.place, what.record) if quotas else ()
    half_made = {node.name for node in never_ran(what.record, what.cloud)} if what.record else set()
    changed_at = what.record.changed_at if what.record else None
    compared = Compared(refresh, changed_at, round(time.monotonic() - begin, 1))
    ill = _ill_masters(session, what, steps)
    return _plan(what, steps, half_made, ill, compared, tuple(rooms))


def _plan(
    what: Wanted,
    steps: Steps,
    half_made: set[str],
    ill: frozenset[str],
    compared: Compared,
    rooms: tuple[quota.Room, ...],
) -> Plan:
    changes = steps.changes(half_made)
    fields = changed_fields(what.before, what.spec) if what.before else ()
    made = what.record is not None and what.record.completed
    scene = Scene(what.spec, made, changes, fields, _whole_servers(what.record, half_made), steps.opened, ill)
    return Plan(
        bay=what.name,
        exists=what.before is not None,
        compared=compared,
        changes=changes,
        fields=fields,
        dangers=dangers(scene),
        feels=feels(scene),
        notes=(*_cut_off(what.record), *_other_images(what, steps)),
        quota=rooms,
    )


def _ill_masters(session: Session, what: Wanted, steps: Steps) -> frozenset[str]:
    """Masters that are not well; Nova and the engine are asked only where one of several would go."""
    masters = {node.name for node in what.record.nodes if node.role == "master"} if what.record else set()
    if what.record is None or len(masters) < 2 or not masters & steps.taken:
        return frozenset()
    with _stack(session, what) as stack:
        health = of_bay(stack, what.record).nodes
    return ill_masters(what.record, server_statuses(what.cloud, what.record), health)


def _whole_servers(record: StateSnapshot | None, half_made: set[str]) -> dict[str, frozenset[str]]:
    """Names of the servers that there are, by group; those that never ran are no loss."""
    groups: dict[str, set[str]] = {}
    for node in record.nodes if record else ():
        if node.name not in half_made:
            groups.setdefault(node.group, set()).add(node.name)
    return {group: frozenset(names) for group, names in groups.items()}


def _cut_off(record: StateSnapshot | None) -> list[str]:
    """What the last run was doing when it was cut off: the plan rests on a state that knows only that it was begun."""
    said: list[str] = []
    if record is not None:
        tell(record, said.append)
    return said


def _other_images(what: Wanted, steps: Steps) -> tuple[str, ...]:
    """Servers that run another image than the one that new servers of their group would get."""
    notes = []
    for group, members in what.spec.groups.items():
        own = steps.resolved.get(f"{what.name}-{group}-image")
        image = (own if members.image else None) or steps.resolved.get(f"{what.name}-image")
        ours = {f"{what.name}-{group}-{index}" for index in members.indices}
        others = sorted(name for name in ours if steps.images.get(name) not in (None, "", image))
        if image and others:
            named = members.image or what.spec.image
            notes.append(f"{some(others)}: made from another image than {named}; only servers made later get that one")
    return tuple(notes)


def _asked(session: Session, what: Wanted, refresh: bool, save: Path | None) -> Steps:
    """From the bay's own stack; where the engine would stop at the first thing that is protected, from a copy."""
    if not _loses_what_is_protected(what):
        with suppress(Protected), _stack(session, what) as stack:
            return _previewed(stack, what, refresh, save, DECIDED_HERE)
    with _copy(session, what) as stack:
        return _previewed(stack, what, refresh, save, (*KINDS, HARD))


def _loses_what_is_protected(what: Wanted) -> bool:
    """Whether the specs alone show it: an engine that stops costs seconds and says more than it should."""
    if what.before is None:
        return False
    before, after = (
        had(what.name, spec, f"{spec.network.existing} {spec.network.cidr}") for spec in (what.before, what.spec)
    )
    return any(kind != "batch" for kind, _ in losses(before, after))


def _previewed(stack: BayStack, what: Wanted, refresh: bool, save: Path | None, allow: tuple[str, ...]) -> Steps:
    steps = Steps()

    def run() -> None:  # asked for by an engine that has started: until then the cloud had time to answer
        program(stack.name, what.spec, managed_by=what.owner, place=what.place, allow=allow)

    try:
        stack.preview(run, steps, refresh=refresh, save=save)
    except BayError:
        what.reached()  # where that was the reason, its own error says more than the engine's
        raise
    return steps


@contextmanager
def _stack(session: Session, what: Wanted) -> Iterator[BayStack]:
    if what.record is not None:
        with opened(session.engine(what.name), what.name, salt=what.record.salt) as stack:
            yield stack
        return
    with tempfile.TemporaryDirectory(prefix="bay-preview-") as folder:  # a stack of its own: no trace in the state
        engine = session.engine("", state=f"file://{folder}")
        engine.environment["PULUMI_CONFIG_PASSPHRASE"] = "a preview keeps no secret"
        with opened(engine, what.name, new=True) as stack:
            yield stack


@contextmanager
def _copy(session: Session, what: Wanted) -> Iterator[BayStack]:
    """The bay's stack in a state of its own, for as long as it is looked at, with nothing in it protected."""
    assert what.record is not None, "a bay that is new has nothing that is protected"
    with _stack(session, what) as stack:
        deployment = stack.export()
    content: dict[str, Any] = dict(deployment.deployment or {})
    content["resources"] = [_unprotected(resource) for resource in content.get("resources", [])]
    deployment.deployment = content
    with tempfile.TemporaryDirectory(prefix="bay-preview-") as folder:
        engine = session.engine(what.name, state=f"file://{folder}")
        with opened(engine, what.name, new=True, salt=what.record.salt) as stack:
            stack.import_(deployment)
            yield stack


def _unprotected(resource: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in resource.items() if key != "protect"}
