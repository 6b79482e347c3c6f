"""A plan as one JSON document, and the schema of that; docs/preview.md tells it to people."""

from functools import cache
from typing import Any

from pydantic import TypeAdapter

from bay.stacks.plan.types import Plan


@cache
def _adapter() -> TypeAdapter[Plan]:
    return TypeAdapter(Plan)


def document(plan: Plan) -> dict[str, Any]:
    """The plan as plain values: every field of `Plan`, and what its properties say."""
    values: dict[str, Any] = _adapter().dump_python(plan, mode="json")
    return {**values, "empty": plan.empty, "counts": plan.counts, "summary": plan.summary}


def schema() -> dict[str, Any]:
    """JSON schema of `document`."""
    made = _adapter().json_schema(mode="serialization")
    made["properties"] |= {
        "empty": {"type": "boolean"},
        "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
        "summary": {"type": "string"},
    }
    made["required"] = sorted(made["properties"])
    made["additionalProperties"] = False
    return made
