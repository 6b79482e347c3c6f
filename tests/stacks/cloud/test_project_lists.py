"""Lists of a project: asked for once by all who need them, and again when they are old."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from bay.stacks.cloud import project_lists
from bay.stacks.cloud.project_lists import ProjectLists


def test_a_list_is_asked_for_once_until_it_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    now, asked = [5.0], list[str]()
    monkeypatch.setattr(project_lists, "time", SimpleNamespace(monotonic=lambda: now[0]))
    lists = ProjectLists(30)
    for seconds, whose in ((5, ["p1"]), (34, ["p1"]), (35, ["p2"])):
        now[0] = float(seconds)
        with ThreadPoolExecutor(4) as pool:
            found = pool.map(lambda _: lists.of("ports", lambda: asked.append("x") or [f"p{len(asked)}"]), range(8))
            assert list(found) == [whose] * 8
    assert lists.of("routers", lambda: ["r"]) == ["r"]


def test_of_one_look_nothing_is_asked_twice() -> None:
    lists, answers = ProjectLists(), iter([[], ["later"]])
    assert [lists.of("ports", lambda: next(answers)) for _ in range(2)] == [[], []]
