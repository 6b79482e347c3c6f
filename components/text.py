"""Text for people."""

import re
from collections.abc import Sequence


def join_names(names: Sequence[str], limit: int = 5) -> str:
    """The first of the names, and how many there are if there are more."""
    return ", ".join(names[:limit]) + (f", ... ({len(names)} in all)" if len(names) > limit else "")


def without_passwords(text: str) -> str:
    """``postgres://bay:secret@host/db`` -> ``postgres://bay:***@host/db``."""
    return re.sub(r"(://[^\s/:@]*):[^\s/@]*@", r"\1:***@", text)
