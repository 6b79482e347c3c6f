"""What all operations of one caller share: settings, one login, one connection, one Pulumi, and who listens."""

import copy
import logging
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from bay import toolchain
from bay.components.errors import BayError
from bay.components.openstack.login import Login
from bay.stacks.automation.process import PulumiProcess
from bay.stacks.cancellation import Cancellation
from bay.stacks.child_environment import child_environment, loopback_exemption
from bay.stacks.cloud.kind_lists import ProjectLists
from bay.stacks.events import Event, Listener, Notice, ignore
from bay.stacks.login import ResolvedLogin, write_login
from bay.stacks.settings import Settings
from bay.stacks.state.disk import require_writable
from bay.stacks.state.vault import Vault
from bay.toolchain import providers

if TYPE_CHECKING:
    from openstack.config.cloud_region import CloudRegion
    from openstack.connection import Connection

LOG = logging.getLogger(__name__)

KEPT = 30.0
"""Seconds for which questions about many bays share an answer: a change in that time may be seen by the next look."""

PULUMI_SETTINGS = {
    "PULUMI_SKIP_UPDATE_CHECK": "true",
    # Resource hooks are part of the program; a destroy without them would skip draining.
    "PULUMI_RUN_PROGRAM": "true",
}


class Context:
    """May be shared by threads: the connection is made once, and openstacksdk's sessions are thread-safe.

    checkout: folder of a checkout whose files may manage bays. project: of a program of a user's own, which declares
    the bays; empty for the bays of bay's own commands. lists: of the project, where they are shared.
    vault: passphrases of Barbican's that were read.
    parallel: Pulumi's operations in flight; None: by the size of the bay.
    """

    def __init__(
        self,
        settings: Settings,
        login: Login,
        listen: Listener = ignore,
        cancel: Cancellation | None = None,
        checkout: Path | None = None,
        project: str = "",
        parallel: int | None = None,
    ) -> None:
        self.settings = settings
        self.login = login
        self.listen = listen
        self.cancel = cancel or Cancellation()
        self.checkout = checkout
        self.project = project
        self.parallel = parallel
        self.lists: ProjectLists | None = None
        self.vault = Vault()
        self._connecting = Lock()

    def beside(self, cancel: Cancellation, listen: Listener | None = None) -> "Context":
        """The same login, connection and Pulumi for one more operation, which is ended by a `cancel` of its own."""
        other = copy.copy(self)
        other.cancel, other.listen = cancel, listen or self.listen
        return other

    def at(self, state: str) -> "Context":
        """The same login and Pulumi for another state."""
        other = copy.copy(self)
        other.settings = replace(self.settings, state=state)
        return other

    def share_answers(self) -> None:
        """From now on, what the cloud answers is kept for some seconds, for questions about many bays: they ask for
        the same flavors, images, networks, quotas and lists. Not for changes, which have to see what they did."""
        from bay.components.openstack.shared_answers import share_answers

        self.lists = ProjectLists(KEPT)
        share_answers(self.cloud, KEPT)
        _ = self.resolved_login, self._toolchain  # so that contexts beside this one have them too

    @property
    def cloud(self) -> "Connection":
        """The connection to the cloud; nothing is sent before it is used, and then there is one token for all."""
        with self._connecting:
            return self._connection

    @cached_property
    def _connection(self) -> "Connection":
        from bay.components.openstack.listed import LeanConnection

        return LeanConnection(config=self._region)

    @cached_property
    def _region(self) -> "CloudRegion":
        from bay.components.openstack.connection import resolve_login

        return resolve_login(self.login)

    @property
    def resolved_login(self) -> ResolvedLogin:
        """The login in a private file, for child processes."""
        with self._connecting:
            return self._resolved_login

    @cached_property
    def _resolved_login(self) -> ResolvedLogin:
        return write_login(self._region, self.settings.data / "clouds", self.settings.environment)

    @cached_property
    def _toolchain(self) -> toolchain.Toolchain:
        found = toolchain.find(self.settings.cache, self.settings.path)
        if found is None:
            raise BayError("Pulumi is not there", "'bay doctor --build' builds it; 'bay doctor' says what is missing")
        LOG.debug("Pulumi %s at %s", found.version, found.root)
        return found

    def pulumi(self, state: str = "") -> PulumiProcess:
        """A Pulumi that works on the caller's state, or on another; it has no passphrase and no login yet."""
        require_writable(self.settings)
        program = str(self._toolchain.root / "bin" / "pulumi")
        inherited = {**self._memory(), **child_environment(self.settings.environment)}
        environment = {**inherited, **self.pulumi_environment(state), providers.SETTING: ""}
        return PulumiProcess(program, self._toolchain.version, environment, self.cancel, self._notice_repair)

    def _memory(self) -> dict[str, str]:
        """Garbage is collected less often, which saves a quarter of Pulumi's and its plugin's processor time. Not where
        each step writes the whole state: such a Pulumi grows by what it writes (docs/decisions/0056)."""
        return {"GOGC": "400"} if self._toolchain.origin == "built" else {}

    def pulumi_environment(self, state: str = "") -> dict[str, str]:
        """What Pulumi needs beside what every process starts with."""
        return {
            **self._toolchain.environment(),
            **loopback_exemption(self.settings.environment),
            **PULUMI_SETTINGS,
            "PULUMI_BACKEND_URL": state or self.settings.state,
        }

    def notify(self, bay: str, code: str, text: str) -> None:
        """Tell whoever listens, and the log."""
        LOG.info("%s: %s", bay or "bay", text)
        self.tell(Notice(bay, code, text))

    def tell(self, event: Event) -> None:
        """Hand an event to whoever listens."""
        self.listen(event)

    def _notice_repair(self, stacks: list[str]) -> None:
        for name in stacks:
            text = f"the state of bay {name} was truncated by a full disk; Pulumi's copy of a step before replaces it"
            self.notify(name, "state-repaired", text)
