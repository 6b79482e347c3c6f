"""A stack opened for a change, and the engine's run on it, with progress and an orderly Ctrl-C."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bay.cli.console.output import say
from bay.cli.console.progress import Progress
from bay.components.spec import check_name
from bay.stacks.context import Session, interruptible
from bay.stacks.settings import ensure_room
from bay.stacks.stack import BayStack, opened
from bay.stacks.state.disk import watched_room
from bay.stacks.state.snapshot import StateSnapshot


@contextmanager
def opened_for_change(session: Session, name: str, record: StateSnapshot | None) -> Iterator[BayStack]:
    """The stack of a bay, made where there is no record of it; refused where the disk has no room for its state."""
    new = record is None
    ensure_room(session.settings)
    # A stack that was made but holds nothing may be gone again before its passphrase was ever used.
    engine = session.engine(name, new=new or not record.ids)  # type: ignore[union-attr]
    with opened(engine, name, new=new, salt=record.salt if record else "") as stack:
        yield stack


def watched(stack: BayStack, run: Callable[[Any], None]) -> None:
    """Run the engine with progress on stderr; Ctrl-C is kept in order, and a disk that fills up stops it."""
    with Progress() as progress, watched_room(stack.engine):
        interruptible(stack.engine, lambda: run(progress), say)


def recorded(session: Session, name: str) -> StateSnapshot:
    """What the state says of a bay; NoSuchBay where it has none of this name."""
    check_name(name)
    with opened(session.engine(name), name) as stack:
        return stack.record()
