"""The driver with Magnum's own objects in Magnum's own database.

Skipped where Magnum is not installed, as in bay's environment; tests/integration/magnum/test_in_magnum.py runs it in
Magnum's.
"""

import importlib
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("magnum.drivers.common.driver", reason="Magnum is not installed here")

LOGIN = {"auth": {"application_credential_id": "7"}, "user_id": "ada"}
IDS = {"project_id": "physics", "user_id": "ada"}


class Launches:
    """Notes which runners would be started, and takes their part."""

    def __init__(self, settings: Any) -> None:
        self.settings, self.jobs, self.started = settings, settings.jobs, list[str]()
        self.refusal: Exception | None = None

    def start(self, cluster: str, stale: Any = None) -> None:
        self.started.append(cluster)

    def ensure(self, job: Any) -> None:
        if not job.is_done:
            self.started.append(job.cluster)

    def require_possible(self, cluster: str, upgrade: Any) -> None:
        if self.refusal:
            raise self.refusal

    def finish(self, uuid: str, *, ok: bool = True, servers: list[tuple[str, str]] | None = None, **more: Any) -> None:
        """servers: group and address of each."""
        self.jobs.take(uuid, "runner")
        job = self.jobs.begin(uuid, "runner")
        known = {} if servers is None else {"servers": [{"group": g, "address": a} for g, a in servers]}
        outcome = {"ok": ok, "operation": job.operation, "reason": "", **known, **more}
        self.jobs.finish(uuid, "runner", job.wanted, outcome)
        self.jobs.release(uuid, "runner")


class Site:
    """A conductor, whose clusters are rows of a database."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.objects = importlib.import_module("magnum.objects")
        driver, status = (importlib.import_module(f"bay.magnum.{name}") for name in ("driver", "status"))
        importlib.import_module("bay.magnum.options").section()
        settings = importlib.import_module("bay.magnum.settings").Settings(folder=str(folder / "bay"))
        self.launches, self.revoked, self.status = Launches(settings), list[Any](), status
        self.create_login = driver.logins.create
        monkeypatch.setattr(driver, "launcher", lambda: self.launches)
        monkeypatch.setattr(driver.logins, "create", lambda _context, _cluster, **said: {**LOGIN, **said})
        monkeypatch.setattr(driver.logins, "delete", self.revoked.append)
        monkeypatch.setattr(driver.authorities, "of_cluster", lambda *_: {"key": "k", "certificate": "c"})
        monkeypatch.setattr(driver.authorities, "delete_left", lambda *_: None)
        self.driver = driver.Driver()
        self.context = importlib.import_module("magnum.common.context").make_admin_context(all_tenants=True)

    def template(self, **template: Any) -> Any:
        uuid = importlib.import_module("oslo_utils.uuidutils").generate_uuid()
        said = {"coe": "kubernetes", "image_id": "debian-12-docker", "cluster_distro": "debian", "server_type": "vm"}
        said |= {"labels": {"bay_coe": "swarm", "bay_model": "swarm"}, "driver": "bay", **template}
        made = self.objects.ClusterTemplate(self.context, uuid=uuid, name="swarm", **IDS, **said)
        made.create()
        return made

    def cluster(self, labels: dict[str, str] | None = None, **template: Any) -> Any:
        """One of a new template, with its default groups, as the conductor has it before it asks the driver."""
        uuid = importlib.import_module("oslo_utils.uuidutils").generate_uuid
        made = self.template(**template)
        cluster = self.objects.Cluster(self.context, uuid=uuid(), name="c", cluster_template_id=made.uuid, **IDS)
        cluster.labels, cluster.status = labels or {}, "CREATE_IN_PROGRESS"
        cluster.flavor_id = cluster.master_flavor_id = "m1.small"
        cluster.create()
        for name, role in (("default-master", "master"), ("default-worker", "worker")):
            self.group(cluster, name, role, is_default=True)
        return cluster

    def group(self, cluster: Any, name: str, role: str = "worker", count: int = 1, **values: Any) -> Any:
        uuid = importlib.import_module("oslo_utils.uuidutils").generate_uuid()
        own = {"flavor_id": "m1.small", "image_id": "debian-12-docker", "status": "CREATE_IN_PROGRESS"}
        own |= {"project_id": "physics"}
        made = self.objects.NodeGroup(
            self.context, uuid=uuid, name=name, cluster_id=cluster.uuid, role=role, node_count=count, **own, **values
        )
        made.create()
        return made

    def created(self) -> Any:
        """A cluster that is complete."""
        cluster = self.cluster()
        self.driver.create_cluster(self.context, cluster, 60)
        cluster.save()
        self.launches.finish(cluster.uuid, servers=[("master", "m"), ("node", "n")], api_address="192.0.2.1:2376")
        return self.polled(cluster)

    def polled(self, cluster: Any) -> Any:
        """As the periodic task does it, with an object of its own."""
        seen = self.read(cluster)
        self.driver.update_cluster_status(self.context, seen)
        return seen

    def read(self, cluster: Any) -> Any:
        return self.objects.Cluster.get_by_uuid(self.context, cluster.uuid)

    def begin_update(self, cluster: Any, group: Any) -> None:
        """As the conductor does afterwards."""
        group.status = "UPDATE_IN_PROGRESS"
        group.save()
        cluster.status = "UPDATE_IN_PROGRESS"
        cluster.save()


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Magnum's, for the whole process."""
    conf, objects = importlib.import_module("magnum.conf").CONF, importlib.import_module("magnum.objects")
    models = importlib.import_module("magnum.db.sqlalchemy.models")
    objects.register_all() if hasattr(objects, "register_all") else None
    url = f"sqlite:///{tmp_path_factory.mktemp('magnum')}/magnum.sqlite"
    conf([], project="magnum", default_config_files=[])
    conf.set_override("connection", url, "database")
    models.Base.metadata.create_all(importlib.import_module("sqlalchemy").create_engine(url))


