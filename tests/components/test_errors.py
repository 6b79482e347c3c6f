"""What a message offers where a name is wrong."""

import pytest

from bay.components.errors import nearest


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("m1.smal", ["m1.small", "m1.large", "tiny"], "nearest: m1.small, m1.large"),
        ("zzz", ["b", "a"], "there is: a, b"),
        ("zzz", ["a", None, "", "a"], "there is: a"),
        ("zzz", [], "there is none"),
        ("zzz", [str(number) for number in range(10)], "there is: 0, 1, 2, 3, 4, 5, 6, 7, ..."),
    ],
)
def test_the_nearest_names_are_offered_else_all_of_a_short_list(word: str, known: list[str | None], hint: str) -> None:
    assert nearest(word, known) == hint
