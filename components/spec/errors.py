"""pydantic's validation errors in words of the spec: which field, what is wrong, what to write instead."""

import types
import typing
from collections.abc import Iterable

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bay.components.errors import nearest

HINT = "see 'bay model fields' for every field and its values"


def first_error(error: ValidationError, model: type[BaseModel]) -> tuple[str, str]:
    """(what is wrong, what to do) of the first mistake; the number of further ones is said too."""
    problems = error.errors(include_url=False)
    problem = problems[0]
    path = tuple(problem["loc"])
    field = _dotted(path)
    if problem["type"] == "extra_forbidden":
        known = _fields_at(model, path[:-1])
        message, hint = f"{field}: no such field", nearest(str(path[-1]), known)
    elif problem["type"] == "missing":
        message, hint = f"{field}: is missing", f"use --set {field}=VALUE, or name a model that has it"
    elif problem["type"] == "string_pattern_mismatch":
        message = f"{field.removesuffix('.[key]')}: {problem['input']!r} has the wrong form"
        hint = _description(model, path)
    else:
        message, hint = ": ".join(filter(None, (field, _sentence(problem)))), HINT
    if len(problems) > 1:
        others = ", ".join(sorted({_dotted(p["loc"]) for p in problems[1:]}))
        message += f" (and {len(problems) - 1} more: {others})"
    return message, hint


KNOWN = {
    "model_type": "must have fields of its own",
    "tuple_type": "must be a list, for example [A, B]",
    "string_type": "must be text, in quotes where it looks like a number",
    "string_too_short": "must not be empty",
}
"""pydantic's type of error -> what a user understands."""


def _sentence(problem: ErrorDetails) -> str:
    if problem["type"] == "value_error":  # of the spec's own checks: they say all there is to say
        return problem["msg"].removeprefix("Value error, ")
    told = problem["msg"].removeprefix("Input ").replace("should be", "must be")
    return f"{KNOWN.get(problem['type'], told)}, got {problem['input']!r}"


def _dotted(path: Iterable[int | str]) -> str:
    return ".".join(str(part) for part in path)


def _description(model: type[BaseModel], path: tuple[int | str, ...]) -> str:
    """What the innermost field on the path is for."""
    kind, said = typing.cast(object, model), HINT
    for part in path:
        plain = _plain(kind)
        if part == "[key]":
            break
        if isinstance(plain, type) and issubclass(plain, BaseModel):
            said = plain.model_fields[str(part)].description or said
        kind = _inside(plain, part)
    return said


def _fields_at(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """Field names of the nested model at `path`."""
    kind: object = model
    for part in path:
        kind = _inside(_plain(kind), part)
    found = _plain(kind)
    assert isinstance(found, type)
    assert issubclass(found, BaseModel)
    return list(found.model_fields)


def _plain(annotation: object) -> object:
    """An annotation without what pydantic checks, and without None."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType, typing.Annotated):
        return next(_plain(a) for a in typing.get_args(annotation) if a is not type(None))
    return annotation


def _inside(kind: object, part: int | str) -> object:
    """What a model's field, a mapping's value or a list's item may be."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind.model_fields[str(part)].annotation
    return typing.get_args(kind)[1 if typing.get_origin(kind) is dict else 0]