@pytest.fixture
def site(database: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(tmp_path, monkeypatch)


def test_magnum_finds_the_driver_for_each_image_it_may_meet(site: Site) -> None:
    base = importlib.import_module("magnum.drivers.common.driver").Driver
    if base.get_default_driver() is None:
        pytest.skip("the entry point is not installed here")
    assert type(base.get_driver("vm", "debian", "kubernetes")) is type(site.driver)
    assert type(base.get_driver("vm", "ubuntu", "kubernetes", "bay")) is type(site.driver)


def test_a_cluster_is_created(site: Site) -> None:
    cluster = site.cluster()
    site.driver.create_cluster(site.context, cluster, 30)
    job = site.launches.jobs.get(cluster.uuid)
    assert (job.operation, job.request["timeout"], cluster.stack_id) == ("create", 1800, job.request["bay"])
    assert job.request["authority"] == {"key": "k", "certificate": "c"}
    assert job.login["unrestricted"] is False
    assert site.launches.started == [cluster.uuid]
    cluster.save()

    assert site.polled(cluster).status == "CREATE_IN_PROGRESS"
    site.launches.finish(cluster.uuid, servers=[("master", "m"), ("node", "n")], api_address="192.0.2.1:2376")
    seen = site.polled(cluster)
    assert (seen.status, seen.status_reason, seen.api_address) == ("CREATE_COMPLETE", None, "tcp://192.0.2.1:2376")
    assert {group.name: (group.status, group.node_addresses) for group in seen.nodegroups} == {
        "default-master": ("CREATE_COMPLETE", ["m"]),
        "default-worker": ("CREATE_COMPLETE", ["n"]),
    }


def test_masters_of_kubernetes_get_a_login_of_their_own(site: Site) -> None:
    cluster = site.cluster(labels={}, coe="kubernetes", network_driver="flannel", **{"image_id": "k"})
    cluster.cluster_template.labels = {}
    site.driver.create_cluster(site.context, cluster, 60)
    assert site.launches.jobs.get(cluster.uuid).login["unrestricted"] is True


def test_what_a_bay_cannot_have_is_said_before_anything_is_made(site: Site) -> None:
    cluster = site.cluster(labels={"no_such": "label"})
    with pytest.raises(Exception, match="label no_such: is not one of Magnum's"):
        site.driver.create_cluster(site.context, cluster, 60)
    assert site.launches.jobs.find(cluster.uuid) is None
    site.driver.delete_cluster(site.context, cluster)
    assert site.launches.jobs.get(cluster.uuid).login == {}


def test_two_resizes_are_one_wish_with_the_nodes_of_both(site: Site) -> None:
    cluster = site.created()
    worker = cluster.default_ng_worker
    for count, nodes in ((3, ["a"]), (2, ["b"])):
        worker.node_count = count
        worker.save()
        site.driver.resize_cluster(site.context, cluster, None, count, nodes, worker)
        site.begin_update(cluster, worker)
    job = site.launches.jobs.get(cluster.uuid)
    assert job.request["groups"]["nodes"]["count"] == 2
    assert job.request["remove"] == {"node": ["a", "b"]}
    assert job.request["allow"] == ["batch"]
    site.launches.finish(cluster.uuid, servers=[("master", "m"), ("node", "1"), ("node", "2")])
    seen = site.polled(cluster)
    assert (seen.status, seen.node_addresses) == ("UPDATE_COMPLETE", ["1", "2"])
    site.driver.update_cluster(site.context, cluster)
    assert site.launches.jobs.get(cluster.uuid).request["remove"] == {}


def test_an_outcome_is_told_once_whatever_the_status_is_by_then(site: Site) -> None:
    """The conductor writes UPDATE_IN_PROGRESS before it asks: the last outcome says nothing of that."""
    cluster = site.created()
    group = site.group(cluster, "gpu")
    cluster.status = "UPDATE_IN_PROGRESS"
    cluster.save()
    assert site.polled(cluster).status == "UPDATE_IN_PROGRESS"
    site.driver.create_nodegroup(site.context, cluster, group)
    assert site.polled(cluster).status == "UPDATE_IN_PROGRESS"
    site.launches.finish(cluster.uuid, servers=[("master", "m"), ("node", "n"), ("gpu", "g")])
    seen = site.polled(cluster)
    assert (seen.status, [g.node_addresses for g in seen.nodegroups if g.name == "gpu"]) == ("UPDATE_COMPLETE", [["g"]])


def test_a_conductor_that_died_before_it_noted_the_job_leaves_no_cluster_in_progress(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(site.status.time, "monotonic", lambda: now[0])
    changed, new = site.created(), site.cluster()
    changed.status = "UPDATE_IN_PROGRESS"
    changed.save()
    for passed, statuses in (
        (0.0, ("UPDATE_IN_PROGRESS", "CREATE_IN_PROGRESS")),
        (100.0, ("UPDATE_IN_PROGRESS", "CREATE_IN_PROGRESS")),
        (130.0, ("UPDATE_COMPLETE", "CREATE_FAILED")),
    ):
        now[0] = passed
        assert (site.polled(changed).status, site.polled(new).status) == statuses


def test_a_group_goes_when_its_servers_are_gone(site: Site) -> None:
    cluster = site.created()
    group = site.group(cluster, "gpu")
    group.status = "DELETE_IN_PROGRESS"
    cluster.status = "UPDATE_IN_PROGRESS"
    cluster.save()
    site.driver.delete_nodegroup(site.context, cluster, group)
    assert site.launches.jobs.get(cluster.uuid).request["groups"]["node_groups"] == {}
    site.launches.finish(cluster.uuid, servers=[("master", "m"), ("node", "n")])
    assert {group.name for group in site.polled(cluster).nodegroups} == {"default-master", "default-worker"}


def test_the_failure_of_one_group_is_not_anothers(site: Site) -> None:
    cluster = site.created()
    worker, group = cluster.default_ng_worker, site.group(cluster, "gpu", count=2)
    worker.node_count = 2
    site.driver.create_nodegroup(site.context, cluster, group)
    site.begin_update(cluster, worker)
    known = [("master", "m"), ("node", "1"), ("node", "2"), ("gpu", "g")]
    site.launches.finish(cluster.uuid, ok=False, servers=known, reason="no host has room")
    seen = site.polled(cluster)
    assert (seen.status, seen.status_reason) == ("UPDATE_FAILED", "no host has room")
    assert {g.name: g.status for g in seen.nodegroups} == {
        "default-master": "CREATE_COMPLETE",
        "default-worker": "UPDATE_COMPLETE",
        "gpu": "CREATE_FAILED",
    }


def test_masters_are_resized_to_an_odd_number_and_that_is_asked_for(site: Site) -> None:
    cluster = site.created()
    master = cluster.default_ng_master
    site.driver.validate_master_resize(3)
    with pytest.raises(Exception, match="master"):
        site.driver.validate_master_resize(2)
    site.driver.resize_cluster(site.context, cluster, None, 3, [], master)
    assert site.launches.jobs.get(cluster.uuid).request["allow"] == ["batch", "masters"]


def test_a_deleted_cluster_leaves_nothing(site: Site) -> None:
    cluster = site.created()
    site.driver.delete_cluster(site.context, cluster)
    cluster.status = "DELETE_IN_PROGRESS"
    cluster.save()
    assert {group.status for group in cluster.nodegroups} == {"DELETE_IN_PROGRESS"}
    site.launches.finish(cluster.uuid, servers=[])
    assert site.polled(cluster).status == "DELETE_COMPLETE"
    assert site.launches.jobs.find(cluster.uuid) is None
    assert [login["user_id"] for login in site.revoked] == ["ada"]


def test_a_deletion_that_fails_can_be_asked_for_again(site: Site) -> None:
    cluster = site.created()
    for reason in ("a stranger's port is in its network", "again"):
        site.driver.delete_cluster(site.context, cluster)
        cluster.status = "DELETE_IN_PROGRESS"
        cluster.save()
        site.launches.finish(cluster.uuid, ok=False, servers=[("node", "n")], reason=reason)
        cluster = site.polled(cluster)
        assert (cluster.status, cluster.status_reason) == ("DELETE_FAILED", reason)


def test_another_login_takes_the_place_of_the_first(site: Site) -> None:
    cluster = site.created()
    site.driver.rotate_credential(site.context, cluster)
    assert [login["unrestricted"] for login in site.revoked] == [False]
    with pytest.raises(Exception, match="there is no job"):
        site.driver.rotate_credential(site.context, site.cluster())


class Answer(Exception):
    """As the two clients of Keystone raise it: openstacksdk's, and keystoneauth's of older Magnums."""

    def __init__(self, **status: int) -> None:
        super().__init__(f"{status}: Client Error for url: http://keystone.example.org/v3/users/7")
        self.__dict__.update(status)


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        (Answer(status_code=403), "lets this user make no login for the cluster; ask with a password"),
        (Answer(http_status=403), "lets this user make no login for the cluster; ask with a password"),
        (Answer(status_code=503), "503"),
    ],
)
def test_a_user_who_may_make_no_credentials_is_told_what_to_do(
    site: Site, monkeypatch: pytest.MonkeyPatch, answer: Answer, named: str
) -> None:
    """One who logs in with a restricted application credential himself."""
    logins = importlib.import_module("bay.magnum.logins")

    class Keystone:
        def __init__(self, _context: Any) -> None:
            self.client = self

        def keystone(self) -> "Keystone":
            return self

        def create_application_credential(self, _user: str, **_said: Any) -> Any:
            raise answer

    monkeypatch.setattr(logins, "create", site.create_login)
    monkeypatch.setattr(logins.clients, "OpenStackClients", Keystone)
    cluster = site.cluster()
    with pytest.raises(Exception, match=named):
        site.driver.create_cluster(site.context, cluster, 60)
    assert site.launches.jobs.find(cluster.uuid) is None


