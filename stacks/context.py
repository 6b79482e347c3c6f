"""One run of `bay`: its settings, the engine for a bay, the cloud."""

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bay.components.errors import BayError
from bay.stacks import settings
from bay.stacks.settings import Settings
from bay.stacks.state import passphrase

if TYPE_CHECKING:
    from pathlib import Path

    from openstack.connection import Connection

    from bay.stacks.automation.process import Engine
    from bay.stacks.stack import BayStack

ENGINE_SETTINGS = {
    "PULUMI_SKIP_UPDATE_CHECK": "true",
    # Resource hooks are part of the program; a destroy without them would skip draining.
    "PULUMI_RUN_PROGRAM": "true",
}


class Session:
    """Settings first; engine and cloud are made when a command asks for them."""

    def __init__(self, cloud: str | None = None, state: str | None = None) -> None:
        self.settings: Settings = settings.here(cloud, state)
        self.unset = settings.leftover_variables()
        self.pinned = settings.pin_cloud(self.settings)

    def engine(self, bay: str, *, new: bool = False, state: str = "") -> "Engine":
        """The Pulumi engine with what it needs for one bay (empty name: for reading the state only)."""
        from bay import toolchain
        from bay.stacks.automation.process import Engine

        settings.ensure_local_state(self.settings)
        found = toolchain.find(self.settings.cache, self.settings.path)
        if found is None:
            raise BayError(
                "the Pulumi engine is not there", "bay doctor --build makes it; 'bay doctor' says what is missing"
            )
        secrets = passphrase.environment(self.settings, bay, new=new) if bay else {}
        environment = {
            **found.environment(),
            **ENGINE_SETTINGS,
            **secrets,
            "PULUMI_BACKEND_URL": state or self.settings.state,
        }
        return Engine(str(found.root / "bin" / "pulumi"), found.version, environment)

    def model_folders(self, named: "Path | None" = None) -> "list[Path]":
        """Folders of models beside the built-in ones, lowest first: the user's own, then the one of --models."""
        return [folder for folder in (self.settings.models, named) if folder]

    def cloud(self) -> "Connection":
        """A connection to the pinned cloud."""
        from bay.components.openstack.connection import connect

        return connect(self.settings.cloud or self.pinned.get("OS_CLOUD"))

    @contextmanager
    def existing(self, bay: str, salt: str = "") -> "Iterator[BayStack]":
        """The stack of a bay that is there."""
        from bay.stacks.stack import opened

        with opened(self.engine(bay), bay, salt=salt) as stack:
            yield stack


def check_cloud(bay: str, recorded: Mapping[str, str], cloud: "Connection") -> None:
    """A bay is only touched with a login of its own cloud and project: a foreign one would lose it."""
    from bay.components.openstack.connection import explained
    from bay.components.openstack.login import login_of, refuse_another_cloud

    with explained("checking the login"):
        current = login_of(cloud)
    if recorded:
        refuse_another_cloud(bay, recorded, current)


def interruptible(engine: "Engine", run: Callable[[], None], report: Callable[[str], None]) -> None:
    """Run to the end; Ctrl-C stops the engine in order, a second one at once, and Interrupted says how to go on."""
    from bay.stacks.automation.errors import Interrupted

    interrupts = 0

    def stop(_signal: int, _frame: object) -> None:
        nonlocal interrupts
        interrupts += 1
        if interrupts == 1:
            report("stopping: waiting for what is in flight; Ctrl-C again stops at once")
            engine.interrupt()
        else:
            report("stopping at once")
            engine.kill()

    before = signal.signal(signal.SIGINT, stop)
    try:
        run()
    except Exception:
        if not interrupts:
            raise
    finally:
        signal.signal(signal.SIGINT, before)
    if interrupts:  # also where the engine says that all went well: it does so of a destroy that it stopped
        raise Interrupted()
