"""`bay wait`: until the engine runs."""

from datetime import timedelta

from bay.cli import options
from bay.cli.console.terminal import say


def wait(
    name: options.Name,
    timeout: options.Timeout = options.MINUTES,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Wait until the engine runs on every server of a bay.

    Example: bay create physics --model swarm --no-wait && bay wait physics
    """
    from bay.cli.session import changing, open_bays

    bays = open_bays(os_cloud, state, os_region_name)
    with changing(bays):
        bays.wait(name, timeout=timedelta(minutes=timeout))
    say(f"bay {name} is ready")
