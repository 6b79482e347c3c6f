"""Rotates a secret of a bay: the new one is in use everywhere, then the old one is dropped, and tried in vain."""

from collections.abc import Callable, Mapping

from bay.stacks.approval import Approve
from bay.stacks.operations import rotate_cloud_credential, rotate_passphrase
from bay.stacks.operations.rotation import RotateRequest, Rotation, What
from bay.stacks.stack import BayStack

Plan = Callable[[BayStack, RotateRequest], Rotation]
Rotate = Callable[[BayStack, RotateRequest, Approve], Rotation]
KINDS: Mapping[What, tuple[Plan, Rotate]] = {
    "passphrase": (rotate_passphrase.make_plan, rotate_passphrase.rotate),
    "cloud-credential": (rotate_cloud_credential.make_plan, rotate_cloud_credential.rotate),
}
"""What is rotated -> how that is planned, and done."""


def make_plan(bay: BayStack, request: RotateRequest) -> Rotation:
    """What a rotation would do; BayError where it cannot be done."""
    return KINDS[request.what][0](bay, request)


def rotate(bay: BayStack, request: RotateRequest, approve: Approve) -> Rotation:
    """Rotate; what an interrupted rotation of the same kind has begun is finished."""
    return KINDS[request.what][1](bay, request, approve)
