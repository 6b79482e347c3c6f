"""Text that somebody else wrote, in a comment of a merge request: it links nowhere, calls nobody and formats nothing.

In a code span neither GitHub nor GitLab finds an address, a mention, a reference, HTML or emphasis, and characters
need no escape. What is written as an entity instead becomes a link or a mention after all: those are found in the text
that has been rendered.
"""

import re

from bay.components.text import printable


def code(text: str) -> str:
    """A code span of one line; nothing for no text."""
    line = printable(" ".join(text.split()))
    if not line:
        return ""
    fence = "`" * (max((len(ticks) for ticks in re.findall("`+", line)), default=0) + 1)
    space = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{space}{line}{space}{fence}"


def cell(text: str) -> str:
    """The same in a cell of a table, where a bar ends the cell in a code span too.

    Parsers disagree on a bar after a backslash, so a space comes between.
    """
    return code(text).replace("\\|", "\\ |").replace("|", "\\|")
