"""The whole resource graph of each example, as it was reviewed."""

import os
from collections.abc import Callable

import pytest
import yaml

from bay.components.spec import BaySpec
from tests.components.graph.conftest import EXAMPLES
from tests.components.graph.recorder import Graph
from tests.paths import GOLDEN

GOLDEN = GOLDEN / "graph"


def text_of(graph: Graph) -> str:
    """``type::name`` -> parent, inputs and options, sorted; then the stack's outputs."""
    return yaml.safe_dump(graph.shown(), sort_keys=True, width=120)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_graph_is_the_reviewed_one(name: str, example: Callable[[str], Graph]) -> None:
    golden = GOLDEN / f"{name}.yaml"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text_of(example(name)))
    assert text_of(example(name)) == golden.read_text(), "UPDATE_GOLDEN=1 pytest writes it anew"


def test_every_golden_file_has_its_example() -> None:
    assert sorted(path.stem for path in GOLDEN.glob("*.yaml")) == EXAMPLES


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_graph_is_the_same_in_every_run(
    name: str, example: Callable[[str], Graph], run: Callable[..., Graph]
) -> None:
    assert text_of(run(example(name).spec)) == text_of(example(name))


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_preview_that_knows_no_id_yet_plans_the_same_resources(
    name: str, example: Callable[[str], Graph], run: Callable[[BaySpec, bool], Graph]
) -> None:
    planned = run(example(name).spec, True)
    assert sorted(planned.resources) == sorted(example(name).resources)
    named = planned.spec.endpoint.name
    assert planned.outputs["api_address"] == (f"{named}:2376" if named else None)
    assert planned.outputs["name"] == "demo"
