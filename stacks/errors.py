"""Families of errors of an operation: a caller tells them by class, a person by their message and hint."""

from typing import Any

from bay.components.errors import BayError


class NotFound(BayError):
    """The state holds no bay of this name."""


class AlreadyExists(BayError):
    """There is a bay of this name, here or in another state of the project; or a group of this name in the bay."""


class NoSpec(BayError):
    """A bay is to be changed of which nothing was ever created, if it exists at all."""

    def __init__(self, bay: str) -> None:
        super().__init__(f"bay {bay} has no spec yet; its creation never started", f"'bay create {bay}' creates it")


class Locked(BayError):
    """Another run is changing the bay.

    here: that run is, or was, on this machine. dead: it is no more.
    """

    def __init__(self, message: str, hint: str, *, here: bool = False, dead: bool = False) -> None:
        super().__init__(message, hint)
        self.here = here
        self.dead = dead


class QuotaExceeded(BayError):
    """The project's quotas are too low for what is asked for; what was created is kept. rows: those that are too low,
    where they were compared before (`bay.stacks.plan.types.QuotaUsage`)."""

    def __init__(self, message: str, hint: str, rows: tuple[Any, ...] = ()) -> None:
        super().__init__(message, hint)
        self.rows = rows


class PlanRefused(BayError):
    """The plan holds a risk that nobody allowed, or that nothing allows; nothing was changed."""


class PlanStale(BayError):
    """The bay, its spec or its cloud changed since the plan was saved; nothing was changed."""


class Declined(BayError):
    """Whoever was asked said no; nothing was changed."""


class Protected(BayError):
    """Deleting it is refused: the bay's spec says so, or Pulumi keeps a master, a volume or the identity."""


class Interrupted(BayError):
    """The operation was cancelled by its caller; it can be resumed."""

    def __init__(self) -> None:
        super().__init__(
            "interrupted; resources created so far are kept in the state",
            "run the same command again to resume, or 'bay delete' to remove them",
        )


class NotReady(BayError):
    """A server on which the engine does not come up. console: last lines of its console log."""

    def __init__(self, message: str, hint: str, server: str, console: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint)
        self.server = server
        self.console = console


class StateUnwritable(BayError):
    """The state cannot be written where it is kept."""


class CloudBusy(BayError):
    """The cloud, or what stands before it, turned calls away: the same change goes through later."""


class UntrustedState(BayError):
    """The state has what bay never writes, so somebody else wrote it; nothing in it was run."""


class ServerFault(BayError):
    """Nova accepted a server and could not build it; only Nova knows why."""

    def __init__(self, message: str, hint: str, server_id: str) -> None:
        super().__init__(message, hint)
        self.server_id = server_id


class WrongPassphrase(BayError):
    """The passphrase does not open the secrets of the bay's state."""


class BackupUnusable(BayError):
    """The file is no backup, or damaged, or not this bay's; nothing was changed."""
