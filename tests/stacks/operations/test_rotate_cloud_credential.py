"""A rotation of the cloud credential: masters never lack one that is accepted, and nothing is said that nobody saw."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bay.components.ownership import id_tag
from bay.components.spec.merge import build_spec
from bay.stacks.approval import allow
from bay.stacks.cluster import cloud_login, health
from bay.stacks.cluster.access import Access
from bay.stacks.errors import NotReady
from bay.stacks.operations import rotate_cloud_credential
from bay.stacks.operations.rotate import make_plan, rotate
from bay.stacks.operations.rotation import RotateRequest
from bay.stacks.stack import BayStack
from tests.fakes.cloud_login_api import CONTROLLER, LOGINS, MANAGER, CloudLoginApi, serving
from tests.fakes.engine_server import FILES
from tests.fakes.messages import told
from tests.fakes.openstack import FakeCloud, ordinary_cloud
from tests.fakes.stack import FakeStack
from tests.fakes.states import BAY_ID, bay_of

REQUEST = RotateRequest("cloud-credential", timeout=timedelta(seconds=5))
TYPE = rotate_cloud_credential.TYPE
SPEC = build_spec(
    [{"model": "kubernetes", "nodes": 0, "options": {"cloud_provider": True}, "access": {"api": ["10.0.0.0/8"]}}]
)


@dataclass
class Site:
    """A bay, the API of its engine, and Keystone. accepted: id -> secret, of the credentials that Keystone knows."""

    bay: FakeStack
    cloud: FakeCloud
    api: CloudLoginApi
    accepted: dict[str, str] = field(default_factory=dict)

    def new(self, id: str, secret: str) -> None:
        """One more in Keystone, with the bay's mark."""
        self.cloud.add("application_credential", id, name=f"demo.{id}", description=id_tag(BAY_ID))
        self.accepted[id] = secret

    def record(self, id: str, secret: str) -> None:
        """In the state, in the place of what was there."""
        assert self.bay.deployment is not None
        kept = [one for one in self.bay.deployment["resources"] if one["type"] != TYPE]
        urn = f"urn:pulumi:demo::bay::{TYPE}::demo"
        kept.append({"type": TYPE, "urn": urn, "id": id, "outputs": {"secret": {"plaintext": f'"{secret}"'}}})
        self.bay.deployment["resources"] = kept
        self.bay._state = None

    def ids(self) -> list[str]:
        """Those that Keystone lists."""
        return [one.id for one in self.cloud.things["application_credential"]]

    def replace(self, *_args: object, **_more: object) -> None:
        """What Pulumi does."""
        self.new("id-2", "word-2")
        self.record("id-2", "word-2")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    cloud = ordinary_cloud()
    bay = FakeStack(bay_of(SPEC), cloud)
    with serving(CloudLoginApi.holding("id-1", "word-1", MANAGER, CONTROLLER), tmp_path) as api:
        found = Site(bay, cloud, api)
        found.new("id-1", "word-1")
        found.record("id-1", "word-1")

        def access_of(stack: BayStack) -> Access:
            return Access(stack.state.require_spec(), [api.address], FILES)

        def is_accepted(_cloud: Any, id: str, secret: str) -> bool:
            return id in found.ids() and found.accepted.get(id) == secret

        monkeypatch.setattr(cloud_login, "access_of", access_of)
        monkeypatch.setattr(health, "access_of", access_of)
        monkeypatch.setattr(rotate_cloud_credential, "is_accepted", is_accepted)
        monkeypatch.setattr(rotate_cloud_credential.recovery, "resume", lambda _bay: False)
        monkeypatch.setattr(bay, "up", found.replace)
        yield found


def test_the_new_one_is_in_use_before_the_old_one_goes(site: Site) -> None:
    site.api.before = lambda _path: seen.append(site.ids())
    seen: list[list[str]] = []
    done = rotate(site.bay, REQUEST, allow())
    assert seen == [["id-1", "id-2"]] * 3
    assert site.api.changes == [LOGINS.path, MANAGER, CONTROLLER]
    assert site.api.held == ("id-2", "word-2")
    assert site.ids() == ["id-2"]
    assert [(step.action, step.status) for step in done.steps] == [
        ("create", "done"),
        ("put", "done"),
        ("restart", "done"),
        ("restart", "done"),
        ("delete", "done"),
        ("prove", "done"),
    ]
    assert (
        done.proven == "the old cloud credential id-1 is useless: Keystone was asked for a token with it, and refused"
    )
    assert site.bay.notices[-1].endswith("bay rebuild demo --group master")


def test_pulumi_is_told_to_leave_the_old_one(site: Site) -> None:
    edited: list[bool] = []

    def up(*_args: object, **_more: object) -> None:
        edited.extend(
            bool(one.get("retainOnDelete"))
            for one in site.bay.stored_deployment.deployment["resources"]
            if one["type"] == TYPE
        )
        site.replace()

    site.bay.up = up  # type: ignore[method-assign]
    rotate(site.bay, REQUEST, allow())
    assert edited == [True]


