"""The order in which a bay ends, what is kept of it, and what is tried again."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from openstack.exceptions import BadRequestException, ConflictException, ForbiddenException, NotFoundException

from bay.components.errors import BayError
from bay.stacks.cloud import cleanup
from bay.stacks.cloud.cleanup import CloudObject
from bay.stacks.operations import delete as deletion
from bay.stacks.operations import retain
from bay.stacks.operations.retain import Keep
from bay.stacks.state import snapshot
from tests.fakes.states import BAY_ID, complete

VOLUME, BALANCER = CloudObject("volume", "v1", "pvc-1", "3 GiB"), CloudObject("load balancer", "lb1", "web")


def kubernetes() -> dict[str, Any]:
    """The recorded bay, as if its engine were Kubernetes with a login to the cloud."""
    deployment = complete()
    bay = next(resource for resource in deployment["resources"] if resource["type"] == snapshot.BAY_TYPE)
    bay["inputs"]["spec"]["coe"] = "kubernetes"
    login = {"type": deletion.LOGIN_TYPE, "urn": f"urn:pulumi:demo::bay::{deletion.LOGIN_TYPE}::demo", "id": "a1"}
    deployment["resources"].append(login)
    return deployment


class Stage:
    """A stack and a cloud that write down what is done to them; made: what the engine has, in rounds of looking."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, deployment: dict[str, Any], *made: list[CloudObject]) -> None:
        self.deeds: list[str] = []
        self.deployment = deployment
        self.rounds = list(made)
        self.failures: list[BayError] = []
        monkeypatch.setattr(deletion._End, "_engine_made", lambda _end: self.rounds.pop(0) if self.rounds else [])
        monkeypatch.setattr(deletion._End, "_marked", lambda _end: [])
        monkeypatch.setattr(deletion, "survey", lambda *_, **__: [])
        monkeypatch.setattr(deletion, "watched", lambda _stack, run: run(None))
        monkeypatch.setattr(cleanup, "sweep", self.sweep)
        monkeypatch.setattr(retain, "unmark", lambda _cloud, item, *_: self.deeds.append(f"keep {item.id}"))

    def sweep(self, _cloud: Any, found: Sequence[CloudObject], _report: Any) -> None:
        self.deeds += [f"sweep {item.id}" for item in found]

    def export(self) -> Any:
        return SimpleNamespace(deployment=self.deployment)

    def import_(self, deployment: Any) -> None:
        self.deployment = deployment.deployment

    def destroy(self, _on_event: Any, targets: Sequence[str] = ()) -> None:
        self.deeds.append(f"destroy {', '.join(sorted(urn.rpartition('::')[2] for urn in targets)) or 'all'}")
        if self.failures and not targets:
            raise self.failures.pop(0)

    def end(self, keep: Keep = Keep()) -> list[str]:  # noqa: B008 -- immutable
        stack: Any = self
        deletion._End(
            stack, snapshot.StateSnapshot.from_deployment("demo", self.deployment), SimpleNamespace(), keep, print
        ).run()
        return self.deeds


def test_servers_and_login_go_before_what_the_engine_made_and_that_before_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = Stage(monkeypatch, kubernetes(), [BALANCER], [VOLUME])
    assert stage.end() == [
        "destroy demo, demo-master-0, demo-node-0",
        "sweep lb1",
        "sweep v1",  # made while the first was deleted
        "destroy all",
    ]


def test_an_engine_that_makes_nothing_costs_no_second_run(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Stage(monkeypatch, complete()).end() == ["destroy all"]


def test_volumes_are_kept_whenever_they_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, kubernetes(), [BALANCER, VOLUME])
    assert stage.end(Keep(volumes=True))[1:] == ["keep v1", "sweep lb1", "destroy all"]


def test_what_came_between_is_taken_and_the_rest_tried_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, kubernetes(), [], [BALANCER])
    stage.failures = [BayError("the subnet is in use")]
    assert stage.end()[1:] == ["destroy all", "sweep lb1", "destroy all"]


def test_a_destroy_that_nothing_explains_fails_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, complete())
    stage.failures = [BayError("the cloud is tired")]
    with pytest.raises(BayError, match="the cloud is tired"):
        stage.end()
    assert stage.deeds == ["destroy all"]


def test_addresses_that_are_kept_are_forgotten_by_the_engine_and_nothing_else_is() -> None:
    deployment = complete()
    deployment["resources"].append(
        {"type": "openstack:networking/floatingIp:FloatingIp", "urn": "urn::demo", "id": "f1"}
    )
    stored: list[Any] = []
    stack: Any = SimpleNamespace(export=lambda: SimpleNamespace(deployment=deployment), import_=stored.append)
    retain.retain_floating_ips(stack)
    assert [r["id"] for r in stored[0].deployment["resources"] if r.get("retainOnDelete")] == ["f1"]
    assert len(stored[0].deployment["resources"]) == len(complete()["resources"]) + 1


class Data:
    """A volume, snapshot or backup that takes new metadata."""

    id = "d1"

    def __init__(self) -> None:
        self.metadata = {"cinder.csi.openstack.org/cluster": BAY_ID, "csi.storage.k8s.io/pvc/name": "data"}

    def replace_metadata(self, _storage: Any, metadata: dict[str, str]) -> None:
        self.metadata = metadata


