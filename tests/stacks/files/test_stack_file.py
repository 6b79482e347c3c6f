"""A bay that a file of a checkout owns: where the file is, what it says, and what a change writes into it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bay.components.errors import BayError
from bay.components.spec.merge import build_spec, changed_spec
from bay.components.spec.paths import differences
from bay.components.yaml_file import dump
from bay.stacks.files import stack_file as files
from bay.stacks.files.stack_file import commands, export, find_checkout, intended_spec, stack_file, write_spec
from bay.stacks.program.config import config_of
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.messages import told
from tests.fakes.openstack import FakeCloud
from tests.fakes.stack import FakeContext, FakeStack
from tests.fakes.states import Deployment, bay_of, complete

SPEC = build_spec([{"model": "swarm", "nodes": 3, "keypair": "ada"}])


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A checkout."""
    (tmp_path / "Pulumi.yaml").write_text("name: bay\nruntime: python\n")
    (tmp_path / "stacks").mkdir()
    (tmp_path / "docs").mkdir()
    return tmp_path


def test_the_checkout_is_found_from_any_folder_inside(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_checkout(here / "docs") == here
    assert find_checkout(here / "stacks") == here
    assert find_checkout(here.parent) is None
    monkeypatch.chdir(here / "docs")
    assert find_checkout(Path()) == here


@pytest.mark.parametrize("content", ["name: other", "", "- bay"])
def test_another_pulumi_project_is_no_checkout(content: str, here: Path) -> None:
    inner = here / "docs" / "mine"
    inner.mkdir()
    (inner / "Pulumi.yaml").write_text(content)
    assert find_checkout(inner) == here, "the project around it is"


def test_the_file_in_its_checkout_says_what_the_bay_is_meant_to_be(here: Path) -> None:
    stack_file(here, "demo").write_text("# mine\nconfig:\n  bay:model: swarm\n  bay:nodes: {count: 7}\n")
    spec = intended_spec(StateSnapshot("demo", spec=SPEC, managed_by="file"), here)
    assert spec is not None
    assert (spec.nodes.count, spec.keypair) == (7, None)


def test_the_state_says_it_where_no_file_owns_the_bay(here: Path) -> None:
    stack_file(here, "demo").write_text("config: {bay:model: swarm}")
    assert intended_spec(StateSnapshot("demo", spec=SPEC, managed_by="cli"), here) == SPEC
    assert intended_spec(StateSnapshot("demo", spec=SPEC, managed_by="file"), None) == SPEC, "no checkout is known"
    elsewhere = StateSnapshot("other", spec=SPEC, managed_by="file")
    assert intended_spec(elsewhere, here) == SPEC, "its checkout is somewhere else"


def test_what_a_file_allows_is_no_field_of_the_spec(here: Path) -> None:
    stack_file(here, "demo").write_text("config: {bay:model: swarm, bay:allow: [batch]}")
    assert intended_spec(StateSnapshot("demo", managed_by="file"), here) == build_spec([{"model": "swarm"}])


def changed_values(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(path, value) for path, _, value in differences(old, new)]


def test_equal_configurations_differ_in_nothing() -> None:
    assert changed_values(config_of(SPEC), config_of(SPEC)) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"nodes": {"count": 5}}, [("bay:nodes.count", 5)]),
        ({"nodes": {"count": 2, "removed": [1]}}, [("bay:nodes.count", 2), ("bay:nodes.removed", [1])]),
        ({"access": {"api": ["10.0.0.0/8"]}}, [("bay:access.api", ["10.0.0.0/8"])]),
        ({"image": "other"}, [("bay:image", "other")]),
        ({"keypair": None}, [("bay:keypair", None)]),
        ({"network": {"existing": "shared"}}, [("bay:network.existing", "shared")]),
    ],
)
def test_only_the_leaves_that_differ_are_written(change: dict[str, Any], expected: list[tuple[str, Any]]) -> None:
    changed = build_spec([SPEC.model_dump(mode="json"), change])
    assert changed_values(config_of(SPEC), config_of(changed)) == expected


def test_a_nested_field_that_goes_is_named() -> None:
    old = build_spec([SPEC.model_dump(mode="json"), {"network": {"existing": "shared"}}])
    assert changed_values(config_of(old), config_of(SPEC)) == [("bay:network.existing", None)]


STACK = ["--stack", "demo"]


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("bay:nodes.count", 5, [["config", "set", "--path", "bay:nodes.count", *STACK, "--", "5"]]),
        ("bay:image", "-odd", [["config", "set", "--path", "bay:image", *STACK, "--", "-odd"]]),
        ("bay:keypair", None, [["config", "rm", "--path", "bay:keypair", *STACK]]),
        ("bay:access.api", [], [["config", "rm", "--path", "bay:access.api", *STACK]]),
        (
            "bay:nodes.removed",
            [1, 4],
            [
                ["config", "rm", "--path", "bay:nodes.removed", *STACK],
                ["config", "set", "--path", "bay:nodes.removed[0]", *STACK, "--", "1"],
                ["config", "set", "--path", "bay:nodes.removed[1]", *STACK, "--", "4"],
            ],
        ),
    ],
)
def test_a_value_is_written_by_pulumi_so_that_comments_stay(path: str, value: Any, expected: list[list[str]]) -> None:
    assert commands("demo", path, value) == expected


