"""A spec that is kept: with its schema, of earlier releases and of later ones."""

from typing import Any

import pytest

from bay.components.errors import BayError
from bay.components.spec import BaySpec, parse
from bay.components.spec.merge import build_spec
from bay.components.spec.stored import MIGRATIONS, Migration, NewerSchema, Values, is_current, restored, stored
from bay.stacks.program.config import config_of, spec_of
from tests.fakes.messages import told


def _renamed(values: Values) -> Values:
    return {("size" if key == "nodes" else key): value for key, value in values.items()}


def _doubled(values: Values) -> Values:
    return {**values, "size": values["size"] * 2}


TWO = (Migration("0.2.0", "nodes is called size", _renamed), Migration("0.4.0", "in pairs", _doubled))
FIRST: Values = {"model": "swarm", "nodes": 3}


def test_schema_1_is_kept_without_a_number_so_that_no_state_of_it_changes() -> None:
    assert stored(FIRST, ()) == FIRST
    assert restored(FIRST, ()) == FIRST
    spec = build_spec([{"model": "swarm"}])
    assert not MIGRATIONS
    assert stored(spec.model_dump(mode="json")) == spec.model_dump(mode="json")
    assert "bay:schema" not in config_of(spec)


def test_a_later_schema_is_kept_with_its_number_and_the_first_release_that_reads_it() -> None:
    assert stored({"model": "swarm", "size": 6}, TWO) == {
        "model": "swarm",
        "size": 6,
        "schema": {"number": 3, "release": "0.4.0"},
    }


@pytest.mark.parametrize(
    ("kept", "size"),
    [
        (FIRST, 6),
        ({**FIRST, "schema": 1}, 6),
        ({"model": "swarm", "size": 3, "schema": {"number": 2, "release": "0.2.0"}}, 6),
        ({"model": "swarm", "size": 3, "schema": {"number": 2.0, "release": "0.2.0"}}, 6),
        ({"model": "swarm", "size": 3, "schema": {"number": 3, "release": "0.4.0"}}, 3),
    ],
)
def test_what_any_earlier_release_kept_goes_through_all_that_changed_since(kept: Values, size: int) -> None:
    before = dict(kept)
    assert restored(kept, TWO) == {"model": "swarm", "size": size}
    assert kept == before, "nothing is changed in place"
    assert is_current(kept, TWO) is (size == 3)


def test_what_is_kept_is_what_comes_back() -> None:
    assert restored(stored({"size": 1}, TWO), TWO) == {"size": 1}


@pytest.mark.parametrize(
    ("schema", "hint"),
    [
        ({"number": 4, "release": "0.9.0"}, "use bay 0.9.0, or a later one"),
        ({"number": 4}, "use bay of the release that changed it last, or a later one"),
        (4, "use bay of the release that changed it last, or a later one"),
    ],
)
def test_what_a_later_release_kept_is_refused_with_the_release_that_reads_it(schema: Any, hint: str) -> None:
    with pytest.raises(NewerSchema) as refused:
        restored({**FIRST, "schema": schema}, TWO)
    assert refused.value.message == "its spec is of schema 4, and this release of bay reads schemas up to 3"
    assert refused.value.hint == hint


@pytest.mark.parametrize("schema", [0, -1, "2", True, 1.5, [], {}, {"number": "x"}])
def test_what_is_no_number_is_an_error(schema: Any) -> None:
    with pytest.raises(BayError, match=r"schema: .* is no schema of a spec"):
        restored({**FIRST, "schema": schema}, TWO)


def test_a_file_of_a_later_release_is_refused_under_pulumi_up_too() -> None:
    config = {"bay:model": "swarm", "bay:schema": '{"number": 2, "release": "0.2.0"}'}
    message, hint, _ = told(lambda: spec_of("demo", config))
    assert message == "its spec is of schema 2, and this release of bay reads schemas up to 1"
    assert hint == "use bay 0.2.0, or a later one"


def test_the_key_is_no_field_of_a_spec() -> None:
    assert "schema" not in BaySpec.model_fields
    with pytest.raises(BayError, match="schema: no such field"):
        parse({"model": "swarm", "coe": "swarm", "image": "debian", "schema": 1})
