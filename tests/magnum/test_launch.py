"""When a conductor starts a runner."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bay.magnum import launch
from bay.magnum.jobs import Lease
from bay.magnum.launch import Launcher
from tests.magnum.site import make_site


def test_a_runner_is_started_where_none_works_and_not_too_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, now = make_site(tmp_path, 60), [1000.0]
    monkeypatch.setattr(launch.time, "monotonic", lambda: now[0])
    launcher = Launcher(replace(site.settings, lease=60), site.jobs)
    started: list[Any] = []
    monkeypatch.setattr(launcher, "start", lambda *words: started.append(words))

    def ensure(after: float) -> list[Any]:
        now[0] += after
        started.clear()
        launcher.ensure(site.jobs.get("c"))
        return list(started)

    site.want("create")
    assert ensure(0) == [("c", None)]
    assert ensure(5) == []  # it has not come to taking the lease yet
    assert ensure(20) == [("c", None)]
    site.jobs.take("c", "a")
    assert ensure(0) == []
    assert ensure(59) == []
    site.jobs.beat("c", "a")
    assert ensure(2) == []
    assert ensure(59) == []
    assert ensure(2) == [("c", Lease("a", 2))]
    assert ensure(5) == []
    site.jobs.begin("c", "a")
    site.jobs.finish("c", "a", 1, {"ok": True})
    assert ensure(200) == []
