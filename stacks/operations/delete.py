"""The end of a bay: its servers, what its engine made, what the state knows, what carries its mark, the state."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from bay.components.errors import BayError
from bay.stacks.automation.errors import Interrupted, Locked
from bay.stacks.cloud import cleanup, controller_resources
from bay.stacks.cloud.cleanup import Leftover
from bay.stacks.context import Session, check_cloud
from bay.stacks.operations import retain
from bay.stacks.operations.delete_plan import refuse, signs_of, survey
from bay.stacks.operations.protection import refuse_protected
from bay.stacks.operations.recovery import settle, take_back_unknown
from bay.stacks.operations.retain import Keep
from bay.stacks.operations.unprotect import release
from bay.stacks.runs import opened_for_change, recorded, watched
from bay.stacks.stack import BayStack
from bay.stacks.state import lock, passphrase
from bay.stacks.state.snapshot import INSTANCE_TYPE, StateSnapshot

if TYPE_CHECKING:
    from openstack.connection import Connection

Report = Callable[[str], None]

LOGIN_TYPE = "openstack:identity/applicationCredential:ApplicationCredential"


def delete(session: Session, name: str, report: Report, keep: Keep | None = None) -> None:
    """Delete a bay; run again, it goes on where it was cut off."""
    with lock.held(session.settings.lock_file(name), name):
        record = recorded(session, name)  # another run may have ended since the question was asked
        refuse_protected(record)
        cloud = session.cloud()
        check_cloud(name, record.cloud, cloud)
        with opened_for_change(session, name, record) as stack:
            settle(stack, record, report)
            # What a cut-off run made, and a server that the state lost, which would hold its port and network.
            take_back_unknown(record, record.ids, cloud, report)
            _End(stack, record, cloud, keep or Keep(), report).run()
            stack.remove()
        passphrase.forget(session.settings, name)


class _End:
    """One bay's end, in an order in which nothing comes back: controllers, then what they made, then the rest."""

    def __init__(self, stack: BayStack, record: StateSnapshot, cloud: "Connection", keep: Keep, report: Report) -> None:
        self.stack, self.record, self.cloud, self.keep, self.report = stack, record, cloud, keep, report

    def run(self) -> None:
        """To the end; whatever is half-done is found by the next run."""
        if self.record.ids or self.record.spec is not None:
            release(self.stack)
            if self.keep.floating_ips:
                self._keep_addresses()
            self._silence_engine()
            self._take_engine_made()  # the network would wait for it
            self._destroy()
        self._take_engine_made()
        if self.record.bay_id:
            cleanup.sweep(self.cloud, self._marked(), self.report)

    def _silence_engine(self) -> None:
        """Delete the servers, and the login with which controllers on them could make things anew."""
        if not signs_of(self.record):
            return
        resources = (self.stack.export().deployment or {}).get("resources", [])
        login = [resource["urn"] for resource in resources if resource["type"] == LOGIN_TYPE]
        servers = [resource["urn"] for resource in resources if resource["type"] == INSTANCE_TYPE]
        if (login or self._engine_made()) and (login or servers):
            watched(self.stack, partial(self.stack.destroy, targets=[*login, *servers]))

    def _take_engine_made(self) -> bool:
        """Delete or keep all of it, until nothing more comes; whether there was any."""
        took = False
        while found := self._engine_made():
            took = True
            kept = [item for item in found if self.keep.holds(item.kind)]
            for item in kept:
                retain.unmark(self.cloud, item, self.record.name, self.record.bay_id)
                self.report(f"kept: {item}{f', {item.size}' if item.size else ''}")
            cleanup.sweep(self.cloud, [item for item in found if item not in kept], self.report)
        return took

    def _engine_made(self) -> list[Leftover]:
        found = controller_resources.signed(self.cloud, signs_of(self.record), self.record.bay_id)
        return controller_resources.leftovers(found)

    def _marked(self) -> list[Leftover]:
        return cleanup.find(self.cloud, self.record.name, self.record.bay_id)

    def _keep_addresses(self) -> None:
        addresses = [item for item in self._marked() if item.kind == "floating IP"]
        retain.keep_addresses(self.stack, self.cloud, addresses, self.record.name, self.record.bay_id, self.report)

    def _destroy(self) -> None:
        """Once more where what stopped it could be taken away; else what is in the way is named."""
        try:
            watched(self.stack, self.stack.destroy)
            return
        except (Interrupted, Locked):
            raise
        except BayError:
            if not (self._take_engine_made() or self._give_up_addresses()):
                self._name_obstacles()
                raise
        try:
            watched(self.stack, self.stack.destroy)
        except (Interrupted, Locked):
            raise
        except BayError:
            self._name_obstacles()
            raise

    def _give_up_addresses(self) -> bool:
        """Where the cloud lets no member delete floating IPs, they are released; whether there was any."""
        addresses = [item for item in self._marked() if item.kind == "floating IP"]
        if addresses:
            cleanup.sweep(self.cloud, addresses, self.report)
            retain.retain_addresses(self.stack)
        return bool(addresses)

    def _name_obstacles(self) -> None:
        refuse(self.record.name, survey(self.cloud, self.record, self.keep, strangers=True))
