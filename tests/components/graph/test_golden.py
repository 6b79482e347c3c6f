"""The resource graph of each example, as it was reviewed."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest

from bay.components.spec import BaySpec
from tests import quick_yaml
from tests.components.graph.conftest import EXAMPLES
from tests.components.graph.graph_golden import BASE, difference_of, dump, golden
from tests.components.graph.recorder import Graph
from tests.paths import GOLDEN
from tests.reviewed import require_reviewed

GOLDEN = GOLDEN / "graph"


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_graph_is_the_reviewed_one(name: str, example: Callable[[str], Graph]) -> None:
    require_reviewed(GOLDEN / f"{name}.yaml", golden(name, example(BASE).shown(), example(name).shown()))


def test_every_golden_file_has_its_example() -> None:
    assert sorted(path.stem for path in GOLDEN.glob("*.yaml")) == EXAMPLES


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """(mapping or list, key) of everything inside a value."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(inner, dict | list):
            yield from places(inner)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_change_of_any_property_of_any_resource_is_seen(name: str, example: Callable[[str], Graph]) -> None:
    base, graph = example(BASE).shown(), example(name).shown()
    count = 0
    for key in graph:
        of_base = {key: base[key]} if key in base else {}
        mine = {key: deepcopy(graph[key])}

        def seen(of_base: dict[str, Any] = of_base, mine: dict[str, Any] = mine) -> str:
            return json.dumps(difference_of(of_base, mine))

        reviewed = seen()
        for holder, place in list(places(mine)):
            value = holder[place]
            for other in ("other", None, [value], {"inner": value}, not value, str(value)):
                if type(other) is not type(value) or other != value:
                    holder[place] = other
                    assert seen() != reviewed, (key, place, other)
            if isinstance(holder, dict):
                del holder[place]
                assert seen() != reviewed, (key, place)
            holder[place] = value
            count += 1
        assert seen() == reviewed
    assert count > 300


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_resource_more_or_less_is_seen_and_nothing_is_lost_on_the_way_to_the_file(
    name: str, example: Callable[[str], Graph]
) -> None:
    base, graph = example(BASE).shown(), example(name).shown()
    difference = difference_of(base, graph)
    assert quick_yaml.load(dump(difference)) == difference
    for key in graph:
        assert difference_of(base, {other: graph[other] for other in graph if other != key}) != difference
    assert difference_of(base, {**graph, "a::new": {}}) != difference


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_graph_is_the_same_in_every_run(
    name: str, example: Callable[[str], Graph], run: Callable[..., Graph]
) -> None:
    assert run(example(name).spec).shown() == example(name).shown()


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_preview_that_knows_no_id_yet_plans_the_same_resources(
    name: str, example: Callable[[str], Graph], run: Callable[[BaySpec, bool], Graph]
) -> None:
    planned = run(example(name).spec, True)
    assert sorted(planned.resources) == sorted(example(name).resources)
    named = planned.spec.endpoint.name
    assert planned.outputs["api_address"] == (f"{named}:2376" if named else None)
    assert planned.outputs["name"] == "demo"
