"""What a command works with: the user's bays, with progress at the terminal and Ctrl-C in order."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bay.cli import environment
from bay.cli.console.progress import Progress
from bay.cli.signals import cancelled_by_interrupt
from bay.stacks.bays import Bays
from bay.stacks.files.stack_file import find_checkout


def open_bays(
    os_cloud: str | None = None,
    state: str | None = None,
    os_region_name: str | None = None,
    *,
    project: str | None = None,
    parallel: int | None = None,
    secrets: str | None = None,
) -> Bays:
    """The bays of --state with the login of --os-cloud and --os-region-name; nothing is asked yet.

    project: of a program of the user's own that declares them. parallel: as `Bays` has it. secrets: where
    the passphrase of a new bay is kept.
    """
    settings = environment.settings(state, secrets)
    login = environment.login(settings, os_cloud, os_region_name)
    checkout = find_checkout(Path.cwd())
    return Bays(settings, login, listen=Progress(), checkout=checkout, project=project or "", parallel=parallel)


def open_bay(
    name: str,
    os_cloud: str | None = None,
    state: str | None = None,
    os_region_name: str | None = None,
    *,
    project: str | None = None,
) -> Bays:
    """The same for one bay that needs no cloud: where one is named all the same, it has to be the bay's own."""
    bays = open_bays(os_cloud, state, os_region_name, project=project)
    if os_cloud is not None or os_region_name is not None:
        bays.require_own(name)
    return bays


@contextmanager
def changing(bays: Bays) -> Iterator[None]:
    """While this lasts, Ctrl-C ends the operation in order."""
    with cancelled_by_interrupt(bays.context.cancel):
        yield


def model_folders(bays: Bays, named: Path | None = None) -> list[Path]:
    """Folders of models beside the built-in ones, lowest first: the user's own, then the one of --models."""
    return [folder for folder in (bays.context.settings.models, named) if folder]
