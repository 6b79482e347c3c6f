"""Whether a passphrase opens a state is told as Pulumi tells it."""

import json

import pytest

from bay.stacks.state.salt import opens
from tests.paths import ROOT

RECORDED = json.loads((ROOT / "tests" / "recorded" / "bay-0.1.0.json").read_text())
SALT = RECORDED["deployment"]["secrets_providers"]["state"]["salt"]
"""As Pulumi wrote it, with the passphrase "recorded"."""


@pytest.mark.parametrize("word", ["recorded", " recorded\n"])
def test_the_passphrase_of_the_state_opens_it(word: str) -> None:
    assert opens(SALT, word)


@pytest.mark.parametrize(
    ("salt", "word"),
    [
        (SALT, "Recorded"),
        (SALT, ""),
        ("", "recorded"),
        ("v1:x", "recorded"),
        (SALT.replace("v1:", "v1:ä", 1), "recorded"),
        (SALT[:-8], "recorded"),
        (":".join([*SALT.split(":")[:3], "", SALT.split(":")[4]]), "recorded"),
    ],
)
def test_nothing_else_does(salt: str, word: str) -> None:
    assert not opens(salt, word)
