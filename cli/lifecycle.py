"""Create, change and delete a bay: the order of steps, and what happens when one was cut off."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from bay.cli import checkout, leftovers, lock, passphrase, quota
from bay.cli.failures import NoSuchBay, ServerFault, from_output
from bay.cli.half_made import never_ran
from bay.cli.masters import refuse_loss
from bay.cli.output import some
from bay.cli.progress import Progress
from bay.cli.record import Record
from bay.cli.session import Session, check_cloud, interruptible
from bay.cli.settings import ensure_room
from bay.cli.workspace import BayStack, opened
from bay.components.bay import Owner
from bay.components.errors import BayError
from bay.components.lookup import look_up
from bay.components.place import Place
from bay.components.spec import BaySpec, check_name
from bay.stacks.program import program

if TYPE_CHECKING:
    from openstack.connection import Connection

Report = Callable[[str], None]


def recorded(session: Session, name: str) -> Record:
    """What the state says of a bay; NoSuchBay where it has none of this name."""
    check_name(name)
    with opened(session.engine(name), name) as stack:
        return stack.record()


def create(session: Session, name: str, specify: Callable[[Record | None], BaySpec], report: Report) -> None:
    """Make a new bay, or go on with one whose making was cut off."""
    check_name(name)
    with lock.held(session.settings.lock_file(name), name):
        try:
            record: Record | None = recorded(session, name)
        except NoSuchBay:
            record = None
        if record and record.completed:
            raise BayError(
                f"bay {name} exists already", f"'bay scale {name} N' changes it, 'bay delete {name}' ends it"
            )
        spec = specify(record)
        cloud = session.cloud()
        place = _place(session, name, spec, cloud, record)
        _refuse_taken_name(name, record, cloud)
        record = _settled(session, record, cloud, report) if record else None
        quota.refuse_unless_it_fits(cloud, name, spec, place, record)
        with _opened_for_change(session, name, record) as stack:
            _up(stack, spec, place, "cli", cloud)


def change(session: Session, record: Record, spec: BaySpec, owner: Owner, report: Report) -> None:
    """Make an existing bay what `spec` says; a bay owned by a file has it written there first."""
    with lock.held(session.settings.lock_file(record.name), record.name):
        if record.pending or record.half_made:
            record = recorded(session, record.name)  # of a run that may have ended meanwhile
        cloud = session.cloud()
        place = _place(session, record.name, spec, cloud, record)
        refuse_loss(record, spec, never_ran(record, cloud))
        record = _settled(session, record, cloud, report)
        quota.refuse_unless_it_fits(cloud, record.name, spec, place, record)
        if owner == "file":
            checkout.write(session, record, spec)
        with _opened_for_change(session, record.name, record) as stack:
            _up(stack, spec, place, owner, cloud)


def delete(session: Session, name: str, report: Report) -> None:
    """End a bay: what the state knows, what carries its mark, then the state itself."""
    with lock.held(session.settings.lock_file(name), name):
        record = recorded(session, name)  # another run may have ended since the question was asked
        cloud = session.cloud()
        check_cloud(name, record.cloud, cloud)
        with _opened_for_change(session, name, record) as stack:
            _settle(stack, record, cloud, report)
            # A server that the state lost would hold its port and network.
            _take_back_unknown(record, record.ids, cloud, report)
            if record.ids or record.spec is not None:
                stack.unprotect()
                _watched(stack, stack.destroy)
            if record.bay_id:
                leftovers.sweep(cloud, leftovers.find(cloud, name, record.bay_id), report)
            stack.remove()
        passphrase.forget(session.settings, name)


@contextmanager
def _opened_for_change(session: Session, name: str, record: Record | None) -> Iterator[BayStack]:
    new = record is None
    ensure_room(session.settings)
    # A stack that was made but holds nothing may be gone again before its passphrase was ever used.
    engine = session.engine(name, new=new or not record.ids)  # type: ignore[union-attr]
    with opened(engine, name, new=new, salt=record.salt if record else "") as stack:
        yield stack


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


def _settled(session: Session, record: Record, cloud: "Connection", report: Report) -> Record:
    """What the state says once nothing in it or beside it is half-made: only then is known what is still needed."""
    if not (record.pending or record.half_made):
        return record
    with _opened_for_change(session, record.name, record) as stack:
        _settle(stack, record, cloud, report)
        return stack.record()


def _settle(stack: BayStack, record: Record | None, cloud: "Connection", report: Report) -> None:
    """After a run that was cut off or refused: what is not whole is deleted from cloud and state, to be made anew."""
    if record is None or not (record.pending or record.half_made):
        return
    if record.pending:
        report(f"the last run was cut off while it worked on {some(record.pending)}")
    half_made = {node.id for node in never_ran(record, cloud)}
    _take_back_unknown(record, record.ids - half_made, cloud, report)
    deployment = stack.export()
    content: dict[str, Any] = dict(deployment.deployment or {})
    content["resources"] = [r for r in content.get("resources", []) if r.get("id") not in half_made]
    deployment.deployment = content
    stack.import_(deployment)  # drops pending operations too


def _take_back_unknown(record: Record, known: Collection[str], cloud: "Connection", report: Report) -> None:
    """Delete what carries the bay's mark and is not `known`."""
    if record.bay_id:
        leftovers.sweep(cloud, leftovers.find(cloud, record.name, record.bay_id, known), report)


def _up(stack: BayStack, spec: BaySpec, place: Place, owner: Owner, cloud: "Connection") -> None:
    run = partial(program, stack.name, spec, managed_by=owner, place=place)
    try:
        _watched(stack, lambda on_event: stack.up(run, on_event))
    except ServerFault as error:
        raise _named(stack.name, error, cloud) from None


def _named(bay: str, error: ServerFault, cloud: "Connection") -> BayError:
    """The error with Nova's reason in it; the engine knows only that there is one."""
    from bay.components.cloud import explained

    with explained("asking why a server could not be made"):
        server = cloud.compute.find_server(error.server_id)
    reason = (server.fault or {}).get("message") if server else ""
    return from_output(bay, f"  server ({server.name}):\n    error: {reason}") if server and reason else error


def _watched(stack: BayStack, run: Callable[[Any], None]) -> None:
    """Run the engine with progress on stderr; Ctrl-C is kept in order."""
    from bay.cli.output import say

    with Progress() as progress:
        interruptible(stack.engine, lambda: run(progress), say)
