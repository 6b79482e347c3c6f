"""`bay cancel`: the lock of a run that is no more."""

from bay.cli import options
from bay.cli.console.terminal import say


def cancel(name: options.Name, state: options.State = None) -> None:
    """Take away the lock of a run that is no more.

    Example: bay cancel physics
    """
    from bay.cli.session import open_bays

    open_bays(state=state).unlock(name)
    say(f"bay {name} is unlocked; 'bay show {name}' says what there is")
