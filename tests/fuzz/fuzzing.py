"""Random input for a minute: text and JSON that begin as what is really read, and are then changed in places."""

import copy
import os
import time
from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase

from bay.components.errors import BayError
from bay.components.text import is_printable, printable
from tests.conftest import TEST_STATES

SECONDS = float(os.environ.get("BAY_FUZZ_SECONDS", "60"))
CORPUS = TEST_STATES / "fuzz"
"""What failed once, and is tried first the next time."""
ROUND = settings(
    max_examples=300,
    deadline=None,
    derandomize=False,
    database=DirectoryBasedExampleDatabase(CORPUS),
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)

Value = TypeVar("Value")
Path = tuple[str | int, ...]

ODD = (
    "",
    "0",
    "-",
    "\0",
    "\x1b[2J",
    "\u202e",
    "\ud800",
    "$(id)",
    "' ; id",
    "../..",
    "{{",
    "%s",
    "1e999",
    "&a",
    "*a",
    "é" * 99,
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(ODD) | st.text(max_size=20)
JSON = st.recursive(
    LEAVES, lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=8), one, max_size=3)
)


def fuzz(values: st.SearchStrategy[Value], check: Callable[[Value], None], seconds: float = SECONDS) -> int:
    """Check values until the time is over; the number of values. What fails is shrunk, and kept."""
    tried = 0

    @ROUND
    @given(values)
    def one_round(value: Value) -> None:
        nonlocal tried
        tried += 1
        check(value)

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        one_round()
    return tried


@st.composite
def changed_text(draw: st.DrawFn, seeds: tuple[str, ...]) -> str:
    """One of the seeds with parts taken out, doubled, or replaced by something odd; or anything at all."""
    text = draw(st.sampled_from(seeds) | st.text(max_size=200))
    for _ in range(draw(st.integers(0, 4))):
        begin = draw(st.integers(0, len(text)))
        end = min(len(text), begin + draw(st.integers(0, 40)))
        put = draw(st.sampled_from((*ODD, text[begin:end] * 2, "\n", "\t", ": ", "- ", "[", "{", "#", '"')))
        text = text[:begin] + put + text[end:]
    return text


@st.composite
def changed_json(draw: st.DrawFn, seeds: tuple[Any, ...]) -> Any:
    """One of the seeds with a few of its values, at any depth, replaced, doubled or taken out."""
    document = copy.deepcopy(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 4))):
        parent, key = draw(st.sampled_from(places(document))) if places(document) else (None, "")
        match draw(st.sampled_from(["replace", "remove", "swap"])) if parent is not None else "":
            case "replace":
                parent[key] = draw(JSON)
            case "remove":
                del parent[key]
            case "swap":
                other, there = draw(st.sampled_from(places(document)))
                parent[key] = copy.deepcopy(other[there])
    return document


def places(document: Any) -> list[tuple[Any, Any]]:
    """(list or mapping, index or key) of each value below."""
    keys = document if isinstance(document, dict) else range(len(document)) if isinstance(document, list) else ()
    return [place for key in keys for place in ((document, key), *places(document[key]))]


def refusal(call: Callable[[], object]) -> BayError | None:
    """The error that a call ends with, of which a person sees one line and a hint; any other exception is a failure."""
    refused = None
    try:
        call()
    except BayError as error:
        refused = error
    assert refused is None or (refused.message and is_printable(printable(f"{refused.message}{refused.hint}")))
    return refused
