"""A passphrase can be tried on what Pulumi keeps beside its salt."""

import pytest

from bay.stacks.state.salt import new_salt, opens

OF_PULUMI = "v1:gM0x9OvdRK8=:v1:bIpwYY3FwKdPXaPw:007bLFrJBXoF3CTb2x+KHcwe93HoSA=="
"""Taken over into a state by Pulumi 3.259.0, under the passphrase `geheim`."""


@pytest.mark.parametrize(
    ("words", "salt", "right"),
    [
        ("geheim", OF_PULUMI, True),
        ("other", OF_PULUMI, False),
        ("geheim", "", False),
        ("geheim", "v1:x", False),
        ("geheim", OF_PULUMI.replace("007b", "107b"), False),
    ],
)
def test_only_the_right_words_open_it(words: str, salt: str, right: bool) -> None:
    assert opens(words, salt) is right


def test_a_new_salt_is_opened_by_its_words_and_is_another_one_each_time() -> None:
    one, other = new_salt("words"), new_salt("words")
    assert one != other
    assert opens("words", one)
