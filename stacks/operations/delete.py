"""The end of a bay: its servers, what its engine created, what the state knows, what carries its mark, the state."""

import logging
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from bay.components.errors import BayError
from bay.stacks.approval import Approve
from bay.stacks.automation.plugins import end_orphaned_plugins
from bay.stacks.cloud.additions import ownership_rules
from bay.stacks.cloud.cleanup import delete_all
from bay.stacks.cloud.controller_resources import deletable, list_controller_resources
from bay.stacks.cloud.discovery import CloudObject, list_unrecorded
from bay.stacks.cloud.kinds import kind_named
from bay.stacks.errors import Interrupted, Locked, Protected
from bay.stacks.operations.delete_plan import DeletePlan, plan_delete
from bay.stacks.operations.patience import run_patiently
from bay.stacks.operations.recovery import clear_pending, tell_interrupted
from bay.stacks.operations.retain import Keep, remove_ownership
from bay.stacks.stack import BayStack
from bay.stacks.state import passphrase
from bay.stacks.state.snapshot import INSTANCE_TYPE, StateSnapshot

LOG = logging.getLogger(__name__)

CREDENTIAL_TYPE = kind_named("application credential").token
FLOATING_IP_TYPE = kind_named("floating IP").token


def delete(bay: BayStack, keep: Keep, approve: Approve) -> None:
    """Delete a bay; run again, it resumes. approve: called with the plan, or raises; what it has seen is deleted."""
    require_unprotected(bay.state)
    _ = bay.cloud  # a foreign login is refused before anything is looked at
    plan = plan_delete(bay, keep)
    plan.require_no_blockers()
    approve(plan)
    owner = bay.state.managed_by
    tell_interrupted(bay)
    if bay.state.interrupted_operations:
        end_orphaned_plugins(bay.pulumi.state)
    salt = bay.salt
    _Deletion(bay, keep, plan).run()
    if not bay.state.ids:  # else Pulumi says what is left, and the passphrase is needed
        bay.passphrase.forget(salt)
    bay.remove()
    passphrase.forget(bay.context.settings, bay.name)
    if owner == "file":
        text = f"the file stacks/Pulumi.{bay.name}.yaml of its checkout stays, and would create the bay again"
        bay.notify("file-stays", f"{text}: git rm stacks/Pulumi.{bay.name}.yaml")


def require_unprotected(state: StateSnapshot) -> None:
    """Protected where the bay's spec says so; that of the state counts, not a file that was not applied."""
    if state.spec is not None and state.spec.protected:
        raise Protected(
            f"bay {state.name} is protected from being deleted",
            f"lift that first: bay update {state.name} --set protected=false",
        )


def prepare_destroy(content: dict[str, Any], *, keep_floating_ips: bool) -> None:
    """Make a deployment ready for its end, in place: nothing is pending, protected, or shut down first.

    The end of all of it was approved; the work of a node has nowhere to move, so its shutdown would be waited for in
    vain. Floating IPs that are kept are forgotten without being deleted.
    """
    clear_pending(content)
    for resource in content.get("resources", []):
        resource.pop("protect", None)
        for properties in (resource.get("inputs") or {}, resource.get("outputs") or {}):
            if "stopBeforeDestroy" in properties:
                properties["stopBeforeDestroy"] = False
    if keep_floating_ips:
        retain_floating_ips(content)


def retain_floating_ips(content: dict[str, Any]) -> None:
    """Have Pulumi forget the bay's floating IPs when it deletes the bay, without deleting them; in place."""
    for resource in content.get("resources", []):
        if resource["type"] == FLOATING_IP_TYPE:
            resource["retainOnDelete"] = True


class _Deletion:
    """In an order in which nothing comes back: controllers, then what they created, then the rest."""

    def __init__(self, bay: BayStack, keep: Keep, plan: DeletePlan) -> None:
        self.bay, self.keep, self.plan = bay, keep, plan
        self.before = bay.state  # what it was before its resources leave it one after the other

    def run(self) -> None:
        """To the end; whatever is half done is found by the next run."""
        # What an interrupted run created, and a server that the state lost, which would hold its port and network.
        self._delete_all(item for item in self.plan.unrecorded if not self._is_kept_address(item))
        if self.before.ids or self.before.spec is not None or self.before.interrupted_operations:
            with self.bay.edit() as content:
                prepare_destroy(content, keep_floating_ips=self.keep.floating_ips)
            if self.keep.floating_ips:
                self._keep(self.plan.floating_ips)
            self._silence_controllers()
            self._take_controller_resources()  # the network would wait for it
            self._destroy()
        self._take_controller_resources()
        self._delete_all(self._late())

    def _is_kept_address(self, item: CloudObject) -> bool:
        return self.keep.floating_ips and item.kind == "floating IP"

    def _silence_controllers(self) -> None:
        """Delete the servers, and the login with which controllers on them could create resources again."""
        if not ownership_rules(self.before):
            return
        credentials = [r["urn"] for r in self.before.resources if r["type"] == CREDENTIAL_TYPE]
        servers = [r["urn"] for r in self.before.resources if r["type"] == INSTANCE_TYPE]
        if (credentials or self._controller_resources()) and (credentials or servers):
            self.bay.destroy([*credentials, *servers])

    def _take_controller_resources(self) -> bool:
        """Delete or keep all of it, until nothing more comes; whether there was any."""
        took = False
        while found := self._controller_resources():
            took = True
            kept = [item for item in found if self.keep.holds(item.kind)]
            self._keep(kept)
            self._delete_all(item for item in found if item not in kept)
        return took

    def _controller_resources(self) -> Sequence[CloudObject]:
        rules = ownership_rules(self.before)
        return deletable(list_controller_resources(self.bay.cloud, rules, self.before.bay_id)) if rules else []

    def _unrecorded(self, types: Collection[str]) -> list[CloudObject]:
        return list_unrecorded(self.bay.cloud, self.bay.name, self.before.bay_id, types=types)

    def _late(self) -> list[CloudObject]:
        """What requests of an interrupted run, which were in flight at its end, have created since the plan."""
        types = {operation.split()[1] for operation in self.before.interrupted_operations}
        return self._unrecorded(types) if types else []

    def _keep(self, items: Iterable[CloudObject]) -> None:
        for item in items:
            remove_ownership(self.bay.cloud, item, self.bay.name, self.before.bay_id)
            self.bay.notify("kept", f"kept: {item}{f', {item.size}' if item.size else ''}")

    def _delete_all(self, items: Iterable[CloudObject]) -> None:
        delete_all(self.bay.cloud, items, self.bay.notify, self.bay.context.cancel)

    def _destroy(self) -> None:
        """Once more where what stopped it could be taken away; else what blocks it is named."""
        try:
            run_patiently(self.bay, self.bay.destroy)
            return
        except (Interrupted, Locked):
            raise
        except BayError as error:
            LOG.info("%s: deleting failed: %s", self.bay.name, error.message)
            if not (self._take_controller_resources() or self._give_up_floating_ips()):
                self._require_no_blockers()
                raise
        try:
            self.bay.destroy()
        except (Interrupted, Locked):
            raise
        except BayError:
            self._require_no_blockers()
            raise

    def _give_up_floating_ips(self) -> bool:
        """Where the cloud lets no member delete floating IPs, they are detached; whether there was any."""
        addresses = self._unrecorded({"FloatingIp"})
        if addresses:
            self._delete_all(addresses)
            with self.bay.edit() as content:
                retain_floating_ips(content)
        return bool(addresses)

    def _require_no_blockers(self) -> None:
        plan_delete(self.bay, self.keep, strangers=True).require_no_blockers()
