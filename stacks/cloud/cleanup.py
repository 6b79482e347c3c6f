"""Deletes resources in the cloud one by one, and waits for what is still in use."""

import logging
import time
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any

from bay.components.errors import BayError
from bay.components.openstack.connection import openstack_errors
from bay.components.text import join_names
from bay.stacks.cancellation import Cancellation
from bay.stacks.cloud.discovery import CloudObject
from bay.stacks.cloud.kinds import kind_named

if TYPE_CHECKING:
    from openstack.connection import Connection

LOG = logging.getLogger(__name__)

Report = Callable[[str, str], None]
"""Told a code and a line for people."""
SHARED_TAG = "tag of load balancer"
"""Kind of what a bay has on a load balancer that it shares: a tag; name: the tag, id: of the load balancer."""


def delete_all(cloud: "Connection", found: Iterable[CloudObject], report: Report, cancel: Cancellation) -> None:
    """Delete these in their order; what is still in use is tried again until its patience is over."""
    waiting = list(found)
    if waiting:
        report("deleting", f"deleting {join_names([str(item) for item in waiting])}")
    since = time.monotonic()
    while waiting:
        with openstack_errors("deleting resources of the bay"):
            refused = {item: reason for item in waiting if (reason := _refusal(cloud, item, report))}
        if len(refused) < len(waiting):
            since = time.monotonic()  # what is still there may have waited for what is gone
        waiting = list(refused)
        if waiting and time.monotonic() - since > max(_patience(item) for item in waiting):
            raise _still_there(refused)
        if waiting:
            cancel.sleep(1)


def _patience(item: CloudObject) -> float:
    return 120.0 if item.kind == SHARED_TAG else kind_named(item.kind).patience


def _still_there(refused: "dict[CloudObject, str]") -> BayError:
    names = join_names([f"{item} ({reason})" for item, reason in refused.items()])
    return BayError(f"not deleted, since something else uses it: {names}", "free it, then delete the bay again")


def _refusal(cloud: "Connection", item: CloudObject, report: Report) -> str:
    """Ask for the resource's end: empty once it is gone, else why it is not yet."""
    from openstack import exceptions

    if item.kind == SHARED_TAG:
        return _untag(cloud, item)
    kind = kind_named(item.kind)
    try:
        LOG.debug("deleting %s (%s)", item, item.id)
        kind.delete(cloud, item.id) if kind.delete else None
    except exceptions.NotFoundException:
        return ""
    except exceptions.ConflictException as error:
        return _words(error)
    except exceptions.BadRequestException as error:
        if kind.is_refused_in_use:
            return _words(error)
        raise
    except exceptions.ForbiddenException:
        if item.kind != "floating IP":
            raise
        # Where addresses are the administrators' to take away, a project gives them free.
        detach_floating_ip(cloud, item.id)
        report("kept", f"{item} stays in the project, detached: this user may delete no floating IPs here")
        return ""
    return "still being deleted" if kind.goes_later else ""


def _words(error: Any) -> str:
    """What the cloud says, on one line."""
    return " ".join(str(error.details or error).split())[:200].rstrip(".")


def _untag(cloud: "Connection", item: CloudObject) -> str:
    """Take a tag off: empty once it is gone, else why not yet, since Octavia changes one thing after the other."""
    from openstack import exceptions

    try:
        shared = cloud.load_balancer.get_load_balancer(item.id)
        cloud.load_balancer.update_load_balancer(shared, tags=[tag for tag in shared.tags if tag != item.name])
    except exceptions.NotFoundException:
        return ""
    except exceptions.ConflictException as error:
        return _words(error)
    return ""


def detach_floating_ip(
    cloud: "Connection", floating_ip_id: str, description: str = "", tags: Collection[str] = ()
) -> None:
    """Take a floating IP off its port, and leave no mark of the bay on it."""
    address = cloud.network.update_ip(floating_ip_id, port_id=None, description=description)
    if set(address.tags or ()) != set(tags):
        cloud.network.set_tags(address, list(tags))
