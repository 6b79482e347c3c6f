"""Questions at the terminal, before damage."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import typer

from bay.components.errors import InvalidInput
from bay.components.text import printable
from bay.stacks.approval import Approvable, Approval, require_allowed
from bay.stacks.errors import Declined


def confirm(deed: str, yes: bool) -> None:
    """Ask before damage; without a terminal only --yes will do."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise InvalidInput(f"this would {deed}", "add --yes to do it without a question")
    if not typer.confirm(printable(f"{deed[0].upper()}{deed[1:]}?"), err=True):
        raise Declined("nothing was changed")


@dataclass(frozen=True)
class TerminalApproval:
    """Shows a plan on stderr and asks, an `Approve`.

    yes: do not ask. allow: risks that were allowed by name. answers: risks for which the question will do, since who
    answers it at a terminal has seen the plan; --yes was typed before there was one.
    """

    yes: bool
    show: Callable[[Approvable], None]
    allow: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    always_shows: bool = False

    def __call__(self, plan: Approvable) -> Approval:
        """Raises PlanRefused, Declined, or InvalidInput where there is nobody to ask."""
        asks = sys.stdin.isatty() and not self.yes
        require_allowed(plan, (*self.allow, *(self.answers if asks else ())))
        if plan.disruption:
            if asks or self.always_shows:
                self.show(plan)
            confirm(plan.disruption, self.yes)
        elif self.always_shows:
            self.show(plan)
        return Approval(frozenset((*self.allow, *(self.answers if asks else ()))))
