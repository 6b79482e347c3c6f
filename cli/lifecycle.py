"""Create and change a bay: the order of steps."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from bay.cli import checkout, leftovers, lock, quota
from bay.cli.cut_off import settled, take_back_late
from bay.cli.failures import NoSuchBay, ServerFault, from_output
from bay.cli.half_made import never_ran
from bay.cli.masters import refuse_unfit
from bay.cli.plans.leave import ASKED, Leave
from bay.cli.record import Record
from bay.cli.runs import opened_for_change, watched
from bay.cli.session import Session, check_cloud
from bay.cli.workspace import BayStack, opened
from bay.components.bay import Owner
from bay.components.errors import BayError
from bay.components.lookup import look_up
from bay.components.place import Place
from bay.components.spec import BaySpec, check_name
from bay.stacks.program import program

if TYPE_CHECKING:
    from openstack.connection import Connection

    from bay.cli.plans.bound import Bound

Report = Callable[[str], None]
Consent = Callable[[Record, Place, "Connection"], Leave]


def recorded(session: Session, name: str) -> Record:
    """What the state says of a bay; NoSuchBay where it has none of this name."""
    check_name(name)
    with opened(session.engine(name), name) as stack:
        return stack.record()


def create(
    session: Session,
    name: str,
    specify: Callable[[Record | None], BaySpec],
    report: Report,
    bound: "Bound | None" = None,
) -> None:
    """Make a new bay, or go on with one whose making was cut off; bound: by a saved plan, and nothing else is done."""
    check_name(name)
    with lock.held(session.settings.lock_file(name), name):
        try:
            record: Record | None = recorded(session, name)
        except NoSuchBay:
            record = None
        if record and record.completed and not (record.missing or record.pending):
            raise BayError(
                f"bay {name} exists already", f"'bay scale {name} N' changes it, 'bay delete {name}' ends it"
            )
        spec = specify(record)
        cloud = session.cloud()
        place = _place(session, name, spec, cloud, record)
        _refuse_taken_name(name, record, cloud)
        if bound:
            bound.refuse_if_moved_on(record, place, cloud)
        before, record = record, settled(session, record, cloud, report) if record else None
        quota.refuse_unless_it_fits(cloud, name, spec, place, record)
        with opened_for_change(session, name, record) as stack:
            _up(stack, spec, place, "cli", cloud, bound)
            if record is not before:
                take_back_late(stack, cloud, report)


def change(
    session: Session,
    record: Record,
    spec: BaySpec,
    owner: Owner,
    report: Report,
    bound: "Bound | None" = None,
    consent: Consent | None = None,
) -> None:
    """Make an existing bay what `spec` says; a bay owned by a file has it written there first.

    bound: by a saved plan, and nothing else is done. consent: says first what may be taken away, or raises.
    """
    with lock.held(session.settings.lock_file(record.name), record.name):
        if bound or record.pending or record.half_made:
            record = recorded(session, record.name)  # of a run that may have ended meanwhile
        cloud = session.cloud()
        place = _place(session, record.name, spec, cloud, record)
        if bound:
            bound.refuse_if_moved_on(record, place, cloud)
        refuse_unfit(record, spec, never_ran(record, cloud))
        leave = consent(record, place, cloud) if consent else ASKED
        before, record = record, settled(session, record, cloud, report)
        quota.refuse_unless_it_fits(cloud, record.name, spec, place, record)
        if owner == "file":
            checkout.write(session, record, spec)
        with opened_for_change(session, record.name, record) as stack:
            _up(stack, spec, place, owner, cloud, bound, leave)
            if record is not before:
                take_back_late(stack, cloud, report)


def _place(session: Session, name: str, spec: BaySpec, cloud: "Connection", record: Record | None) -> Place:
    check_cloud(name, record.cloud if record else {}, cloud)
    return look_up(spec, cloud)


def _refuse_taken_name(name: str, record: Record | None, cloud: "Connection") -> None:
    other = leftovers.other_bay_of_name(cloud, name, record.bay_id if record else "")
    if other:
        raise BayError(
            f"another bay of this project is called {name} (bay:id {other}); its state is somewhere else",
            "choose another name, or use the state it was made with (--state)",
        )


def _up(
    stack: BayStack,
    spec: BaySpec,
    place: Place,
    owner: Owner,
    cloud: "Connection",
    bound: "Bound | None",
    leave: Leave = ASKED,
) -> None:
    if leave.unprotected:
        stack.unprotect(*leave.unprotected)
    run = partial(program, stack.name, spec, managed_by=owner, place=place, allow=leave.kinds)
    try:
        watched(stack, lambda on_event: stack.up(run, on_event, plan=bound.engine if bound else None))
    except ServerFault as error:
        raise _named(stack.name, error, cloud) from None


def _named(bay: str, error: ServerFault, cloud: "Connection") -> BayError:
    """The error with Nova's reason in it; the engine knows only that there is one."""
    from bay.components.cloud import explained

    with explained("asking why a server could not be made"):
        server = cloud.compute.find_server(error.server_id)
    reason = (server.fault or {}).get("message") if server else ""
    return from_output(bay, f"  server ({server.name}):\n    error: {reason}") if server and reason else error