@pytest.mark.parametrize("kind", ["volume", "snapshot", "backup"])
def test_data_that_is_kept_says_whose_it_was_and_no_longer_whose_it_is(kind: str) -> None:
    data = Data()
    storage = SimpleNamespace(
        **{f"get_{kind}": lambda _id: data},
        update_backup=lambda thing, metadata: thing.replace_metadata(None, metadata),
    )
    retain.remove_ownership(SimpleNamespace(block_storage=storage), CloudObject(kind, "d1", "pvc-1"), "physics", BAY_ID)  # type: ignore[arg-type]
    assert data.metadata == {"csi.storage.k8s.io/pvc/name": "data", "bay:kept-from": "physics"}


DESCRIPTIONS = [
    (
        f"Floating IP for Kubernetes external service default/web from cluster {BAY_ID}",
        "kept from bay physics: Floating IP for Kubernetes external service default/web",
    ),
    (f"bay:id={BAY_ID}", "kept from bay physics"),
    (None, "kept from bay physics"),
]


@pytest.mark.parametrize(("before", "after"), DESCRIPTIONS)
def test_an_address_that_is_kept_leaves_its_port_and_says_what_it_was_for(before: str | None, after: str) -> None:
    address = SimpleNamespace(id="f1", description=before, tags=[f"bay:id={BAY_ID}", "bay:name=physics", "lhc"])
    asked: list[Any] = []

    def update_ip(floating_ip_id: str, **fields: Any) -> Any:
        asked.append((floating_ip_id, fields))
        return address

    network = SimpleNamespace(
        get_ip=lambda _id: address, update_ip=update_ip, set_tags=lambda _address, tags: asked.append(tags)
    )
    item = CloudObject("floating IP", "f1", "192.0.2.1")
    retain.remove_ownership(SimpleNamespace(network=network), item, "physics", BAY_ID)  # type: ignore[arg-type]
    assert asked == [("f1", {"port_id": None, "description": after}), ["lhc", "bay:kept-from=physics"]]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Time that passes only where somebody sleeps, a minute at a time."""
    now = SimpleNamespace(seconds=0.0)

    def sleep(_seconds: float) -> None:
        now.seconds += 60

    monkeypatch.setattr(cleanup, "time", SimpleNamespace(monotonic=lambda: now.seconds, sleep=sleep))
    return now


def answering(monkeypatch: pytest.MonkeyPatch, answers: dict[str, list[Exception | None]]) -> None:
    """A cloud that answers each request for a thing's end with the next of its answers, the last one for ever."""

    def delete(_cloud: Any, item: CloudObject) -> None:
        own = answers[item.id]
        answer = own.pop(0) if len(own) > 1 else own[0]
        if answer is not None:
            raise answer

    monkeypatch.setattr(cleanup, "_delete", delete)


def test_a_load_balancer_that_octavia_still_makes_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, clock: SimpleNamespace
) -> None:
    busy: list[Exception | None] = [ConflictException("immutable")] * 8
    answering(monkeypatch, {"lb1": [*busy, None, NotFoundException()]})
    cleanup.delete_all(SimpleNamespace(), [BALANCER], print)  # type: ignore[arg-type]
    assert clock.seconds == 9 * 60


def test_what_stays_in_use_is_named_with_the_clouds_reason(
    monkeypatch: pytest.MonkeyPatch, clock: SimpleNamespace
) -> None:
    answering(monkeypatch, {"v1": [BadRequestException("Volume status must be available")]})
    with pytest.raises(BayError, match=r"volume pvc-1 \(.*Volume status must be available") as error:
        cleanup.delete_all(SimpleNamespace(), [VOLUME], print)  # type: ignore[arg-type]
    assert error.value.hint == "free it, then delete the bay again"
    assert clock.seconds == cleanup.PATIENCE + 60


@pytest.mark.usefixtures("clock")
def test_a_backup_that_cinder_is_deleting_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    deleting = BadRequestException("Backup status must be available or error")
    answering(monkeypatch, {"b1": [None, deleting, NotFoundException()]})
    cleanup.delete_all(SimpleNamespace(), [CloudObject("backup", "b1", "nightly")], print)  # type: ignore[arg-type]


@pytest.mark.usefixtures("clock")
def test_patience_begins_anew_whenever_something_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    busy: Callable[[int], list[Exception | None]] = lambda times: [ConflictException("in use")] * times  # noqa: E731
    answering(monkeypatch, {"lb1": [*busy(8), NotFoundException()], "v1": [*busy(10), NotFoundException()]})
    cleanup.delete_all(SimpleNamespace(), [BALANCER, VOLUME], print)  # type: ignore[arg-type]


@pytest.mark.usefixtures("clock")
def test_an_address_that_may_not_be_deleted_is_released(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, {"f1": [ForbiddenException("disallowed by policy")]})
    released: list[str] = []
    monkeypatch.setattr(cleanup, "release", lambda _cloud, address: released.append(address))
    said: list[str] = []
    cleanup.delete_all(SimpleNamespace(), [CloudObject("floating IP", "f1", "192.0.2.1")], said.append)  # type: ignore[arg-type]
    assert released == ["f1"]
    assert said[-1].startswith("floating IP 192.0.2.1 stays in the project, on no port")
