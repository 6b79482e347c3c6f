"""What a rebuild does with the only master of a bay: decided here for the rebuild, and for plans that tell of it."""

from collections.abc import Collection
from typing import Literal

from bay.components.spec import BaySpec

FLAVOR, VOLUMES = "flavor", "volumes"
"""Words for in what a server is outdated, of those in `bay.stacks.operations.outdated.REASONS`."""


def is_on_volume(spec: BaySpec, reasons: Collection[str]) -> bool:
    """Whether a master's control-plane data is on a volume that outlives it: not so where it was created without."""
    return spec.masters.state_volume is not None and VOLUMES not in reasons


def fate_of_master(spec: BaySpec, reasons: Collection[str]) -> Literal["replace", "resize", "leave"]:
    """What becomes of a master that is outdated in these, unless its data may go.

    The only one stays where its disk has the control-plane data; a flavor alone costs it a restart.
    """
    if len(spec.masters.indices) > 1 or is_on_volume(spec, reasons):
        return "replace"
    return "resize" if set(reasons) == {FLAVOR} else "leave"
