"""Rotates a secret of a bay: the new one is in use everywhere, then the old one is dropped, and tried in vain."""

from bay.stacks.approval import Approve
from bay.stacks.operations import rotate_passphrase
from bay.stacks.operations.rotation import RotateRequest, Rotation
from bay.stacks.stack import BayStack


def make_plan(bay: BayStack, request: RotateRequest) -> Rotation:
    """What a rotation would do; BayError where it cannot be done."""
    return rotate_passphrase.make_plan(bay, request)


def rotate(bay: BayStack, request: RotateRequest, approve: Approve) -> Rotation:
    """Rotate; what an interrupted rotation of the same kind has begun is finished."""
    return rotate_passphrase.rotate(bay, request, approve)
