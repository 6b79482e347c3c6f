"""Runners, with a program in the place of the worker: what is asked of a bay, and in which order."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from bay.magnum import runner as module
from bay.magnum.runner import Runner
from tests.magnum.site import Site, make_site


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(module, "PAUSES", (0.01, 0.01))
    return make_site(tmp_path, 60)


def test_a_bay_is_created_with_its_login_and_its_servers_are_told(site: Site) -> None:
    site.want("create", nodes=2, authority={"key": "k", "certificate": "c"})
    job = site.run()
    assert job.is_done
    assert job.lease is None
    assert job.outcome["ok"]
    assert [server["name"] for server in job.outcome["servers"]] == [
        "physics-master-0",
        "physics-node-0",
        "physics-node-1",
    ]
    (asked,) = site.said
    assert asked["authority"] == {"key": "k", "certificate": "c"}
    assert asked["login"] == {"clouds": {"magnum": {"auth": {"application_credential_id": "7"}}}}
    assert not list(site.folder.rglob("clouds.yaml"))


def test_the_newest_wish_is_carried_out_and_those_between_are_not(site: Site) -> None:
    site.want("create")
    site.run()
    for nodes in (2, 3, 4):
        site.want("update", nodes=nodes)
    assert site.run().done == 4
    assert site.operations == ["create", "update"]


def test_groups_that_are_no_longer_wanted_go(site: Site) -> None:
    site.want("create")
    site.want("update", groups={"gpu": {"count": 1}, "big": {"count": 1}})
    site.run()
    site.want("update", groups={"big": {"count": 1}})
    site.run()
    assert site.said[-1]["layers"][0]["node_groups"] == {"big": {"count": 1}, "gpu": None}


@pytest.mark.parametrize(
    "word", ["id-physics-node-1", "physics-node-1", "a-physics-node-1", "1"], ids=["id", "name", "address", "index"]
)
def test_nodes_are_removed_however_they_are_named(site: Site, word: str) -> None:
    site.want("create", nodes=3)
    site.run()
    site.want("update", nodes=2, remove={"node": [word, "unknown"]})
    job = site.run()
    assert [server["name"] for server in job.outcome["servers"]][1:] == ["physics-node-0", "physics-node-2"]
    assert len(site.operations) == 2


def test_nodes_of_several_groups_are_removed(site: Site) -> None:
    site.want("create", nodes=2)
    site.run()
    site.want("update", nodes=2, groups={"big": {"count": 2}})
    site.run()
    site.want("update", nodes=1, groups={"big": {"count": 1}}, remove={"node": ["0"], "big": ["0"], "away": ["0"]})
    names = [server["name"] for server in site.run().outcome["servers"]]
    assert names == ["physics-master-0", "physics-node-1", "physics-big-1"]


def test_a_creation_that_was_done_when_its_process_was_killed_is_not_an_error(site: Site) -> None:
    site.want("create")
    site.run()
    site.want("create", nodes=2)
    assert site.run().outcome["ok"]
    assert site.operations == ["create", "create", "update"]


def test_a_change_of_a_bay_that_was_never_created_creates_it(site: Site) -> None:
    site.want("update", nodes=2)
    assert site.run().outcome["ok"]
    assert site.operations == ["create"]


def test_a_failure_is_told_with_what_there_is(site: Site) -> None:
    site.want("create", nodes=2)
    site.run()
    site.answer(update={"family": "QuotaExceeded", "message": "the quota of cores is too low"})
    site.want("update", nodes=9)
    outcome = site.run().outcome
    assert (outcome["ok"], outcome["family"]) == (False, "QuotaExceeded")
    assert outcome["reason"] == "the quota of cores is too low"
    assert len(outcome["servers"]) == 3


def test_a_busy_cloud_is_asked_again(site: Site) -> None:
    site.answer(create={"family": "CloudBusy", "message": "the cloud turns calls away"})
    site.want("create")
    assert site.run().outcome["reason"] == "the cloud turns calls away"
    assert site.operations == ["create"] * 3


def test_a_newer_wish_does_not_wait_for_a_busy_cloud(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSES", (3600,))
    site.settings = replace(site.settings, lease=1)
    site.answer(create={"family": "CloudBusy", "message": "the cloud turns calls away"})
    site.want("create")
    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(site.run)
        while not site.operations:
            time.sleep(0.05)
        site.want("delete")
        assert ended.result(60).outcome["ok"]
    assert site.operations == ["create", "delete"]


def test_a_worker_that_dies_is_started_again(site: Site) -> None:
    site.answer(create={"die": True})
    site.want("create")
    assert site.run().outcome["family"] == "Died"
    assert site.operations == ["create"] * 3


def test_a_bay_that_is_gone_already_is_deleted(site: Site) -> None:
    site.want("delete")
    assert site.run().outcome["ok"]


def test_nothing_is_asked_of_a_cluster_that_never_had_a_login(site: Site) -> None:
    site.jobs.want("c", "delete", lambda _: {"bay": "physics"}, {})
    assert site.run().outcome["ok"]
    assert site.said == []


def test_a_job_that_kills_its_process_each_time_ends_as_a_failure(site: Site) -> None:
    site.want("create")
    for number in range(module.TRIES):
        lease = site.jobs.get("c").lease
        site.jobs.take("c", f"killed {number}", lease)
        site.jobs.begin("c", f"killed {number}")
    lease = site.jobs.get("c").lease
    Runner(site.settings, site.jobs, "c", "last").run(lease)
    assert "ended 4 times" in site.jobs.get("c").outcome["reason"]
    assert site.said == []
