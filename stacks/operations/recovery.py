"""After an interrupted run: what it was doing is completed or taken back before anything else is done."""

import logging
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from bay.components.errors import BayError
from bay.components.openstack.connection import openstack_errors
from bay.components.text import join_names
from bay.stacks.automation.plugins import end_orphaned_plugins
from bay.stacks.cloud.cleanup import delete_all
from bay.stacks.cloud.discovery import CloudObject, list_owned
from bay.stacks.cloud.kinds import Thing, kind_named
from bay.stacks.cloud.servers import never_launched
from bay.stacks.operations import adopt
from bay.stacks.operations.adopt import AdoptedResource
from bay.stacks.stack import BayStack
from bay.stacks.state.snapshot import StateSnapshot

LOG = logging.getLogger(__name__)

IN_FLIGHT = timedelta(seconds=10)
"""How long the cloud may work on a request before what it creates can be seen; the state is written before each."""


def resume(bay: BayStack) -> bool:
    """Complete or take back what the previous run began: only then is known what is still needed.

    Returns whether that was needed; then `delete_duplicates` is to be called after the change.
    """
    state = bay.state
    # The answer to a request may have been lost while Pulumi lived: it then believes that nothing was created.
    if not (state.interrupted_operations or state.failed_servers) and bay.went_through():
        return False
    LOG.info("%s: looking at what the previous run left", bay.name)
    tell_interrupted(bay)
    end_orphaned_plugins(bay.pulumi.state)
    _reconcile(bay)
    return True


def tell_interrupted(bay: BayStack) -> None:
    """Tell what the previous run was doing when it was interrupted; nothing where it was not."""
    if text := bay.state.interrupted_text:
        bay.notify("resuming", text)


def delete_duplicates(bay: BayStack) -> None:
    """Delete what the interrupted run's last requests created late, and the run after it created a second time."""
    owned, known = _owned(bay), bay.state.ids
    recorded = {(kind, thing.name) for kind, thing in owned if thing.name and thing.id in known}
    _delete(bay, [(kind, t) for kind, t in owned if t.id not in known and (kind, t.name) in recorded])


def clear_pending(content: dict[str, Any]) -> None:
    """Have nothing pending in a deployment any more; what its state does not know is the caller's to find."""
    content.pop("pending_operations", None)


def _reconcile(bay: BayStack) -> None:
    """Adopt what is complete, delete what is not, and have Pulumi read again what it was changing."""
    state = bay.state
    _wait_for_requests_in_flight(bay)
    owned = _owned(bay)
    unknown = [(kind, thing) for kind, thing in owned if thing.id not in state.ids]
    failed = {server.id for server in never_launched(bay.cloud, state)}
    unsure = any(resource.get("initErrors") for resource in state.resources)
    if not (unknown or state.interrupted_operations or unsure):
        return
    with bay.edit() as content:
        adopted = _adopt(bay, content, unknown)
        known = (state.ids - failed) | {one.id for one in adopted}
        left = [(kind, thing) for kind, thing in owned if thing.id not in known]
        _require_explained(state, [(kind, thing) for kind, thing in left if thing.id not in state.ids])
        _delete(bay, left)
        clear = adopt.user_data(bay.secrets()) if adopted else {}
        content["resources"] = adopt.insert_adopted(content, adopted, failed, clear)
        clear_pending(content)


def _wait_for_requests_in_flight(bay: BayStack) -> None:
    """A request that was sent just before the end may still create something: too late for a search at once."""
    state = bay.state
    if state.interrupted_operations and state.changed_at is not None:
        passed = datetime.now(UTC) - state.changed_at
        bay.context.cancel.sleep(max(timedelta(), min(IN_FLIGHT, IN_FLIGHT - passed)).total_seconds())


def _owned(bay: BayStack) -> list[Thing]:
    with openstack_errors("looking for what a run left behind"):
        return list(list_owned(bay.cloud, bay.name, bay.state.bay_id))


def _adopt(bay: BayStack, content: dict[str, Any], unknown: list[Thing]) -> list[AdoptedResource]:
    with openstack_errors("waiting for what the previous run began"):
        adopted = adopt.match_pending(bay.cloud, content, unknown)
    if adopted:
        ids = {one.id for one in adopted}
        names = join_names([str(CloudObject.of(thing)) for thing in unknown if thing[1].id in ids])
        bay.notify("adopting", f"adopting {names}")
    return adopted


def _delete(bay: BayStack, things: Iterable[Thing]) -> None:
    delete_all(bay.cloud, [CloudObject.of(thing) for thing in things], bay.notify, bay.context.cancel)


def _require_explained(state: StateSnapshot, unknown: Iterable[Thing]) -> None:
    """A server or volume that no interrupted run explains is not deleted: the state may be an old copy."""
    begun = _begun(state)
    strange = [
        str(CloudObject.of((kind, thing)))
        for kind, thing in unknown
        if kind_named(kind).holds_data and thing.name not in begun
    ]
    if strange:
        raise BayError(
            f"found resources tagged for bay {state.name} that are not in its state: {join_names(strange)}",
            "if this state is an old copy, use the newest; else delete them, then run the same command again",
        )


def _begun(state: StateSnapshot) -> Collection[str]:
    """Names of servers and volumes that a run was asked to create, and that the state does not have."""
    created = {name for kind, name in state.created if kind == "Volume"}
    volumes = {f"{server}-state" for server in state.missing_servers}
    pending = (operation.rpartition(" ")[2] for operation in state.interrupted_operations)
    return {*state.missing_servers, *(volumes - created), *pending}
