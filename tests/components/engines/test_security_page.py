"""docs/security.md says who holds which secret; the rendered boot data agree."""

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bay.components.engines import ENGINES, Client, Facts
from bay.components.node.credentials import Generation
from bay.components.node.user_data import user_data
from tests import quick_yaml
from tests.components.engines.door import retired_keys
from tests.paths import DOCS

PAGE = DOCS / "security.md"
ROW = re.compile(r"^\| `(\w+)` \|[^|]*\| (\w+) \| (\w+) \| (\w+) \| (\w+) \|$", re.MULTILINE)
TABLE = {
    name: dict(zip(("state", "master", "node", "client"), cells, strict=True))
    for name, *cells in ROW.findall(PAGE.read_text())
}


def texts(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        document = [*document.keys(), *document.values()]
    if isinstance(document, list):
        for part in document:
            yield from texts(part)
    else:
        yield str(document)


def holds(document: Any, secret: str) -> bool:
    whole = "\n".join(texts(document))
    return secret.strip() in whole or b64encode(secret.strip().encode())[:60].decode() in whole


def test_the_table_has_every_secret(generation: Generation) -> None:
    assert set(TABLE) == set(generation) - {"phase", "serial", "engine"}
    assert {cells["state"] for cells in TABLE.values()} == {"yes"}


@pytest.mark.parametrize("role", ["master", "node"])
@pytest.mark.parametrize("secret", TABLE)
def test_a_server_is_given_what_the_table_says(role: str, secret: str, facts: Facts, generation: Generation) -> None:
    document = quick_yaml.load(user_data(ENGINES["swarm"], replace(facts, group=role)))
    value: str = generation[secret]  # type: ignore[literal-required]
    assert holds(document, value) is (TABLE[secret][role] == "yes")


@pytest.mark.parametrize("secret", TABLE)
def test_a_client_is_given_what_the_table_says(secret: str, generation: Generation) -> None:
    value: str = generation[secret]  # type: ignore[literal-required]
    files = ENGINES["swarm"].client_files(Client("demo", ("demo.example:2376",), [generation]))
    assert holds(files, value) is (TABLE[secret]["client"] == "yes")


def test_no_server_is_given_a_secret_of_another_generation(facts: Facts, generation: Generation) -> None:
    words = {key: f"retired {key}" for key in TABLE}
    old: Any = {**generation, **words, "phase": "previous", "serial": 0}
    for role in ("master", "node"):
        text = user_data(ENGINES["swarm"], replace(facts, group=role, generations=[old, generation]))
        assert set(re.findall(r"retired \w+", text)) == retired_keys(role)
