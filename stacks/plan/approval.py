"""What one run of the engine may take away."""

from dataclasses import dataclass

from bay.components.disruption import HARD

DECIDED_HERE = ("batch", HARD)
"""Losses that the program lets through for `bay`, which names them all in its plan and asks."""


@dataclass(frozen=True)
class Leave:
    """kinds: losses that the program lets through. unprotected: URNs of what is to go though it is protected."""

    kinds: tuple[str, ...] = DECIDED_HERE
    unprotected: tuple[str, ...] = ()


ASKED = Leave()
"""Nothing that is protected."""
