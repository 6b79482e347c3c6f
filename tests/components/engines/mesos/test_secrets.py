"""docs/security.md says who holds which secret of a Mesos bay; the rendered boot data agree."""

import re
from base64 import b64encode
from dataclasses import replace
from typing import Any

import pytest

from bay.components.engines import ENGINES, Client, Facts
from bay.components.node.credentials import Generation
from bay.components.node.user_data import user_data
from tests.components.engines.door import retired_keys
from tests.components.engines.mesos.machine import SECRETS, mesos_facts
from tests.paths import DOCS

MESOS = ENGINES["mesos"]
PAGE = (DOCS / "security.md").read_text()
SECTION = PAGE.partition("\n## Mesos\n")[2].partition("\n## ")[0]
TABLE = {
    name: dict(zip(("master", "node", "client"), cells, strict=True))
    for name, *cells in re.findall(r"^\| `(\w+)` \|[^|]*\| (yes|no) \| (yes|no) \| (yes|no) \|$", SECTION, re.MULTILINE)
}


def holds(text: str, secret: str) -> bool:
    """PEM is indented where it stands in a document."""
    plain = re.sub(r"^ +", "", text, flags=re.MULTILINE)
    return secret.strip() in plain or b64encode(secret.strip().encode())[:60].decode() in plain


def value(secret: str, generation: Generation) -> str:
    return SECRETS.get(secret) or str(generation[secret])  # type: ignore[literal-required]


def test_the_table_has_every_secret(generation: Generation) -> None:
    assert set(TABLE) == set(generation) - {"phase", "serial", "engine"} | set(SECRETS)
    assert set(SECRETS) == set(MESOS.secrets)


@pytest.mark.parametrize("role", ["master", "node"])
@pytest.mark.parametrize("secret", TABLE)
def test_a_server_is_given_what_the_table_says(role: str, secret: str, facts: Facts, generation: Generation) -> None:
    given = mesos_facts(facts, generation, options={"marathon": True})
    text = user_data(MESOS, replace(given, group=role))
    assert holds(text, value(secret, generation)) is (TABLE[secret][role] == "yes")


@pytest.mark.parametrize("secret", TABLE)
def test_a_client_is_given_what_the_table_says(secret: str, facts: Facts, generation: Generation) -> None:
    generations = mesos_facts(facts, generation).generations
    text = "\n".join(MESOS.client_files(Client("demo", ("demo.example:5050",), generations)).values())
    assert holds(text, value(secret, generation)) is (TABLE[secret]["client"] == "yes")


@pytest.mark.parametrize("role", ["master", "node"])
def test_no_server_is_given_a_secret_of_another_generation(role: str, facts: Facts, generation: Generation) -> None:
    given = mesos_facts(facts, generation)
    words = {key: f"retired {key}" for key in generation if key not in ("phase", "serial")}
    engine = {key: f"retired {key}" for key in SECRETS}
    old: Any = {**words, "engine": engine, "phase": "previous", "serial": 0}
    text = user_data(MESOS, replace(given, group=role, generations=[old, *given.generations]))
    assert set(re.findall(r"retired(?: \w+)?", text)) == retired_keys(role) & {"retired member_public_key"}
