"""Runners, with a program in the place of the worker: what is asked of a bay, and in which order."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from bay.components.errors import BayError
from bay.magnum import runner as module
from bay.magnum import upgrades
from bay.magnum.runner import Runner
from bay.magnum.upgrades import require_possible
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


@pytest.mark.parametrize("family", ["CloudBusy", "Unreachable"])
def test_a_busy_cloud_is_asked_again(site: Site, family: str) -> None:
    site.answer(create={"family": family, "message": "the cloud turns calls away"})
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


UPGRADE = {
    **{"template": "t2", "labels": {}, "image": "new", "version": "", "model": "", "max_unavailable": "2"},
    **{"group": "", "alone": True},
}


def test_a_cluster_is_upgraded_and_magnum_is_told_to_what(site: Site) -> None:
    site.want("create")
    site.run()
    site.want("update", upgrade=UPGRADE)
    outcome = site.run().outcome
    assert (outcome["ok"], outcome["upgraded"]) == (True, {**UPGRADE, "version": "1.34.2"})
    assert site.operations == ["create", "upgrade"]
    asked = next(request for request in site.said if request["op"] == "upgrade")
    fields = ("image", "version", "model", "max_unavailable", "timeout", "allow")
    assert [asked[name] for name in fields] == ["new", "", "", "2", 60, ["batch"]]
    assert "group" not in asked


def test_a_resize_on_top_of_an_upgrade_comes_after_it(site: Site) -> None:
    site.want("create")
    site.run()
    site.want("update", nodes=3, upgrade={**UPGRADE, "alone": False})
    outcome = site.run().outcome
    assert site.operations == ["create", "upgrade", "update"]
    assert (len(outcome["servers"]), outcome["upgraded"]["template"]) == (4, "t2")


def test_an_upgrade_that_is_done_is_told_though_the_resize_on_top_of_it_fails(site: Site) -> None:
    site.want("create")
    site.run()
    site.answer(update={"family": "QuotaExceeded", "message": "the quota of cores is too low"})
    site.want("update", nodes=9, upgrade={**UPGRADE, "alone": False})
    outcome = site.run().outcome
    assert (outcome["ok"], outcome["upgraded"]["template"]) == (False, "t2")


def test_an_upgrade_that_fails_is_told_without_a_template(site: Site) -> None:
    site.want("create")
    site.run()
    site.answer(upgrade={"family": "NotReady", "message": "physics-node-0 does not come back"})
    site.want("update", upgrade=UPGRADE)
    outcome = site.run().outcome
    assert (outcome["ok"], outcome["reason"]) == (False, "physics-node-0 does not come back")
    assert "upgraded" not in outcome
    assert len(outcome["servers"]) == 2


def test_a_group_alone_gets_the_image_of_its_cluster(site: Site) -> None:
    site.want("create")
    site.want("update", groups={"gpu": {"count": 1, "image": "own"}})
    site.run()
    group = {**UPGRADE, "group": "gpu", "alone": False}
    site.want("update", groups={"gpu": {"count": 1, "image": "own"}}, upgrade=group)
    assert site.run().outcome["upgraded"]["group"] == "gpu"
    rebuild, update = [request for request in site.said if request["op"] != "show"][-2:]
    assert [rebuild[name] for name in ("op", "group", "image", "max_unavailable")] == ["rebuild", "gpu", "new", "2"]
    assert update["layers"][0]["node_groups"] == {"gpu": {"count": 1, "image": None}}


def test_whether_a_bay_can_be_upgraded_is_asked_with_a_login_that_is_left_nowhere(site: Site) -> None:
    site.want("create")
    job = site.run()
    require_possible(site.settings, job, UPGRADE)
    assert site.said[-1]["op"] == "upgrade_plan"
    assert site.said[-1]["login"]["clouds"]["magnum"]["auth"] == {"application_credential_id": "7"}
    require_possible(site.settings, job, {**UPGRADE, "group": "gpu"})
    assert site.said[-1]["op"] == "rebuild_plan"
    assert not list(site.folder.rglob("clouds*.yaml"))


def test_a_bay_that_would_refuse_an_upgrade_says_why(site: Site) -> None:
    site.want("create")
    job = site.run()
    site.answer(upgrade_plan={"family": "BayError", "message": "from 1.32.0 to 1.34.2 leaves out 1.33"})
    with pytest.raises(BayError, match=r"leaves out 1\.33"):
        require_possible(site.settings, job, UPGRADE)


def test_a_bay_that_does_not_answer_in_time_may_be_upgraded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrades, "PATIENCE", 0.2)
    site.want("create")
    job = site.run()
    site.answer(upgrade_plan={"sleep": 600})
    require_possible(site.settings, job, UPGRADE)
