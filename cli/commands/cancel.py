"""`bay cancel`: the lock of a dead run."""

from bay.cli import options
from bay.cli.console.terminal import say


def cancel(
    name: options.Name,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Remove the lock that a dead run left behind.

    Example: bay cancel physics
    """
    from bay.cli.session import open_bay

    open_bay(name, os_cloud, state, os_region_name).unlock(name)
    say(f"bay {name} is unlocked; 'bay show {name}' shows its status")