def not_supported() -> Any:
    return importlib.import_module("magnum.common.exception").NotSupported


def test_federations_are_refused(site: Site) -> None:
    with pytest.raises(not_supported()):
        site.driver.create_federation(site.context, None)


def upgraded(site: Site, cluster: Any, template: Any, group: Any = None) -> Any:
    """As the conductor does it; the cluster as it is read then."""
    group = group or cluster.default_ng_worker
    site.driver.upgrade_cluster(site.context, cluster, template, 2, group, False)
    site.begin_update(cluster, group)
    return site.read(cluster)


def facts(cluster: Any) -> dict[str, Any]:
    """All that Magnum says of a cluster and its groups, but when it was changed."""
    groups = {group.name: group.as_dict() for group in cluster.nodegroups}
    return {
        **{k: v for k, v in cluster.as_dict().items() if k not in ("updated_at", "cluster_template")},
        "groups": {name: {k: v for k, v in one.items() if k != "updated_at"} for name, one in groups.items()},
    }


def test_a_cluster_is_upgraded_to_a_template_and_has_it_afterwards(site: Site) -> None:
    cluster = site.created()
    site.group(cluster, "gpu")
    own = site.group(cluster, "own")
    own.image_id = "another"
    own.save()
    labels = {"bay_coe": "swarm", "bay_model": "swarm-ha"}
    template = site.template(image_id="debian-12-docker-28", labels=labels)
    before = cluster.cluster_template_id

    seen = upgraded(site, cluster, template)
    job = site.launches.jobs.get(cluster.uuid)
    wish = job.request["upgrade"]
    assert (job.operation, wish["image"], wish["model"], wish["version"]) == (
        "update",
        "debian-12-docker-28",
        "swarm-ha",
        "",
    )
    assert (wish["max_unavailable"], wish["group"], wish["alone"]) == ("2", "", True)
    assert {name: group["image"] for name, group in job.request["groups"]["node_groups"].items()} == {
        "gpu": None,
        "own": "another",
    }
    assert seen.cluster_template_id == before, "it is not upgraded yet"
    assert {group.status for group in seen.nodegroups} == {"UPDATE_IN_PROGRESS"}

    servers = [("master", "m2"), ("node", "n2"), ("gpu", "g2"), ("own", "o2")]
    site.launches.finish(cluster.uuid, servers=servers, upgraded={**wish, "version": "28.0.1"})
    seen = site.polled(cluster)
    assert (seen.status, seen.cluster_template_id, seen.coe_version) == ("UPDATE_COMPLETE", template.uuid, "v28.0.1")
    assert site.read(cluster).cluster_template.image_id == "debian-12-docker-28"
    assert {group.name: (group.image_id, group.status) for group in seen.nodegroups} == {
        "default-master": ("debian-12-docker-28", "UPDATE_COMPLETE"),
        "default-worker": ("debian-12-docker-28", "UPDATE_COMPLETE"),
        "gpu": ("debian-12-docker-28", "UPDATE_COMPLETE"),
        "own": ("another", "UPDATE_COMPLETE"),
    }
    site.driver.update_cluster(site.context, site.read(cluster))
    request = site.launches.jobs.get(cluster.uuid).request
    assert "upgrade" not in request
    assert request["groups"]["node_groups"]["gpu"]["image"] is None


