"""URLs of Pulumi backends, as Pulumi reads them: one spelling for each ``file://`` state, whatever the user wrote.

Pulumi and bay run in different folders, and both look into a ``file://`` state: so its folder is made absolute here,
once, and everything else works with that.
"""

import os
from pathlib import Path
from urllib.parse import quote, unquote

from bay.components.errors import InvalidInput

SCHEME = "file://"
IS_NO_PATH = "%?#"
"""What stands for something else in a URL; Pulumi takes all the rest as it is, blanks and umlauts too."""
EXAMPLE = "a folder is named as file:///home/me/state, file://~/state or file://./state"


def absolute_state(url: str) -> str:
    """The URL with the folder of a ``file://`` state made absolute; InvalidInput where it names none.

    ``~`` and relative folders are those of this process. What follows a question mark is Pulumi's and stays.
    """
    url = url.strip()
    scheme, colon, rest = url.partition(":")
    if not colon or scheme.lower() != "file":
        return url
    path, mark, query = rest.removeprefix("//").partition("?")
    if not path or path.startswith("#") or not rest.startswith("/"):
        raise InvalidInput(f"state {url}: it names no folder", EXAMPLE)
    if path.split("/")[0] == "localhost":
        raise InvalidInput(f"state {url}: it names a host, and a state in files is on this machine", EXAMPLE)
    return f"{SCHEME}{quote_path(_absolute(unquote(path), url))}{mark}{query}"


def folder_of(state: str) -> Path | None:
    """Folder of a ``file://`` state, None for every other backend."""
    url = absolute_state(state)
    return Path(unquote(url.removeprefix(SCHEME).partition("?")[0])) if url.startswith(SCHEME) else None


def _absolute(path: str, url: str) -> str:
    """The folder from the root on; only ``~`` alone is the user's home, as to Pulumi."""
    first, slash, rest = path.partition("/")
    if first == "~":
        try:
            path = f"{Path.home()}{slash}{rest}"
        except RuntimeError:
            raise InvalidInput(f"state {url}: this user has no home folder", EXAMPLE) from None
    return os.path.abspath(path)


def quote_path(path: str) -> str:
    """A path as it is written in the URL of a state."""
    return "".join(quote(letter) if letter in IS_NO_PATH else letter for letter in path)
