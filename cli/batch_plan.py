"""What commands that change servers batch by batch have in common: how they show what they would do, and a backup."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from bay.cli.console.formats import Format, print_list
from bay.cli.console.terminal import say_table
from bay.components.errors import BayError
from bay.stacks.approval import Approvable

if TYPE_CHECKING:
    from bay.stacks.operations.backup import BackupRequest


class BatchPlan(Protocol):
    """A plan of batches. refusal: why it would not be carried out; None where nothing is known."""

    @property
    def rows(self) -> Sequence[Mapping[str, Any]]:
        """A row for each server or step."""

    @property
    def refusal(self) -> BayError | None:
        """Raised by a dry run, once the plan is printed."""


Shown = TypeVar("Shown", bound=BatchPlan)
Tell = Callable[[Shown], None]


def print_dry_run(
    plan: Shown, tell: Tell[Shown], columns: Sequence[str], form: Format, chosen: Sequence[str] | None
) -> None:
    """The plan in a format; ends with the error of one that would be refused. tell: says what it is, in lines."""
    print_list(plan.rows, columns, form, chosen or [])
    tell(plan)
    if plan.refusal:
        raise plan.refusal


def before_question(tell: Callable[[Any], None], columns: Sequence[str]) -> Callable[[Approvable], None]:
    """Shows the plan at the terminal, before the question of `TerminalApproval`."""

    def show(approvable: Approvable) -> None:
        plan = cast(BatchPlan, approvable)
        tell(plan)
        say_table(plan.rows, columns)

    return show


def backup_request(folder: str | None) -> "BackupRequest | None":
    """What `--backup-to` asks for; InvalidInput for a folder that no backup can go to."""
    from bay.stacks.cluster.backup_folder import folder_named
    from bay.stacks.operations.backup import BackupRequest

    return BackupRequest(folder_named(folder)) if folder else None
