"""Whether a passphrase opens a state is told as Pulumi tells it."""

import json

import pytest

from bay.stacks.state.salt import new_salt, opens
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


def test_a_new_salt_is_opened_by_its_passphrase_and_is_another_one_each_time() -> None:
    one, other = new_salt("words"), new_salt("words")
    assert one != other
    assert opens(one, "words")
