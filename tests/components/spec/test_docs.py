"""The reference of the spec's fields: the page is the code's, and every field is in it with its meaning."""

import os

import pytest

from bay.components.engines import ENGINES
from bay.components.spec.docs import option_fields, page, spec_fields
from bay.components.spec.merge import build_spec
from bay.components.spec.provenance import leaves
from tests.paths import DOCS

PAGE = DOCS / "spec.md"
EVERY = [*spec_fields(), *(field for coe in ENGINES for field in option_fields(coe))]


def test_the_page_is_what_the_code_says() -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(page())
    assert page() == PAGE.read_text(), "make golden writes it anew"


def test_every_value_of_a_spec_is_in_the_reference() -> None:
    spec = build_spec(
        [
            {"model": "swarm", "node_groups": {"gpu": {"boot_volume": 20, "engine_volume": 20}}},
            {"snippets": {"NAME": {}}, "masters": {"boot_volume": 20, "engine_volume": 20, "state_volume": 20}},
            {"nodes": {"boot_volume": 20, "engine_volume": 20}},
        ]
    )
    said = {".".join(path).replace(".gpu.", ".NAME.") for path, _ in leaves(spec.model_dump(mode="json"))}
    assert said <= {field.path for field in EVERY}


@pytest.mark.parametrize("field", EVERY, ids=lambda field: f"{field.path} {field.coe}")
def test_every_field_says_what_it_means(field) -> None:  # type: ignore[no-untyped-def]
    assert len(field.description) > 5
    assert field.description.endswith((".", "..."))
    assert field.kind != "anything" or "mapping" in field.kind


@pytest.mark.parametrize(
    ("path", "kind", "default"),
    [
        ("coe", "text", "required"),
        ("keypair", "text, or empty", "empty"),
        ("nodes.count", "number, 0 to 5000", "2"),
        ("masters.count", "number, 1 to 7", "1"),
        ("nodes.max", "number, 0 to 5000, or empty", "empty"),
        ("nodes.removed", "list of number, 0 or more", "[]"),
        ("node_groups.NAME.labels", "mapping of text to text", "{}"),
        ("masters.state_volume", "mapping, or empty", "empty"),
        ("masters.state_volume.size", "number, 1 to 100000", "required"),
        ("network.cidr", "CIDR of IPv4", "10.80.0.0/20"),
        ("network.dns", "list of IP address", "[]"),
        ("access.api", "list of CIDR", "[]"),
        ("endpoint.kind", "`masters`, `virtual-ip`, `load-balancer`", "masters"),
        ("snippets.NAME.commands", "list of list of text", "[]"),
        ("snippets.NAME.roles", "list of `master`, `node`", '["master", "node"]'),
    ],
)
def test_types_and_defaults_are_said_in_words(path: str, kind: str, default: str) -> None:
    field = next(field for field in EVERY if field.path == path)
    assert (field.kind, field.default) == (kind, default)


def test_a_field_that_may_be_empty_is_empty_unless_said() -> None:
    """What `null` in a spec file relies on: it takes a value away, and the default comes back."""
    assert [field.path for field in EVERY if field.kind.endswith("or empty") and field.default != "empty"] == []