def test_an_upgrade_that_fails_leaves_the_template(site: Site) -> None:
    cluster = site.created()
    before = cluster.cluster_template_id
    upgraded(site, cluster, site.template(image_id="new"))
    site.launches.finish(cluster.uuid, ok=False, servers=[("master", "m"), ("node", "n")], reason="it does not boot")
    seen = site.polled(cluster)
    assert (seen.status, seen.status_reason, seen.cluster_template_id) == ("UPDATE_FAILED", "it does not boot", before)
    assert {group.status for group in seen.nodegroups} == {"UPDATE_FAILED"}


def test_one_group_is_upgraded_to_the_template_of_its_cluster(site: Site) -> None:
    cluster = site.created()
    gpu = site.group(cluster, "gpu")
    gpu.image_id = "another"
    gpu.save()
    upgraded(site, cluster, cluster.cluster_template, gpu)
    wish = site.launches.jobs.get(cluster.uuid).request["upgrade"]
    assert (wish["group"], wish["image"], wish["alone"]) == ("gpu", "debian-12-docker", False)
    site.launches.finish(cluster.uuid, servers=[("master", "m"), ("node", "n"), ("gpu", "g")], upgraded=wish)
    seen = site.polled(cluster)
    assert {group.name: (group.image_id, group.status) for group in seen.nodegroups} == {
        "default-master": ("debian-12-docker", "CREATE_COMPLETE"),
        "default-worker": ("debian-12-docker", "CREATE_COMPLETE"),
        "gpu": ("debian-12-docker", "UPDATE_COMPLETE"),
    }