def test_only_what_there_is_is_restarted(site: Site) -> None:
    del site.api.objects[CONTROLLER]
    plan = make_plan(site.bay, REQUEST)
    assert plan.disruption == "replace the cloud credential of bay demo, and restart openstack-cloud-controller-manager"
    rotate(site.bay, REQUEST, allow())
    assert site.api.changes == [LOGINS.path, MANAGER]


def test_a_rotation_that_was_interrupted_goes_on(site: Site) -> None:
    site.replace()
    assert [step.status for step in make_plan(site.bay, REQUEST).steps][:2] == ["done", "planned"]
    assert rotate(site.bay, REQUEST, allow()).proven
    assert site.ids() == ["id-2"]
    assert "the rotation of the cloud credential of bay demo goes on" in site.bay.notices


def test_an_old_one_whose_secret_is_gone_is_not_said_to_have_been_tried(site: Site) -> None:
    site.replace()
    site.api.objects |= CloudLoginApi.holding("id-2", "word-2").objects
    assert [step.status for step in make_plan(site.bay, REQUEST).steps][:2] == ["done", "done"]
    done = rotate(site.bay, REQUEST, allow())
    assert site.ids() == ["id-2"], "it is deleted all the same"
    assert done.proven == ""
    assert done.steps[-1].status == "unknown"


def test_a_credential_of_another_user_is_named(site: Site) -> None:
    """Nobody sees another's, so it is not listed and not deleted, and Keystone goes on to accept it."""
    site.cloud.things["application_credential"][0].user_id = "another"
    message, hint, _ = told(lambda: rotate(site.bay, REQUEST, allow()))
    assert message == "Keystone still accepts the old credential id-1: it is another user's"
    assert hint.endswith("openstack application credential delete id-1")
    assert site.api.held == ("id-2", "word-2")


def test_a_new_one_that_keystone_refuses_is_not_put_in_use(site: Site) -> None:
    site.bay.up = lambda *_args, **_more: site.record("id-2", "word-2")  # type: ignore[method-assign]
    assert told(lambda: rotate(site.bay, REQUEST, allow()))[0] == "Keystone does not accept the new credential id-2"
    assert site.api.held == ("id-1", "word-1")
    assert site.ids() == ["id-1"]


def test_pods_that_do_not_come_back_stop_it_with_the_old_one_in_keystone(site: Site) -> None:
    site.api.stuck = True
    with pytest.raises(NotReady, match="openstack-cloud-controller-manager does not come back"):
        rotate(site.bay, RotateRequest("cloud-credential", timeout=timedelta()), allow())
    assert site.ids() == ["id-1", "id-2"]


def test_unhealthy_masters_are_named(site: Site) -> None:
    site.api.nodes = ()
    assert told(lambda: rotate(site.bay, REQUEST, allow()))[0].startswith("bay demo: demo-master-0 is not healthy")
    assert site.api.changes == []
    assert site.ids() == ["id-1"]


@pytest.mark.parametrize(
    ("deployment", "message"),
    [
        (bay_of(build_spec([{"model": "swarm"}])), "bay demo: Docker Swarm has no credential of the cloud"),
        (bay_of(build_spec([{"model": "mesos"}])), "bay demo: Apache Mesos has no credential of the cloud"),
        (
            bay_of(build_spec([{"model": "kubernetes"}])),
            "bay demo has no credential of the cloud: its masters ask it for nothing",
        ),
    ],
)
def test_a_bay_without_one_has_nothing_to_rotate(deployment: dict[str, Any], message: str) -> None:
    assert told(lambda: make_plan(FakeStack(deployment), REQUEST))[0].startswith(message)


def test_an_api_that_is_closed_is_told_with_how_to_open_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud_login, "access_of", lambda _bay: "access.api is empty")
    message, hint, _ = told(lambda: make_plan(site.bay, REQUEST))
    assert message == "bay demo: its API cannot be asked from here: access.api is empty"
    assert "--set access.api=[CIDR]" in hint


def test_an_api_that_is_silent_or_says_something_else_is_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.api.objects[LOGINS.path] = {"data": {}}
    assert "its answer is not understood" in told(lambda: make_plan(site.bay, REQUEST))[0]
    del site.api.objects[LOGINS.path]
    assert "HTTP 404" in told(lambda: make_plan(site.bay, REQUEST))[0]
    monkeypatch.setattr(cloud_login, "access_of", lambda bay: Access(bay.state.require_spec(), ["127.0.0.1:1"], FILES))
    assert "Connection refused" in told(lambda: make_plan(site.bay, REQUEST))[0]
