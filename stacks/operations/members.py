"""Changes the number of masters of a running bay: one after another joins, or leaves before its server is deleted."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from bay.components.engines.members import Members, Refused
from bay.components.errors import BayError
from bay.stacks.cloud.servers import launched_since
from bay.stacks.cluster.members import PAUSE, MemberChange, MembersApi, members_of, open_members_api
from bay.stacks.cluster.readiness import HOUR
from bay.stacks.errors import NotReady
from bay.stacks.events import BatchStarted
from bay.stacks.operations.rollout import Rollout
from bay.stacks.stack import BayStack
from bay.stacks.state.snapshot import in_cloud

PATIENCE = timedelta(minutes=10)
"""For one master to leave."""

Up = Callable[[Sequence[str]], None]
"""One run of Pulumi, without the resources of these URNs, which stay as they are."""


def wait_for_earlier_masters(bay: BayStack, change: MemberChange) -> None:
    """An interrupted change may have left a master that still boots: it is no ill one."""
    if change.joining:
        masters = {one.name for one in bay.state.servers if one.role == "master"}
        young = launched_since(bay.cloud, bay.state, datetime.now(UTC) - HOUR) & masters
        if young:
            Rollout(bay, until_healthy=True).wait(sorted(young), is_last=False)


def change_members(bay: BayStack, change: MemberChange, up: Up) -> None:
    """Everything else of the change comes with the first step.

    Stops with the error of the first master that does not come, or does not leave; the bay serves with the others, and
    the same again resumes. The last one that joins is waited for by the caller, as other new servers are.
    """
    _MemberChange(bay, change, up).run()


class _MemberChange:
    def __init__(self, bay: BayStack, change: MemberChange, up: Up) -> None:
        self.bay, self.change, self.up = bay, change, up
        self.steps = len(change.joining) + len(change.leaving)

    def run(self) -> None:
        for number, name in enumerate(self.change.joining, 1):
            self._tell(number, name)
            self._join(name, self.change.joining[number:])
        for number, name in enumerate(self.change.leaving, 1):
            self._tell(len(self.change.joining) + number, name)
            self._leave(name, self.change.leaving[number:])

    def _tell(self, number: int, name: str) -> None:
        self.bay.context.tell(BatchStarted(self.bay.name, number, self.steps, (name,)))

    def _join(self, name: str, later: Sequence[str]) -> None:
        kept = [urn for leaving in self.change.leaving for urn in urns_of(self.bay, leaving)]
        self.up([*(self._urn_of_new(one) for one in later), *kept])
        Rollout(self.bay, wait_for_last=False, until_healthy=True).wait(
            [name], is_last=not (later or self.change.leaving)
        )

    def _urn_of_new(self, name: str) -> str:
        """As Pulumi will name it: like the masters that are there."""
        known = next(one.urn for one in self.bay.state.servers if one.role == "master" and one.urn)
        return f"{known.rpartition('::')[0]}::{name}"

    def _leave(self, name: str, later: Sequence[str]) -> None:
        members, api = self._members()
        if members:
            self._repeat(name, lambda: members.demote(api, name))
            _said(lambda: members.forget(api, name))  # at once where it still may be asked
        own = urns_of(self.bay, name)
        protected = {str(one["urn"]) for one in self.bay.state.resources if one.get("protect")}
        if due := [urn for urn in own if urn in protected]:
            self.bay.unprotect(*due)
        self.up([urn for one in later for urn in urns_of(self.bay, one)])
        if members:
            self._repeat(name, lambda: members.forget(api, name))

    def _members(self) -> tuple[Members | None, MembersApi]:
        api = open_members_api(self.bay)
        if isinstance(api, str):
            raise BayError(
                f"bay {self.bay.name}: masters leave by the engine's API: {api}",
                "every master that is there still serves; the same command resumes",
            )
        return members_of(self.bay.state.require_spec().coe), api

    def _repeat(self, name: str, step: Callable[[], str]) -> None:
        """NotReady where it is not through after so long."""
        deadline, told = time.monotonic() + PATIENCE.total_seconds(), ""
        while waits := _said(step):
            if waits != told:
                self.bay.notify("leaving", f"{name} leaves: {waits}")
            told = waits
            if time.monotonic() > deadline:
                raise NotReady(
                    f"{name} has not left after {PATIENCE.total_seconds() / 60:g} minutes: {waits}",
                    "nothing else is changed; the same command resumes",
                    name,
                )
            self.bay.context.cancel.sleep(PAUSE)


def _said(step: Callable[[], str]) -> str:
    try:
        return step()
    except Refused as error:  # the API moves as a master goes
        return str(error)


def urns_of(bay: BayStack, name: str) -> list[str]:
    """A master, and what is its own: port, floating IP, volumes."""

    def is_own(urn: str) -> bool:
        own = urn.rpartition("::")[2]
        return own == name or own.startswith(f"{name}-")

    return [str(one["urn"]) for one in bay.state.resources if in_cloud(one) and is_own(str(one["urn"]))]
