"""Pulumi's diagnostics: what of its output says why a run failed. Shapes as pulumi 3.259 and plugin 5.5 print them."""

import re
import signal
from collections.abc import Iterator, Sequence

LONGEST = 500
"""Characters of all that is told."""

NOISE = (
    (r"sdk-v2/\S+ sdk\.helper_schema: |: provider=openstack@\S+", ""),
    (r'Expected HTTP response code .*, but got (\d+) instead: .*"message": "([^"]*)".*', r"\2 (HTTP \1)"),
    (r"Expected HTTP response code .*, but got (\d+) instead: <.*", r"HTTP \1"),
)
"""(pattern, replacement): what the plugin says around the cloud's own words."""

HEADING = re.compile(r"  \S+ \((?P<name>\S+)\):")
ERROR = re.compile(r"\s*(?:error|panic|fatal error): ?(?P<rest>.*)")
PROGRESS = re.compile(r"[ +~@-]+.*?\serror: ?(?P<rest>.*)")
"""An error in a line of progress; lines of a diagnostic may have the word too."""
BULLET = re.compile(r"\s*\* (?P<cause>.+)")
COUNT = re.compile(r"(?P<before>.*?)\s*\d+ errors? occurred:$")
DETAILS = re.compile(r'details = "(?P<details>.*)"')
EMPTY = re.compile(r"(?:(?:update|preview|destroy|refresh|import) failed)?")
STREAM = re.compile(r"\s*(?:stdout|stderr): ?")
CODE = re.compile(r"\s*code: (?P<code>-?\d+)\s*")
TRACEBACK = "Traceback (most recent call last):"


def first_errors(text: str) -> str:
    """Pulumi's first two errors, each with the name of its resource and without decoration; never nothing."""
    # Progress, which comes before, says the same with less.
    for part in (text.rpartition("Diagnostics:\n")[2], text):
        if causes := _distinct(_causes(part.splitlines())):
            return "; ".join(causes[:2])[:LONGEST]
    return _last_words(text)


def _distinct(causes: Iterator[tuple[str, str]]) -> list[str]:
    """Each cause once, with the name of the first resource that has one: ``demo-node: Quota exceeded``."""
    found: dict[str, str] = {}
    for name, cause in causes:
        found[cause] = found.get(cause) or name
    return [f"{name}: {cause}" if name else cause for cause, name in found.items()]


def _causes(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(name of the resource, cause) of every error."""
    name, block = "", list[str]()
    for raw in [*lines, ""]:
        line = STREAM.sub("", raw, count=1)
        heading = HEADING.fullmatch(line)
        begins = None if BULLET.match(line) else ERROR.fullmatch(line) or (not block and PROGRESS.fullmatch(line))
        within = block and line.strip() and not (heading or (begins and TRACEBACK not in "".join(block)))
        if within:
            block.append(line)
            continue
        yield from ((name, _plain(cause)) for cause in _of_block(block) if not EMPTY.fullmatch(_plain(cause)))
        block = [begins["rest"]] if begins else []
        name = heading["name"] if heading else name


def _of_block(block: Sequence[str]) -> Iterator[str]:
    """The causes in one error and the lines below it."""
    if not block:
        return
    first, rest = block[0], block[1:]
    details = next((found["details"] for line in block if (found := DETAILS.search(line))), "")
    counted = COUNT.fullmatch(first)
    if any(TRACEBACK in line for line in block):
        yield details or _exception(block)
    elif details:
        yield f"{first.partition('<')[0]}{details}"
    elif counted:
        yield from _bullets(rest, counted["before"])
    elif not first.strip() or first.rstrip().endswith(":"):
        yield _joined([first, *rest[:2]])
    else:
        yield first


def _bullets(lines: Sequence[str], before: str) -> Iterator[str]:
    """Each bullet with the lines that go on with it; before: what was said in front of their number."""
    items: list[list[str]] = []
    for line in lines:
        bullet = BULLET.match(line)
        if bullet:
            items.append([bullet["cause"]])
        elif items:
            items[-1].append(line)
    yield from (_joined([before, *item]) for item in items)
    if before and not items:
        yield before


def _exception(block: Sequence[str]) -> str:
    """What a Python program died of: the line after its last frame, and what goes on with it."""
    start = next(i for i, line in enumerate(block) if TRACEBACK in line)
    indent = len(block[start]) - len(block[start].lstrip())
    depth = [i for i in range(start + 1, len(block)) if len(block[i]) - len(block[i].lstrip()) > indent]
    said = block[(depth[-1] if depth else start) + 1 :]
    return _joined(said[:2]) or _joined(block[start + 1 :][-1:])


def _last_words(text: str) -> str:
    """Of a Pulumi that names no error: whatever it said last, else how it ended."""
    codes = [int(found["code"]) for line in text.splitlines() if (found := CODE.fullmatch(line))]
    lines = [STREAM.sub("", line).strip() for line in text.splitlines() if not CODE.fullmatch(line)]
    said = [line for line in lines if line]
    if said:
        return f"Pulumi failed: {_plain(said[-1])[:300]}"
    if codes and codes[0] < 0:
        return f"Pulumi was killed ({signal.Signals(-codes[0]).name}): the machine may be out of memory"
    return "Pulumi failed without a message" + (f", with exit code {codes[0]}" if codes else "")


def _joined(lines: Sequence[str]) -> str:
    return " ".join(line.strip() for line in lines if line.strip())


def _plain(cause: str) -> str:
    for pattern, replacement in NOISE:
        cause = re.sub(pattern, replacement, cause)
    return cause.strip()
