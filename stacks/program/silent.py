"""A program that keeps its debug messages to itself."""

from collections.abc import Iterator
from contextlib import contextmanager

from pulumi import log


@contextmanager
def silent() -> Iterator[None]:
    """While this lasts, the SDK tells the engine nothing that only `pulumi --debug` would show.

    It tells three steps of each resource, by calls that stop the whole program until they are answered: an eighth
    of the time of a plan of 1000 nodes (docs/speed.md). `bay` has no such option; under `pulumi up` the messages stay.
    """
    tell = log.debug
    log.debug = _keep
    try:
        yield
    finally:
        log.debug = tell


def _keep(*_: object, **__: object) -> None:
    """In the place of `pulumi.log.debug`."""
