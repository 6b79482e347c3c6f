"""A plan as JSON: what its published schema and its page say, and the same plan again when it is read back."""

import json
import os
from typing import Any

from pydantic import TypeAdapter

from bay.stacks.approval import Risk
from bay.stacks.plan.document import document, schema
from bay.stacks.plan.types import VERSION, Plan
from tests.fakes.plans import COMPARED, PLAN
from tests.paths import DOCS


def test_the_document_has_a_version_and_is_what_its_schema_says() -> None:
    values = json.loads(json.dumps(document(PLAN)))
    described = schema()
    assert values["version"] == VERSION == 2
    assert values["counts"] == {"resize": 1, "create": 1}
    assert values["compared"] == {"with_cloud": False, "changed_at": "2026-01-02T03:04:05Z", "seconds": 1.25}
    assert values["changes"][0]["diffs"] == [{"path": "flavorId", "old": "a", "new": "b"}]
    assert values["quota"] == [{"resource": "cores", "needed": 2, "used": 4, "limit": 200}]
    assert values["impact"] == ["pods move"]
    assert [risk["kind"] for risk in values["risks"]] == ["batch", "open"]
    assert set(values) == set(described["properties"]) == set(described["required"])
    own = {key: value for key, value in values.items() if key not in ("empty", "counts", "summary")}
    assert TypeAdapter(Plan).validate_python(own) == PLAN


def keys(value: Any) -> set[str]:
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (set(value) if isinstance(value, dict) else set()) | {key for item in below for key in keys(item)}


def test_the_page_names_every_field_of_the_document() -> None:
    page = (DOCS / "preview.md").read_text()
    counted = set(document(PLAN)["counts"])
    missing = {key for key in keys(document(PLAN)) - counted if f"`{key}`" not in page}
    assert missing == set()


def test_a_document_that_went_through_json_is_the_same() -> None:
    one = Plan("physics", True, COMPARED, changes=PLAN.changes, risks=(Risk("batch", "many go", ("a",)),))
    for plan in (one, PLAN, Plan("new", False, COMPARED)):
        assert json.loads(json.dumps(document(plan))) == document(plan)


def test_notes_are_of_the_document() -> None:
    note = "the previous run was interrupted while creating Instance demo-node-1"
    assert document(Plan("demo", True, COMPARED, notes=(note,)))["notes"] == [note]


def test_the_published_schema_is_that_of_the_document() -> None:
    golden = DOCS / "preview.schema.json"
    text = json.dumps(schema(), indent=2) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text)
    assert text == golden.read_text(), "UPDATE_GOLDEN=1 pytest writes it again"
    assert golden.name in golden.with_name("preview.md").read_text()
