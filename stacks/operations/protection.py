"""A bay that its user has put out of the reach of a slip: it is not deleted until the protection is lifted."""

from bay.components.errors import BayError
from bay.stacks.state.snapshot import StateSnapshot


def refuse_protected(record: StateSnapshot) -> None:
    """BayError for a bay whose spec says `protected`; that of the state counts, not a file that was not applied."""
    if record.spec is not None and record.spec.protected:
        raise BayError(
            f"bay {record.name} is protected from being deleted",
            f"lift that first: bay update {record.name} --set protected=false",
        )
