"""docs/matrix.md: the combinations that a run of the matrix tried, with its seconds, and those that cannot be."""

import re
from collections.abc import Mapping
from pathlib import Path

from tests.integration.bays.combinations import IMPOSSIBLE, Combination, every, why_not
from tests.integration.bays.harness import CHECKOUT

FILE: Path = CHECKOUT / "docs" / "matrix.md"
STEPS = ("create", "preview", "scale to 2", "scale to 1", "delete")

HEAD = """\
# The matrix: which bays are tested

Engine, masters, network, endpoint and disks make {every} combinations; {valid} of them are valid. A run of
`tests/integration/bays/test_matrix.py` creates {tried} of them, chosen so that every two compatible values occur
together in at least one (`tests/integration/bays/combinations.py`), as an ordinary member of a project on the sandbox
cloud, four at a time.

Each is created with one node, and a preview then shows no change; servers, volumes, load balancer, address pairs and
the address of the API are as requested; it is scaled to two nodes and back, and deleted. In the end both projects of
the cloud hold what they held before. The servers of this cloud do not boot: what runs on them is tested elsewhere.

Networks: *own*, created with its router by the bay; *existing*, a routed one of the project, which several bays use at
the same time; *flat*, owned by another project, without router. Endpoints: *floating IP* and *masters* are the masters
themselves, with and without floating IPs. Disks: *engine volumes* includes a volume for each master's state.

`UPDATE_GOLDEN=1 pytest tests/integration/bays/test_matrix.py` writes this page. The seconds are of that run, on a
machine with other load: what to expect, not a benchmark.

| engine | masters | network | endpoint | disks | {steps} |
| --- | --- | --- | --- | --- | {rules} |
"""

NOT_VALID = """
## What is not valid

`bay create` and `bay preview` refuse these before anything is created; one bay for each engine and row is tested.

| combination | cells | the error begins | why |
| --- | --- | --- | --- |
"""


def text(seconds: Mapping[Combination, Mapping[str, float]]) -> str:
    """The page, of the combinations tried and the seconds of each step."""
    valid = sum(why_not(cell) is None for cell in every())
    head = HEAD.format(
        every=len(every()),
        valid=valid,
        tried=len(seconds),
        steps=" | ".join(STEPS),
        rules=" | ".join(["---:"] * len(STEPS)),
    )
    tried = [
        _row(*(value for _, value in cell.values), *(f"{took[step]:.0f} s" for step in STEPS))
        for cell, took in seconds.items()
    ]
    refused = [
        _row(rule.what, str(sum(rule.of(cell) for cell in every())), f"`{rule.error}`", rule.why) for rule in IMPOSSIBLE
    ]
    return head + "".join(tried) + NOT_VALID + "".join(refused)


def without_seconds(page: str) -> str:
    """What of the page is the same in every run."""
    return re.sub(r"\b\d+ s\b", "- s", page)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"
