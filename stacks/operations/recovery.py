"""After a run that was cut off: what it was doing is told, then made whole or taken back before anything else."""

import time
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bay.components.errors import BayError
from bay.components.openstack.connection import explained
from bay.components.text import some
from bay.stacks.automation import plugins
from bay.stacks.cloud import cleanup
from bay.stacks.cloud.cleanup import Leftover
from bay.stacks.cloud.discovery import everything
from bay.stacks.cloud.servers import never_ran
from bay.stacks.context import Session
from bay.stacks.operations import adopt
from bay.stacks.operations.adopt import Adopted, Thing
from bay.stacks.runs import opened_for_change
from bay.stacks.stack import BayStack
from bay.stacks.state.snapshot import StateSnapshot, tell

if TYPE_CHECKING:
    from openstack.connection import Connection

Report = Callable[[str], None]

ON_THE_WAY = timedelta(seconds=10)
"""How long the cloud may work on a request before what it makes can be seen; the state is written before each."""

DATA = ("server", "volume")
"""Kinds with which a user's data would go."""


def settled(session: Session, record: StateSnapshot, cloud: "Connection", report: Report) -> StateSnapshot:
    """What the state says once all that was begun is whole or gone: only then is known what is still needed."""
    with opened_for_change(session, record.name, record) as stack:
        # The answer to a request may have been lost while the engine lived: it then believes that nothing was made.
        if not (record.pending or record.failed_servers) and stack.last_run().went_through(record.changed_at):
            return record
        tell(record, report)
        plugins.end(stack.engine.state)
        make_whole(stack, record, cloud, report)
        return stack.record()


def take_back_late(stack: BayStack, cloud: "Connection", report: Report) -> None:
    """After a run that followed a cut-off one: what came later than the search, a second thing of the same name."""
    record = stack.record()
    with explained("looking for what a run left behind"):
        things = list(everything(cloud, record.name, record.bay_id))
    known = {(kind, thing.name) for kind, thing in things if thing.name and thing.id in record.ids}
    late = [(kind, t) for kind, t in things if t.id not in record.ids and (kind, t.name) in known]
    cleanup.sweep(cloud, [Leftover(kind, thing.id, thing.name) for kind, thing in late], report)


def make_whole(stack: BayStack, record: StateSnapshot, cloud: "Connection", report: Report) -> None:
    """Adopt what is whole, delete what is not, and have the engine read again what it was changing."""
    _wait_for_what_is_on_the_way(record)
    unknown = _unknown(record, cloud)
    half_made = {node.id for node in never_ran(record, cloud)}
    if not (unknown or record.pending or any(resource.get("initErrors") for resource in record.resources)):
        return
    deployment = stack.export()
    content: dict[str, Any] = dict(deployment.deployment or {})
    adopted = _adopted(content, cloud, unknown, report)
    known = (record.ids - half_made) | {one.id for one in adopted}
    _refuse_data(record, [(kind, thing) for kind, thing in unknown if thing.id not in known])
    take_back_unknown(record, known, cloud, report)
    clear = adopt.user_data(stack.export(secrets=True).deployment or {}) if adopted else {}
    deployment.deployment = adopt.put_in(content, adopted, half_made, clear)
    stack.import_(deployment)  # drops pending operations too


def _wait_for_what_is_on_the_way(record: StateSnapshot) -> None:
    """A request that was sent just before the end may still make something: too late for a search at once."""
    if record.pending and record.changed_at is not None:
        passed = datetime.now(UTC) - record.changed_at
        time.sleep(max(timedelta(), min(ON_THE_WAY, ON_THE_WAY - passed)).total_seconds())


def _unknown(record: StateSnapshot, cloud: "Connection") -> list[Thing]:
    """What carries the bay's mark and is not in the state."""
    if not record.bay_id:
        return []
    with explained("looking for what a run left behind"):
        return [(k, t) for k, t in everything(cloud, record.name, record.bay_id) if t.id not in record.ids]


def _adopted(content: dict[str, Any], cloud: "Connection", unknown: list[Thing], report: Report) -> list[Adopted]:
    with explained("waiting for what the last run began"):
        adopted = adopt.found(cloud, content, unknown)
    if adopted:
        ids = {one.id for one in adopted}
        report(f"adopting {some([_name(kind, thing) for kind, thing in unknown if thing.id in ids])}")
    return adopted


def settle(stack: BayStack, record: StateSnapshot, report: Report) -> None:
    """Before a bay is deleted: nothing in the state is pending any more; what it does not know is the caller's."""
    if not record.pending:
        return
    tell(record, report)
    plugins.end(stack.engine.state)
    stack.import_(stack.export())  # drops pending operations


def take_back_unknown(record: StateSnapshot, known: Collection[str], cloud: "Connection", report: Report) -> None:
    """Delete what carries the bay's mark and is not `known`."""
    if record.bay_id:
        cleanup.sweep(cloud, cleanup.find(cloud, record.name, record.bay_id, known), report)


def _refuse_data(record: StateSnapshot, unknown: Iterable[Thing]) -> None:
    """A server or volume that no cut-off run explains is not deleted: the state may be an old copy."""
    begun = _begun(record)
    strange = [_name(kind, thing) for kind, thing in unknown if kind in DATA and thing.name not in begun]
    if strange:
        raise BayError(
            f"the cloud has things of bay {record.name} that its state does not know: {some(strange)}",
            "if this state is an old copy, use the newest; else delete them, then run the same command again",
        )


def _begun(record: StateSnapshot) -> set[str]:
    """Names of servers and volumes that a run was asked to make, and that the state does not have."""
    made = {name for kind, name in record.made if kind == "Volume"}
    volumes = {f"{server}-state" for server in record.missing}
    return {*record.missing, *(volumes - made), *(operation.rpartition(" ")[2] for operation in record.pending)}


def _name(kind: str, thing: Any) -> str:
    return str(Leftover(kind, thing.id, thing.name or ""))
