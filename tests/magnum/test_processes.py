"""Runners as processes, which are killed and stopped, and which several conductors start; `make test` runs this."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from bay.magnum.jobs import Job
from bay.magnum.launch import Launcher
from tests.magnum.site import WORKER, Site, make_site
from tests.waiting import eventually

pytestmark = pytest.mark.toolchain  # it needs none of it, but is too slow for `make check`


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return make_site(tmp_path, 3)


@pytest.fixture
def launchers(site: Site) -> Iterator[Callable[[], Launcher]]:
    """Makes conductors."""
    made: list[Launcher] = []

    def make() -> Launcher:
        made.append(Launcher(site.settings, site.jobs))
        return made[-1]

    yield make
    for child in [child for launcher in made for child in launcher.children]:
        child.kill()
        child.wait()


@pytest.fixture
def launcher(launchers: Callable[[], Launcher]) -> Launcher:
    return launchers()


def finish(site: Site, launcher: Launcher) -> Job:
    """As the conductor's periodic task does."""

    def is_done() -> bool:
        job = site.jobs.get("c")
        launcher.ensure(job)
        return job.is_done

    eventually(is_done)
    return site.jobs.get("c")


def workers(site: Site) -> list[int]:
    """Process ids of this site's workers."""
    found = subprocess.run(["pgrep", "-f", f"{WORKER} {site.folder}"], capture_output=True, text=True)
    return [int(word) for word in found.stdout.split()]


def test_a_deletion_interrupts_a_creation(site: Site, launcher: Launcher) -> None:
    site.answer(create={"sleep": 600})
    site.want("create")
    launcher.start("c")
    eventually(lambda: site.operations == ["create"])
    site.want("delete")
    launcher.start("c")
    assert finish(site, launcher).outcome["ok"]
    assert site.operations == ["create", "delete"]
    assert not (site.folder / "bay.json").exists()


def test_a_killed_runner_takes_its_worker_along_and_another_goes_on(site: Site, launcher: Launcher) -> None:
    site.answer(create={"sleep": 600})
    site.want("create")
    launcher.start("c")
    eventually(lambda: site.operations == ["create"])
    os.kill(launcher.children[0].pid, signal.SIGKILL)
    eventually(lambda: not workers(site))
    site.answer()
    assert finish(site, launcher).outcome["ok"]
    assert site.operations == ["create", "create"]


def test_two_conductors_start_two_runners_and_one_works(
    site: Site, launcher: Launcher, launchers: Callable[[], Launcher]
) -> None:
    other = launchers()
    site.answer(create={"sleep": 1})
    site.want("create")
    for one in (launcher, other, launcher, other):
        one.start("c")
    assert finish(site, launcher).outcome["ok"]
    for child in (*launcher.children, *other.children):
        child.wait()
    assert site.operations == ["create"]


def test_a_runner_that_was_stopped_for_too_long_ends_itself(
    site: Site, launcher: Launcher, launchers: Callable[[], Launcher]
) -> None:
    """As a machine that was suspended: another has taken over, and what woke up must not work on."""
    site.answer(create={"sleep": 600})
    site.want("create")
    launcher.start("c")
    eventually(lambda: site.operations == ["create"])
    old = launcher.children[0]
    os.kill(old.pid, signal.SIGSTOP)
    site.answer()
    assert finish(site, launchers()).outcome["ok"]
    os.kill(old.pid, signal.SIGCONT)
    assert old.wait() == 1
    eventually(lambda: not workers(site))


@pytest.mark.long
def test_fifty_kills_of_runners_and_workers_lose_no_wish_and_do_none_twice_at_once(
    site: Site, launchers: Callable[[], Launcher]
) -> None:
    """At any point: while the lease is taken, the worker starts, works or answers, or the outcome is noted."""
    conductors = launchers(), launchers()
    random = Random(7)
    site.want("create")
    for number in range(50):
        site.answer(update={"sleep": random.choice([0, 0.3])})
        wanted = site.want("update", nodes=number % 7, groups={"own": {"count": 1}} if number % 3 else {})
        conductors[number % 2].start("c")
        time.sleep(random.uniform(0, 1.5))
        runners = [child.pid for launcher in conductors for child in launcher.children if child.poll() is None]
        for pid in {0: runners, 1: workers(site), 2: [*workers(site), *runners]}[number % 3]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        job = finish(site, conductors[(number + 1) % 2])
        assert (job.done, job.outcome["ok"]) == (wanted, True), job.outcome
        bay = json.loads((site.folder / "bay.json").read_text())
        assert (bay["groups"]["node"]["count"], "own" in bay["groups"]) == (number % 7, bool(number % 3))
    assert not (site.folder / "overlap").exists()
