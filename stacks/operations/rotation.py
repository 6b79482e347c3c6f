"""What a rotation of a secret would do, or has done, step by step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, get_args

from bay.components.errors import BayError
from bay.stacks.approval import Risk
from bay.stacks.cluster.readiness import HOUR

What = Literal["passphrase", "cloud-credential", "join-keys"]
ROTATIONS: tuple[What, ...] = get_args(What)
"""What can be rotated."""
Status = Literal["planned", "done", "unknown"]


@dataclass(frozen=True)
class RotateRequest:
    """What is asked for. to: file with the new passphrase of a user who has one of their own.

    user, key: as `ssh_target` has them. timeout: for each wait.
    """

    what: What
    to: Path | None = None
    user: str | None = None
    key: Path | None = None
    timeout: timedelta = HOUR


@dataclass(frozen=True)
class Step:
    """action: a verb and what it is done to, as ``encrypt the state``. status: unknown where nobody could look.

    detail: how much of it there is, or what came of it.
    """

    action: str
    name: str
    status: Status = "planned"
    detail: str = ""


@dataclass(frozen=True)
class Rotation:
    """A plan of a rotation, and its result: then the same steps say what came of each.

    disruption: what is taken away, as `bay.stacks.approval.Approvable` has it. proven: what the operation itself tried
    and saw at the end, in a sentence; empty before.
    """

    bay: str
    what: What
    steps: tuple[Step, ...]
    disruption: str
    proven: str = ""
    risks: tuple[Risk, ...] = ()
    refusal: BayError | None = field(default=None, compare=False)

    @property
    def rows(self) -> Sequence[Mapping[str, Any]]:
        """As `bay rotate -f json` prints it."""
        return [
            {"step": number, "action": one.action, "name": one.name, "status": one.status, "detail": one.detail}
            for number, one in enumerate(self.steps, 1)
        ]

    def done(self, action: str, detail: str | None = None, status: Status = "done") -> "Rotation":
        """The same with what came of one of its steps; detail: as planned unless it is given."""
        steps = tuple(
            replace(one, status=status, detail=one.detail if detail is None else detail)
            if one.action == action
            else one
            for one in self.steps
        )
        return replace(self, steps=steps)
