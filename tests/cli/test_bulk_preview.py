"""The plans of many bays: how each ended, and the exit code of all; one that fails hides no other."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bay.cli.bulk_preview import Outcome, Wanted, failed, outcomes, worst
from bay.components.errors import BayError
from bay.components.spec import BaySpec
from bay.stacks.approval import Risk
from bay.stacks.bays import Bays
from bay.stacks.errors import NotFound
from bay.stacks.plan.planner import SpecSource
from bay.stacks.plan.types import Change, Compared, Group, Plan, QuotaUsage
from tests.fakes.plans import COMPARED
from tests.fakes.stack import FakeContext


def plan(*changes: Change, risks: tuple[Risk, ...] = (), used: int = 0) -> Plan:
    quota = (QuotaUsage("instances", 1, used, 10),)
    return Plan("physics", True, COMPARED, changes=changes, risks=risks, quota=quota)


def change(operation: str) -> Change:
    return Change(operation, Group.NODES, "Instance", f"physics-node-{operation}")  # type: ignore[arg-type]


def test_a_row_counts_by_what_happens_and_says_whether_it_fits() -> None:
    each = [change(word) for word in ("create", "update", "resize", "replace", "rebuild", "delete")]
    batch = Risk("batch", "many go", refused=True, allowed_by="batch")
    assert Outcome("physics", 2, plan(*each, risks=(batch, batch))).row() == {
        "bay": "physics",
        "result": "changes",
        "added": 1,
        "changed": 2,
        "replaced": 2,
        "removed": 1,
        "risks": ["batch"],
        "fits": True,
        "compared_with": "state of 2026-01-02 03:04:05 UTC",
        "seconds": 1.25,
    }
    assert Outcome("physics", 3, plan(change("create"), used=10)).row()["fits"] is False


@pytest.mark.parametrize(
    ("compared", "exists", "words"),
    [
        (Compared(True, COMPARED.changed_at, 1.0), True, "the cloud as it is now"),
        (Compared(False, None, 1.0), True, "state of an unknown time"),
        (Compared(False, None, 1.0), False, "nothing: a new bay"),
    ],
)
def test_a_row_says_with_what_the_bay_was_compared(compared: Compared, exists: bool, words: str) -> None:
    assert Outcome("physics", 0, Plan("physics", exists, compared)).row()["compared_with"] == words


def test_a_row_of_a_bay_that_failed_says_why() -> None:
    assert failed("physics", BayError("no image", "see")).row() == {"bay": "physics", "result": "error: no image"}
    assert failed("physics", BayError("no image", "see")).code == 1


@pytest.mark.parametrize(
    ("codes", "code"), [((), 0), ((0, 0), 0), ((0, 2), 2), ((2, 3, 0), 3), ((3, 1, 2), 1), ((1, 0), 1)]
)
def test_the_exit_code_is_the_worst_of_all(codes: tuple[int, ...], code: int) -> None:
    assert worst(Outcome("physics", one) for one in codes) == code


class FakeBays(Bays):
    """Bays with these plans, or why there is none. asked: how each was asked for."""

    def __init__(self, found: Mapping[str, Plan | BayError]) -> None:
        self.context, self.found, self.asked = FakeContext(), found, list[tuple[str, bool, bool]]()

    def share_answers(self) -> None:
        """There is no cloud."""

    def preview(self, name: str, specify: SpecSource, **options: Any) -> Plan:
        """One of them."""
        self.asked.append((name, options["refresh"], options["from_file"]))
        found = self.found[name]
        if isinstance(found, BayError):
            raise found
        return replace(found, bay=name)


def unchanged(before: BaySpec | None) -> BaySpec:
    assert before is not None
    return before


def test_each_bay_ends_by_what_its_plan_says() -> None:
    bays = FakeBays(
        {
            "quiet": plan(),
            "changed": plan(change("create")),
            "broken": NotFound("there is no image 'x'", "nearest: y"),
            "large": plan(change("create"), used=10),
        }
    )
    found = outcomes(bays, [Wanted(name, unchanged, refresh=name == "quiet") for name in bays.found])
    assert [(one.bay, one.code, one.error) for one in found] == [
        ("quiet", 0, ""),
        ("changed", 2, ""),
        ("broken", 1, "there is no image 'x'"),
        ("large", 3, ""),
    ]
    assert found[1].plan == replace(plan(change("create")), bay="changed")
    assert ("quiet", True, False) in bays.asked
