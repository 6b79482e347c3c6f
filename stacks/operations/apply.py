"""Create and change a bay: the order of steps."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from bay.components.bay import Owner
from bay.components.errors import BayError
from bay.components.openstack.resolve import look_up
from bay.components.openstack.resolved import Place
from bay.components.spec import BaySpec, check_name
from bay.stacks.automation.errors import NoSuchBay, ServerFault, from_output
from bay.stacks.cloud import cleanup
from bay.stacks.cloud.servers import never_ran
from bay.stacks.cluster.control_plane import refuse_unfit
from bay.stacks.context import Session, check_cloud
from bay.stacks.files import stack_file
from bay.stacks.operations.recovery import settled, take_back_late
from bay.stacks.plan import quota
from bay.stacks.plan.approval import ASKED, Leave
from bay.stacks.program.bay_program import program
from bay.stacks.runs import opened_for_change, recorded, watched
from bay.stacks.stack import BayStack
from bay.stacks.state import lock
from bay.stacks.state.snapshot import StateSnapshot

if TYPE_CHECKING:
    from openstack.connection import Connection

    from bay.stacks.plan.bound import Bound

Report = Callable[[str], None]
Consent = Callable[[StateSnapshot, Place, "Connection"], Leave]


def create(
    session: Session,
    name: str,
    specify: Callable[[StateSnapshot | None], BaySpec],
    report: Report,
    bound: "Bound | None" = None,
) -> None:
    """Make a new bay, or go on with one whose making was cut off; bound: by a saved plan, and nothing else is done."""
    check_name(name)
    with lock.held(session.settings.lock_file(name), name):
        try:
            record: StateSnapshot | None = recorded(session, name)
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
    record: StateSnapshot,
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
        if bound or record.pending or record.failed_servers:
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
            stack_file.write(session, record, spec)
        with opened_for_change(session, record.name, record) as stack:
            _up(stack, spec, place, owner, cloud, bound, leave)
            if record is not before:
                take_back_late(stack, cloud, report)


def _place(session: Session, name: str, spec: BaySpec, cloud: "Connection", record: StateSnapshot | None) -> Place:
    check_cloud(name, record.cloud if record else {}, cloud)
    return look_up(spec, cloud)


def _refuse_taken_name(name: str, record: StateSnapshot | None, cloud: "Connection") -> None:
    other = cleanup.other_bay_of_name(cloud, name, record.bay_id if record else "")
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
    from bay.components.openstack.connection import explained

    with explained("asking why a server could not be made"):
        server = cloud.compute.find_server(error.server_id)
    reason = (server.fault or {}).get("message") if server else ""
    return from_output(bay, f"  server ({server.name}):\n    error: {reason}") if server and reason else error
