"""`bay group`: what the words become, what is printed, and what is asked before a group goes."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bay.cli import session
from bay.cli.app import run
from bay.cli.group_options import fields_of
from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec, changed_spec
from bay.stacks.approval import Approve, Risk
from bay.stacks.cancellation import Cancellation
from bay.stacks.operations.group_rows import group_rows
from bay.stacks.operations.groups import with_new_group
from bay.stacks.plan import types
from bay.stacks.plan.planner import SpecSource
from bay.stacks.plan.types import Group, Plan
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.messages import told
from tests.fakes.plans import PLAN
from tests.fakes.states import bay_of

Captured = pytest.CaptureFixture[str]
Bay = Callable[..., int]

LABELS = {"example.org/disk": "ssd", "old": ""}
GPU = {"count": 2, "flavor": "m1.large", "labels": LABELS, "taints": ["a:NoSchedule"], "engine_volume": 9}
SPEC = build_spec([{"model": "kubernetes", "node_groups": {"gpu": GPU}}])
GOING = types.Change("delete", Group.NODES, "Instance", "demo-gpu-0", (), "urn")
GONE = Risk("delete", "group gpu goes with its 1 server: demo-gpu-0", ("demo-gpu-0",), True, "delete")
CALM = replace(PLAN, changes=(), risks=())
DELETED = replace(PLAN, changes=(GOING,), risks=(GONE,))


class Bays:
    """The bay `demo`. specs: what it was changed to. calls: what was done, with what."""

    def __init__(self) -> None:
        self.specs: list[BaySpec] = []
        self.calls: list[tuple[Any, ...]] = []
        self.context = self
        self.cancel = Cancellation()

    def groups(self, name: str, *, ask_outdated: bool) -> list[dict[str, Any]]:
        self.calls.append(("groups", name, ask_outdated))
        found = {"demo-gpu-1": ("flavor",)} if ask_outdated else None
        return group_rows(StateSnapshot.from_deployment("demo", bay_of(SPEC)), found)

    def new_group(self, name: str, group: str, fields: dict[str, Any]) -> SpecSource:
        return with_new_group(name, group, fields, lambda: StateSnapshot.from_deployment("demo", bay_of(SPEC)))

    def preview(self, name: str, specify: SpecSource, **_options: Any) -> Plan:
        self.calls.append(("preview", name))
        self.specs.append(specify(SPEC))
        return CALM

    def update(self, name: str, specify: SpecSource, *, approve: Approve, plan: None, wait: timedelta | None) -> None:
        self.specs.append(specify(SPEC))
        self.calls.append(("update", name, sorted(approve(CALM).allow), wait))

    def group_delete_plan(self, name: str, group: str) -> Plan:
        self.calls.append(("plan", name, group))
        return DELETED

    def delete_group(self, name: str, group: str, *, approve: Approve) -> None:
        self.calls.append(("delete", name, group, sorted(approve(DELETED).allow)))

    @property
    def spec(self) -> BaySpec:
        """The only one that it was changed to."""
        (spec,) = self.specs
        return spec


@pytest.fixture
def bays(monkeypatch: pytest.MonkeyPatch) -> Bays:
    bays = Bays()
    monkeypatch.setattr(session, "open_bays", lambda *_login, **_more: bays)
    return bays


def bay(*words: str) -> int:
    return run(["group", *words])


# List


def test_groups_are_listed_with_what_they_are_made_of(bays: Bays, capsys: Captured) -> None:
    assert bay("list", "demo", "-f", "json") == 0
    *_, gpu = json.loads(capsys.readouterr().out)
    assert (gpu["name"], gpu["role"], gpu["count"], gpu["flavor"]) == ("gpu", "node", 2, "m1.large")
    assert (gpu["labels"], gpu["taints"], gpu["engine_volume"]) == (LABELS, ["a:NoSchedule"], "9")
    assert "outdated" not in gpu
    assert bays.calls == [("groups", "demo", False)]


@pytest.mark.parametrize("words", [["--long"], ["-c", "name", "-c", "outdated"]])
def test_outdated_servers_are_counted_where_that_is_asked(words: list[str], bays: Bays, capsys: Captured) -> None:
    assert bay("list", "demo", "-f", "json", *words) == 0
    assert [row["outdated"] for row in json.loads(capsys.readouterr().out)] == [0, 0, 1]
    assert bays.calls == [("groups", "demo", True)]


def test_people_read_labels_as_they_type_them(bays: Bays, capsys: Captured) -> None:
    assert bay("list", "demo") == 0
    assert "example.org/disk=ssd, old=" in capsys.readouterr().out
    assert bay("list", "demo", "-f", "value", "-c", "labels") == 0
    assert capsys.readouterr().out == "\n\nexample.org/disk=ssd, old=\n"


# Create and set


def test_a_group_is_created_with_all_that_is_said(bays: Bays) -> None:
    words = ("--count", "3", "--min", "1", "--max", "5", "--flavor", "g1.large", "--image", "cuda", "--zone", "a")
    more = ("--zone", "b", "--label", "x=1", "--label", "y=", "--taint", "gpu=yes:NoSchedule")
    assert bay("create", "demo", "new", *words, *more, "--boot-volume", "20:ssd", "--engine-volume", "50") == 0
    group = {
        "count": 3,
        "min": 1,
        "max": 5,
        "flavor": "g1.large",
        "image": "cuda",
        "zones": ["a", "b"],
        "labels": {"x": "1", "y": ""},
        "taints": ["gpu=yes:NoSchedule"],
        "boot_volume": {"size": 20, "type": "ssd"},
        "engine_volume": 50,
    }
    assert bays.spec == changed_spec(SPEC, [{"node_groups": {"new": group}}])
    assert bays.calls == [("update", "demo", [], timedelta(minutes=60))]


def test_a_group_gets_what_is_said_and_loses_what_is_unset(bays: Bays) -> None:
    words = ("--label", "x=1", "--remove-label", "old", "--taint", "b:NoExecute", "--remove-taint", "a")
    assert bay("set", "demo", "gpu", "--count", "4", *words, "--unset", "engine-volume", "--no-wait") == 0
    group = {
        "count": 4,
        "labels": {"x": "1", "old": None},
        "taints": ["b:NoExecute"],
        "engine_volume": None,
    }
    assert bays.spec == changed_spec(SPEC, [{"node_groups": {"gpu": group}}])
    assert bays.calls == [("update", "demo", [], None)]


def test_a_dry_run_prints_the_plan_and_changes_nothing(bays: Bays, capsys: Captured) -> None:
    assert bay("create", "demo", "new", "--dry-run", "-f", "json") == 0
    assert bay("set", "demo", "gpu", "--count", "1", "--dry-run", "-f", "value", "-c", "name") == 0
    assert [call[0] for call in bays.calls] == ["preview", "preview"]
    assert json.loads(capsys.readouterr().out.partition("\n}\n")[0] + "}")["bay"] == "demo"


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        ({"labels": ["x"]}, "--label x: is not KEY=VALUE", "for example --label example.org/disk=ssd"),
        ({"labels": ["=x"]}, "--label =x: is not KEY=VALUE", "for example --label example.org/disk=ssd"),
        ({"labels": ["x=1"], "remove_labels": ["x"]}, "--remove-label x: a value of x is given, too", "say one of"),
        ({"boot_volume": "big"}, "--boot-volume big: is no size in GiB", "for example --boot-volume 50, or 50:TYPE"),
        ({"engine_volume": "-1"}, "--engine-volume -1: is no size in GiB", "for example --engine-volume 50, or"),
        ({"engine_volume": ":ssd"}, "--engine-volume :ssd: is no size in GiB", "for example --engine-volume 50, or"),
        ({"unset": ["count"]}, "--unset count: is no field that may be empty", "max, image, zones, labels, taints"),
        ({"unset": ["image"], "image": "x"}, "--unset image: a value of image is given, too", "say one of the two"),
        ({"unset": ["labels"], "labels": ["x=1"]}, "--unset labels: a value of labels is given, too", "say one of"),
    ],
)
def test_a_wrong_option_is_told(words: dict[str, Any], message: str, hint: str) -> None:
    shown, way_out, code = told(lambda: fields_of(**words))
    assert (shown, code) == (message, 2)
    assert way_out.startswith(hint)


@pytest.mark.parametrize(
    ("words", "message", "code"),
    [
        (["create", "demo", "gpu"], "bay demo has a group 'gpu' already", 1),
        (["create", "demo", "gpu-2"], "'gpu-2' is no name of a group", 2),
        (["set", "demo", "gpu"], "bay demo: nothing is to be changed in group gpu", 2),
        (["set", "demo", "gpus", "--count", "1"], "bay demo has no group 'gpus'", 2),
        (["set", "demo", "gpu", "--boot-volume", "0"], "node_groups.gpu.boot_volume.size: must be greater than", 2),
        (["set", "demo", "gpu", "--count", "many"], "Invalid value for '--count'", 2),
        (["set", "demo", "gpu", "--count", "1", "--allow", "everything"], "'everything' is no disruption", 2),
    ],
)
@pytest.mark.usefixtures("bays")
def test_what_is_wrong_ends_a_command_before_anything_is_done(
    words: list[str], message: str, code: int, capsys: Captured
) -> None:
    assert bay(*words, "--yes") == code
    assert capsys.readouterr().err.startswith(f"error: {message}")


# Delete


def test_a_group_is_deleted_with_a_word(bays: Bays, capsys: Captured) -> None:
    assert bay("delete", "demo", "gpu") == 2
    assert "this would delete 1 servers of bay demo: demo-gpu-0" in capsys.readouterr().err
    assert bays.calls == []
    assert bay("delete", "demo", "gpu", "--yes") == 0
    assert bays.calls == [("delete", "demo", "gpu", ["delete"])]
    assert capsys.readouterr().err == "bay demo: group gpu is deleted\n"


def test_a_dry_run_of_a_deletion_names_the_risk(bays: Bays, capsys: Captured) -> None:
    assert bay("delete", "demo", "gpu", "--dry-run") == 0
    assert "risk (delete): group gpu goes with its 1 server: demo-gpu-0" in capsys.readouterr().out
    assert bays.calls == [("plan", "demo", "gpu")]