def owners(bay: FakeStack) -> set[str]:
    """Who manages the bay, as each resource of its state says that says so."""
    assert bay.deployment is not None
    properties = [r.get(kind) or {} for r in bay.deployment["resources"] for kind in ("inputs", "outputs")]
    return {one["managed_by"] for one in properties if "managed_by" in one}


def test_an_exported_file_reads_back_as_the_bay_and_the_state_says_who_owns_it(here: Path) -> None:
    bay = FakeStack(bay_of(SPEC), FakeCloud())
    assert owners(bay) == {"cli"}
    path = export(bay, here)
    assert path == here / "stacks" / "Pulumi.demo.yaml"
    assert yaml.safe_load(path.read_text())["encryptionsalt"] == "v1:salt:v1:check"
    assert owners(bay) == {"file"}
    assert intended_spec(StateSnapshot("demo", managed_by="file"), here) == SPEC
    assert bay.deeds == ["edit"]


def test_a_file_that_is_there_is_not_written_over(here: Path) -> None:
    path = stack_file(here, "demo")
    path.write_text("# mine\n")
    bay = FakeStack(bay_of(SPEC), FakeCloud())
    assert told(lambda: export(bay, here)) == (
        f"{path} exists already",
        "remove it first, or change the bay in it",
        1,
    )
    assert path.read_text() == "# mine\n"
    assert bay.deeds == []


def managed(checkout: Path | None) -> FakeStack:
    """A bay that the file of a checkout manages."""
    deployment: Deployment = bay_of(SPEC)
    next(r for r in deployment["resources"] if r["type"].endswith("Identity"))["outputs"]["managed_by"] = "file"
    return FakeStack(deployment, context=FakeContext(checkout=checkout))


def test_a_change_is_written_into_the_file_by_pulumi(here: Path) -> None:
    stack_file(here, "demo").write_text(f"config: {config_of(SPEC)}")
    bay = managed(here)
    write_spec(bay, changed_spec(SPEC, [{"nodes": 5, "access": {"api": ["10.0.0.0/8"]}}]))
    assert bay.fake.processes[0].commands == ["config rm", "config set", "config set"]


def test_outside_of_its_checkout_a_managed_bay_is_not_changed(here: Path) -> None:
    refusal = (
        "bay demo is managed by a file, stacks/Pulumi.demo.yaml of its checkout",
        "change it there",
        1,
    )
    assert told(lambda: write_spec(managed(None), SPEC)) == refusal
    assert told(lambda: write_spec(managed(here), SPEC)) == refusal, "it is another checkout"


def test_a_bay_that_no_file_manages_is_not_previewed_from_one() -> None:
    files.require_managed_by_file(StateSnapshot("demo"))
    files.require_managed_by_file(StateSnapshot("demo", spec=SPEC, managed_by="file"))
    with pytest.raises(BayError, match="bay demo is managed by the bay command, not by its file"):
        files.require_managed_by_file(StateSnapshot.from_deployment("demo", complete()))


@pytest.mark.parametrize(
    ("change", "written"),
    [
        ({"nodes": {"labels": {"example.org/gpu": "8"}}}, {'bay:nodes.labels["example.org/gpu"]': "8"}),
        (
            {"snippets": {"lab": {"files": {"/etc/a.b": "x\n"}, "commands": [["touch", "/a"]]}}},
            {
                "bay:snippets.lab.roles[0]": "master",
                "bay:snippets.lab.roles[1]": "node",
                'bay:snippets.lab.files["/etc/a.b"]': "x\n",
                "bay:snippets.lab.commands[0][0]": "touch",
                "bay:snippets.lab.commands[0][1]": "/a",
            },
        ),
        ({"nodes": {"engine_volume": 50}}, {"bay:nodes.engine_volume.size": "50"}),
    ],
)
def test_what_a_mapping_gets_is_written_leaf_by_leaf(change: dict[str, Any], written: dict[str, str]) -> None:
    changed = build_spec([SPEC.model_dump(mode="json"), change])
    lines = [
        c for path, value in changed_values(config_of(SPEC), config_of(changed)) for c in commands("demo", path, value)
    ]
    assert {line[3]: line[-1] for line in lines if line[1] == "set"} == written
    texts = {line[3] for line in lines if line[-3:-1] == ["string", "--"]}
    assert texts == {path for path, value in written.items() if path != "bay:nodes.engine_volume.size"}


def test_a_file_may_hold_configuration_of_others(here: Path) -> None:
    file = stack_file(here, "demo")
    file.write_text(dump({"config": {**config_of(SPEC), "openstack:region": "north", "pulumi:tags": {"team": "ops"}}}))
    assert intended_spec(StateSnapshot("demo", managed_by="file"), here) == SPEC