@pytest.mark.parametrize("is_done", [False, True], ids=["that runs", "that Magnum was not told of"])
def test_a_resize_on_top_of_an_upgrade_keeps_it(site: Site, is_done: bool) -> None:
    cluster = site.created()
    template = site.template(image_id="new")
    upgraded(site, cluster, template)
    first = site.launches.jobs.get(cluster.uuid).request["upgrade"]
    if is_done:
        site.launches.finish(cluster.uuid, servers=[("master", "m"), ("node", "n")], upgraded=first)
    worker = cluster.default_ng_worker
    worker.node_count = 2
    worker.save()
    site.driver.resize_cluster(site.context, cluster, None, 2, [], worker)
    wish = site.launches.jobs.get(cluster.uuid).request
    assert wish["upgrade"] == {**first, "alone": False}
    assert wish["groups"]["nodes"]["count"] == 2
    servers = [("master", "m"), ("node", "1"), ("node", "2")]
    site.launches.finish(cluster.uuid, servers=servers, upgraded=wish["upgrade"])
    seen = site.polled(cluster)
    assert (seen.status, seen.cluster_template_id, seen.node_addresses) == (
        "UPDATE_COMPLETE",
        template.uuid,
        ["1", "2"],
    )


@pytest.mark.parametrize(
    ("template", "refusal", "named"),
    [
        ({"labels": {"bay_coe": "mesos"}}, None, "is of mesos, and the cluster of swarm"),
        ({"driver": "another"}, None, "is of the driver another"),
        ({"tls_disabled": True}, None, "template tls_disabled=true"),
        ({"image_id": "new"}, "leaves out 1.33", "leaves out 1.33; first 1.33"),
    ],
)
def test_a_refused_upgrade_leaves_everything_as_it_was(
    site: Site, template: dict[str, Any], refusal: str | None, named: str
) -> None:
    cluster = site.created()
    other = site.template(**template)
    before = facts(site.read(cluster)), site.launches.jobs.get(cluster.uuid)
    if refusal:
        site.launches.refusal = importlib.import_module("bay.components.errors").BayError(refusal, "first 1.33")
    with pytest.raises(not_supported(), match=named):
        site.driver.upgrade_cluster(site.context, cluster, other, 1, cluster.default_ng_worker, False)
    assert (facts(site.read(cluster)), site.launches.jobs.get(cluster.uuid)) == before


