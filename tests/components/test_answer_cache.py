"""Answers that are kept: asked for once by all who need them, and again when they are old."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from bay.components import answer_cache
from bay.components.answer_cache import AnswerCache


def test_a_list_is_asked_for_once_until_it_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    now, asked = [5.0], list[str]()
    monkeypatch.setattr(answer_cache, "time", SimpleNamespace(monotonic=lambda: now[0]))
    lists = AnswerCache[list[str]](30)
    for seconds, whose in ((5, ["p1"]), (34, ["p1"]), (35, ["p2"])):
        now[0] = float(seconds)
        with ThreadPoolExecutor(4) as pool:
            found = pool.map(lambda _: lists.get("ports", lambda: asked.append("x") or [f"p{len(asked)}"]), range(8))
            assert list(found) == [whose] * 8
    assert lists.get("routers", lambda: ["r"]) == ["r"]


def test_of_one_look_nothing_is_asked_twice() -> None:
    lists, answers = AnswerCache[list[str]](), iter([[], ["later"]])
    assert [lists.get("ports", lambda: next(answers)) for _ in range(2)] == [[], []]


def test_of_keys_without_end_nothing_stays_but_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(answer_cache, "time", SimpleNamespace(monotonic=lambda: now[0]))
    answers = AnswerCache[int](30)
    with ThreadPoolExecutor(4) as pool:
        for number in range(3 * answer_cache.MANY):
            now[0] += 1
            assert set(pool.map(lambda _, one=number: answers.get(one, lambda: one), range(2))) == {number}
    with pytest.raises(ZeroDivisionError):
        answers.get("fails", lambda: 1 // 0)
    assert not answers._asking
    assert len(answers._kept) <= answer_cache.MANY
