"""A request as a line: what it holds where nothing is said, and that nothing of it is printed that is secret."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from bay.components.errors import InvalidInput
from bay.stacks.worker import OPERATIONS
from bay.stacks.worker_request import Operation, Place, Request, parse

PLACE = {"cache": "/c", "data": "/d", "config": "/e", "state": "s3://bays", "environment": {"AWS_SECRET": "hidden"}}
STATUS: dict[str, Any] = {"id": "1", "op": "status", "bay": "demo", "place": PLACE}


def test_what_is_not_said_is_the_default() -> None:
    place = Place(
        cache=Path("/c"), data=Path("/d"), config=Path("/e"), state="s3://bays", environment=PLACE["environment"]
    )  # type: ignore[arg-type]
    assert parse(json.dumps(STATUS)) == Request(id="1", op="status", bay="demo", place=place)


def test_every_operation_is_carried_out_by_something() -> None:
    assert set(OPERATIONS) == set(get_args(Operation))


def test_the_environment_is_not_printed() -> None:
    assert "hidden" not in repr(parse(json.dumps(STATUS)))


@pytest.mark.parametrize("field", ["id", "op", "bay", "place"])
def test_what_every_request_needs_is_named(field: str) -> None:
    line = json.dumps({key: value for key, value in STATUS.items() if key != field})
    with pytest.raises(InvalidInput, match=f"^request.{field}: Field required$"):
        parse(line)