@pytest.mark.parametrize(
    ("address", "answer", "expected"),
    [
        (None, {}, {}),
        ("tcp://10.255.255.1:2376", {}, {"health_status": "UNKNOWN"}),
        (
            "tcp://127.0.0.1:2376",
            {"status": "UNHEALTHY", "reason": "", "nodes": {"c-node-0": "UNHEALTHY"}},
            {
                "health_status": "UNHEALTHY",
                "health_status_reason": {"c-node-0.Ready": "False", "api": "ok"},
            },
        ),
        (
            "tcp://127.0.0.1:2376",
            {"status": "UNKNOWN", "reason": "the API does not answer", "nodes": {}},
            {"health_status": "UNKNOWN", "health_status_reason": {"api": "the API does not answer"}},
        ),
    ],
)
def test_health_is_the_engines_word(
    site: Site, monkeypatch: pytest.MonkeyPatch, address: str | None, answer: dict[str, Any], expected: dict[str, Any]
) -> None:
    health = importlib.import_module("bay.magnum.health")
    monkeypatch.setattr(health, "is_reachable", lambda host, _networks: host == "127.0.0.1")
    monkeypatch.setattr(health.Asker, "health", lambda *_: answer)
    cluster = site.created()
    cluster.api_address = address
    monitor = site.driver.get_monitor(site.context, cluster)
    monitor.poll_health_status()
    assert {name: monitor.data.get(name) for name in expected} == expected
    assert bool(monitor.data) == bool(expected)
