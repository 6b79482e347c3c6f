"""Plans as a reviewer sees them, whole: a new bay with its spec, and a change that takes servers away."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from pulumi.automation import EngineEvent
from pulumi.automation.events import OpType, ResourcePreEvent, StepEventMetadata

from bay.cli.console.formats import Format
from bay.cli.console.plan_table import show
from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec, changed_spec
from bay.stacks.plan.planner import build_plan, prepare
from bay.stacks.plan.types import Compared, Plan
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.openstack import FakeCloud, boot, ordinary_cloud
from tests.fakes.plans import COMPARED
from tests.fakes.pulumi_events import TYPES, begins, state, urn
from tests.fakes.stack import FakeStack
from tests.fakes.states import FINISHED, bay_of
from tests.paths import ROOT
from tests.reviewed import require_reviewed

GOLDEN = ROOT / "tests" / "golden" / "plan"
NEW = build_spec(
    [
        {
            "model": "kubernetes",
            "nodes": {"count": 5, "flavor": "m1.medium", "engine_volume": 50, "labels": {"example.org/disk": "fast"}},
            "access": {"api": ["192.0.2.0/24"]},
            "keypair": "ada",
            "registry": {"mirror": "https://mirror.example"},
            "snippets": {
                "site": {
                    "roles": ["node"],
                    "files": {"/etc/site.conf": "token = 1"},
                    "commands": [["sh", "-c", f"curl https://site.example/setup | sh # {'x' * 120} the end"]],
                }
            },
        }
    ]
)


def cloud() -> FakeCloud:
    made = ordinary_cloud()
    made.add("keypair", "ada", name="ada")
    return made


def creations() -> list[EngineEvent]:
    servers = [f"demo-{name}" for name in ("master-0", *(f"node-{i}" for i in range(5)))]
    rules = [f"demo-node-tcp-{port}-from-node" for port in (4240, 10250)]
    return [
        begins("create", urn("Network", "demo", "Bay", "Network")),
        *(begins("create", urn("SecGroupRule", rule, "Bay", "Firewall")) for rule in rules),
        *(begins("create", urn("Instance", server, "Bay", "Servers")) for server in servers),
    ]


def deletion(kind: str, name: str, outputs: dict[str, Any], *components: str) -> EngineEvent:
    step = StepEventMetadata(
        OpType("delete"), urn(kind, name, "Bay", *components), TYPES[kind], "", old=state(kind, {}, outputs)
    )
    return EngineEvent(sequence=0, timestamp=0, resource_pre_event=ResourcePreEvent(step))


def planned(bay: FakeStack, compared: Compared, *layers: dict[str, Any]) -> Plan:
    def specify(before: BaySpec | None) -> BaySpec:
        return changed_spec(before, layers) if before else NEW

    return replace(build_plan(prepare(bay, specify)), compared=compared)


def new_bay() -> Plan:
    return planned(FakeStack(None, cloud(), steps=creations()), Compared(False, None, 1.25))


def fewer_nodes() -> Plan:
    spec = build_spec([{"model": "swarm", "nodes": 9, "floating_ips": "all"}])
    deployment, there = bay_of(spec), cloud()
    boot(there, StateSnapshot.from_deployment("demo", deployment))
    going = [
        event
        for i in range(3, 9)
        for event in (
            deletion("Instance", f"demo-node-{i}", {"accessIpV4": f"10.80.0.{i}"}, "Servers"),
            deletion("Port", f"demo-node-{i}", {"allFixedIps": [f"10.80.0.{i}", f"fd00::{i}"]}, "Ports"),
            deletion("FloatingIp", f"demo-node-{i}", {"address": f"198.51.100.{i}"}, "Ports"),
        )
    ]
    return planned(FakeStack(deployment, there, steps=going, last=FINISHED), COMPARED, {"nodes": 3})


PLANS = {"new-bay": new_bay, "fewer-nodes": fewer_nodes}
ENDINGS = {Format.TABLE: "txt", Format.MARKDOWN: "md", Format.JSON: "json"}


@pytest.mark.parametrize("form", ENDINGS)
@pytest.mark.parametrize("name", PLANS)
def test_a_plan_is_as_it_was_reviewed(name: str, form: Format, capsys: pytest.CaptureFixture[str]) -> None:
    show(PLANS[name](), form)
    shown = capsys.readouterr()
    require_reviewed(GOLDEN / f"{name}.{ENDINGS[form]}", shown.out if form is Format.JSON else shown.out + shown.err)


@pytest.mark.parametrize("form", ENDINGS)
def test_a_new_bay_shows_all_that_a_reviewer_has_to_judge(form: Format, capsys: pytest.CaptureFixture[str]) -> None:
    show(new_bay(), form)
    text = capsys.readouterr().out.replace('\\"', '"')
    for word in said(
        "m1.medium", "debian-12-kubernetes", "10.80.0.0/20", "192.0.2.0/24", "ada", "mirror.example", "the end"
    ):
        assert word in text
    assert "curl https://site.example/setup | sh" in text.replace("\\|", "|"), "commands are shown to their end"
    assert "https://cloud.example:5000" in text
    assert "physics" in text
    assert "token = 1" not in text, "what files hold may be secret"


def said(*words: str) -> Sequence[str]:
    return words


def test_of_what_is_created_there_is_one_row_a_kind(capsys: pytest.CaptureFixture[str]) -> None:
    show(new_bay(), Format.TABLE)
    rows = [line for line in capsys.readouterr().out.splitlines() if "│ create " in line]
    assert len(rows) == 3


def test_in_json_every_resource_that_is_created_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    show(new_bay(), Format.JSON)
    plan = json.loads(capsys.readouterr().out)
    assert len(plan["changes"]) == 9
    assert plan["location"]["project_name"] == "physics"
    assert {one["kind"] for one in plan["resolved"]} == {"image", "flavor", "external network"}
