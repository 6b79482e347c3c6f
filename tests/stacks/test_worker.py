"""A worker: requests as lines in, events and how each ended as lines out, with approvals and cancels between."""

import io
import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, TextIO

import pytest

from bay.components.node.certificates import Authority
from bay.components.openstack.login import Login
from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec
from bay.stacks import worker
from bay.stacks.approval import Approve, Risk
from bay.stacks.cancellation import Cancellation
from bay.stacks.cluster.health import Health
from bay.stacks.errors import NotFound
from bay.stacks.events import Listener, Notice, ResourceProgress
from bay.stacks.operations.backup import BackupRequest
from bay.stacks.operations.delete_plan import DeletePlan
from bay.stacks.operations.groups import GroupEdit
from bay.stacks.operations.rebuild import RebuildRequest
from bay.stacks.operations.rebuild_plan import RebuildPlan, Selection
from bay.stacks.operations.repair import RepairRequest
from bay.stacks.operations.restore import RestoreRequest
from bay.stacks.operations.retain import Keep
from bay.stacks.operations.rotation import RotateRequest
from bay.stacks.plan.planner import SpecSource
from bay.stacks.plan.types import Compared, Plan
from bay.stacks.settings import Settings
from bay.stacks.state.snapshot import RecordedServer, StateSnapshot
from bay.stacks.state.status import Status
from bay.stacks.worker import OPERATIONS, Task, Worker

PLACE = {"cache": "/c", "data": "/d", "config": "/e", "state": "s3://bays", "environment": {"PATH": "/bin"}}
SECONDS = 60
SWARM = build_spec([{"model": "swarm"}])
STATE = StateSnapshot(
    "demo",
    bay_id="b1",
    spec=SWARM,
    servers=(RecordedServer("demo-node-0", "node", "node", "10.0.0.7", "s1"),),
    outputs={"api_address": "203.0.113.1:2376"},
)
LOST = Risk("batch", "3 of 3 servers at once", ("demo-node-0",), True, "batch")


class FakeBays:
    """Notes what is asked of it, and answers."""

    made: ClassVar[list["FakeBays"]]

    def __init__(self, settings: Settings, login: Login, *, listen: Listener, checkout: Path | None) -> None:
        self.settings, self.login, self.listen, self.checkout = settings, login, listen, checkout
        self.context = SimpleNamespace(cancel=Cancellation(), cloud=None)
        self.calls: list[tuple[Any, ...]] = []
        self.during: Callable[[FakeBays], object] = lambda _bays: None
        self.made.append(self)

    def _do(self, *call: Any) -> None:
        self.calls.append(call)
        self.during(self)
        self.context.cancel.raise_if_requested()

    def create(
        self, name: str, specify: SpecSource, *, wait: timedelta | None = None, authority: Authority | None = None
    ) -> StateSnapshot:
        self.listen(Notice(name, "resuming", "the previous run was interrupted"))
        self.listen(ResourceProgress(name, "servers demo-node", "create", 1, 2))
        self._do("create", name, specify(None), wait, *([authority] if authority else []))
        return STATE

    def update(
        self, name: str, specify: SpecSource, *, approve: Approve, wait: timedelta | None = None
    ) -> StateSnapshot:
        approval = approve(BatchPlan(name))
        self._do("update", name, specify(SWARM), approval.allow, wait)
        return STATE

    def groups(self, name: str) -> list[dict[str, Any]]:
        self._do("groups", name)
        return [{"name": "gpu"}]

    def create_group(
        self, name: str, group: str, fields: Any, *, approve: Approve, wait: timedelta | None
    ) -> StateSnapshot:
        self._do("create_group", name, group, fields, wait)
        return STATE

    def set_group(
        self, name: str, group: str, edit: GroupEdit, *, approve: Approve, wait: timedelta | None
    ) -> StateSnapshot:
        self._do("set_group", name, group, edit, approve(BatchPlan(name)).allow)
        return STATE

    def delete_group(self, name: str, group: str, *, approve: Approve) -> StateSnapshot:
        self._do("delete_group", name, group, approve(DeletePlan(name, (), 0)).allow)
        return STATE

    def delete(self, name: str, keep: Keep, *, approve: Approve) -> None:
        self._do("delete", name, keep, approve(DeletePlan(name, (), 0)).allow)

    def repair(self, name: str, request: RepairRequest, *, approve: Approve) -> Any:
        self._do("repair", name, request)
        return SimpleNamespace(all_differences=[])

    def rebuild(self, name: str, request: RebuildRequest, *, approve: Approve) -> RebuildPlan:
        self._do("rebuild", name, request)
        return RebuildPlan(name)

    def backup(self, name: str, request: BackupRequest) -> Any:
        self._do("backup", name, request)
        return SimpleNamespace(row={"file": "f"})

    def restore(self, name: str, request: RestoreRequest, *, approve: Approve) -> Any:
        self._do("restore", name, request)
        return SimpleNamespace(rows=[])

    def rotate(self, name: str, request: RotateRequest, *, approve: Approve) -> Any:
        self._do("rotate", name, request)
        return SimpleNamespace(rows=[], proven="seen")

    def wait(self, name: str, *, timeout: timedelta) -> None:
        self._do("wait", name, timeout)

    def preview(self, name: str, specify: SpecSource, *, refresh: bool, from_file: bool) -> Any:
        self._do("preview", name, specify(None), refresh, from_file)
        return Plan(name, False, Compared(refresh, None, 1.0))

    def drift(self, name: str) -> Any:
        raise NotFound(f"there is no bay {name!r} in this state", "'bay list' shows the bays")

    def snapshot(self, name: str) -> StateSnapshot:
        return replace(STATE, spec=SWARM)

    def status(self, name: str) -> Status:
        self._do("status", name)
        return Status("CREATE_COMPLETE", "")

    def health(self, name: str) -> Any:
        return Health("HEALTHY", "all servers are in the engine and ready", {"demo-node-0": "HEALTHY"})


@dataclass(frozen=True)
class BatchPlan:
    """A plan that takes a batch away."""

    bay: str
    risks: tuple[Risk, ...] = (LOST,)
    disruption: str = "delete 3 servers of bay demo"


@pytest.fixture(autouse=True)
def _bays(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeBays.made = []
    monkeypatch.setattr(worker, "Bays", FakeBays)


def request(op: str, id: str = "1", bay: str = "demo", **fields: Any) -> dict[str, Any]:
    return {"id": id, "op": op, "bay": bay, "place": PLACE, **fields}


def answers(*requests: Any) -> list[dict[str, Any]]:
    """What a worker writes that reads these and then the end."""
    lines = [line if isinstance(line, str) else json.dumps(line) for line in requests]
    out = io.StringIO()
    Worker(io.StringIO("".join(f"{line}\n" for line in lines)), out).run()
    return [json.loads(line) for line in out.getvalue().splitlines()]


def call() -> tuple[Any, ...]:
    """The only one."""
    ((found,),) = [bays.calls for bays in FakeBays.made]
    return found


# Requests


def test_an_operation_tells_its_events_and_then_its_result() -> None:
    assert answers(request("create", spec=SWARM.model_dump(mode="json"))) == [
        {
            "id": "1",
            "event": "Notice",
            "bay": "demo",
            "code": "resuming",
            "text": "the previous run was interrupted",
        },
        {
            "id": "1",
            "event": "ResourceProgress",
            "bay": "demo",
            "component": "servers demo-node",
            "operation": "create",
            "done": 1,
            "total": 2,
            "failed": 0,
            "waiting": [],
        },
        {
            "id": "1",
            "result": {
                "id": "b1",
                "api_address": "203.0.113.1:2376",
                "servers": [{"name": "demo-node-0", "group": "node", "address": "10.0.0.7", "id": "s1"}],
            },
        },
    ]
    assert call() == ("create", "demo", SWARM, None)


def test_a_bay_is_created_with_the_authority_that_it_is_given() -> None:
    given = {"key": "k", "certificate": "c"}
    answers(request("create", spec=SWARM.model_dump(mode="json"), authority=given))
    assert call()[-1] == Authority("k", "c")


def test_an_update_takes_servers_out_before_it_changes_the_rest() -> None:
    answers(request("update", remove=["demo-node-0"], allow=["batch"], layers=[{"nodes": {"count": 4}}]))
    changed = call()[2]
    assert (changed.nodes.removed, changed.nodes.count) == ((0,), 4)


def test_a_bay_is_shown_with_its_spec() -> None:
    (shown,) = answers(request("show"))
    assert shown["result"]["spec"]["coe"] == "swarm"
    assert [server["id"] for server in shown["result"]["servers"]] == ["s1"]


def test_an_error_is_told_with_its_family() -> None:
    assert answers(request("drift", bay="other")) == [
        {
            "id": "1",
            "error": {
                "family": "NotFound",
                "message": "there is no bay 'other' in this state",
                "hint": "'bay list' shows the bays",
            },
        }
    ]


@pytest.mark.parametrize(
    ("line", "id", "message"),
    [
        ("what?", "", "request: Invalid JSON: expected value at line 1 column 1"),
        ("[]", "", "request: Input should be an object"),
        ("{}", "", "request.id: Field required"),
        (request("reboot", "7"), "7", "request.op: Input should be 'create', 'update', 'scale', 'wait'"),
        (request("status", "7") | {"place": {**PLACE, "state": None}}, "7", "request.place.state: Input should be a"),
        (request("status", "7", nodes="x"), "7", "request.nodes: Input should be a valid array"),
        (request("status", "7", colour="red"), "7", "request.colour: Extra inputs are not permitted"),
        (request("create", "7", spec={"model": "swarm"}), "7", "request.spec.coe: Field required"),
    ],
)
def test_a_request_that_is_none_is_told_with_its_id_and_the_first_wrong_field(line: Any, id: str, message: str) -> None:
    (answer,) = answers(line)
    assert answer["id"] == id
    assert answer["error"]["family"] == "InvalidInput"
    assert answer["error"]["message"].startswith(message)
    assert answer["error"]["hint"] == "docs/api.md has the shape"
    assert FakeBays.made == []


def test_requests_are_answered_one_after_the_other_whatever_became_of_the_one_before() -> None:
    found = answers(request("status", "1"), "what?", request("drift", "2"), request("health", "3"))
    assert [(answer["id"], "result" in answer) for answer in found] == [
        ("1", True),
        ("", False),
        ("2", False),
        ("3", True),
    ]
    assert found[0]["result"] == {"word": "CREATE_COMPLETE", "reason": ""}
    assert found[3]["result"]["nodes"] == {"demo-node-0": "HEALTHY"}


def test_a_mistake_in_one_request_ends_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Any:
        raise ZeroDivisionError("inside")

    monkeypatch.setitem(worker.OPERATIONS, "status", fail)
    first, second = answers(request("status", "1"), request("health", "2"))
    assert first == {
        "id": "1",
        "error": {
            "family": "BayError",
            "message": "ZeroDivisionError: inside",
            "hint": "this is a mistake in bay: report it",
        },
    }
    assert second["result"]["status"] == "HEALTHY"


def test_bays_of_one_place_are_opened_once_and_of_another_by_themselves() -> None:
    elsewhere = {**PLACE, "cloud": "mine", "clouds_file": "/clouds.yaml", "checkout": "/checkout"}
    answers(request("status", "1"), request("status", "2"), request("status", "3") | {"place": elsewhere})
    one, other = FakeBays.made
    assert len(one.calls) == 2
    assert one.settings == Settings(Path("/c"), Path("/d"), Path("/e"), "s3://bays", {"PATH": "/bin"})
    assert (other.login, other.checkout) == (Login("mine", Path("/clouds.yaml")), Path("/checkout"))


def test_every_operation_can_be_asked_for() -> None:
    (answer,) = answers(request("what"))
    for operation in OPERATIONS:
        assert f"'{operation}'" in answer["error"]["message"]


# What is asked for


def spec(**layer: Any) -> BaySpec:
    return build_spec([{"model": "swarm"}, layer])


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"layers": [{"nodes": 7}]}, spec(nodes=7)),
        ({"spec": spec(nodes=3).model_dump(mode="json"), "layers": [{"nodes": 7}]}, spec(nodes=3)),
        ({"new_spec": spec(nodes=3).model_dump(mode="json")}, SWARM),
    ],
    ids=["over the spec that there is", "the whole of it", "only of a new bay"],
)
def test_a_change_is_asked_for_by_layers_or_as_a_whole(fields: dict[str, Any], wanted: BaySpec) -> None:
    answers(request("update", allow=["batch"], **fields))
    assert call()[2] == wanted


def test_a_new_bay_has_its_model_or_the_spec_of_its_file_under_the_layers() -> None:
    answers(request("preview", layers=[{"model": "swarm"}, {"nodes": 7}]))
    assert call() == ("preview", "demo", spec(nodes=7), False, False)
    FakeBays.made.clear()
    answers(request("preview", new_spec=spec(nodes=3).model_dump(mode="json"), layers=[{"masters": 3}], refresh=True))
    assert call() == ("preview", "demo", spec(nodes=3, masters=3), True, False)


def test_a_scale_removes_and_counts() -> None:
    answers(request("scale", count=1, remove=["demo-node-0"], allow=["batch"], timeout=90))
    assert call()[2].groups["node"].indices == [1]
    assert call()[4] == timedelta(seconds=90)


def test_a_repair_and_a_deletion_take_their_options() -> None:
    answers(request("repair", nodes=["demo-node-0"], sweep=True, lose_data=True))
    assert call()[2] == RepairRequest(("demo-node-0",), True, True, wait=False)
    FakeBays.made.clear()
    (answer,) = answers(request("delete", keep_volumes=True, allow=["delete"]))
    assert answer["result"] == {"deleted": "demo"}
    assert call() == ("delete", "demo", Keep(True, False), frozenset({"delete"}))


def test_a_rebuild_takes_its_options_and_is_of_all_groups_unless_one_is_named() -> None:
    (answer,) = answers(request("rebuild", image="new", max_unavailable="25%", nodes=["demo-node-0"], timeout=1))
    assert answer["result"] == {"servers": []}
    assert call()[2] == RebuildRequest(Selection("", ("demo-node-0",), "25%"), "new")
    FakeBays.made.clear()
    answers(request("rebuild", group="node", folder="/b"))
    saved = BackupRequest(Path("/b"))
    assert call()[2] == RebuildRequest(Selection("node", ()), wait=False, backup=saved)


def test_a_backup_and_a_restore_take_their_options() -> None:
    (answer,) = answers(request("backup", folder="/b", keep=3, ssh_user="root", ssh_key="/k"))
    assert answer["result"] == {"file": "f"}
    assert call()[2] == BackupRequest(Path("/b"), 3, "", "root", Path("/k"))
    FakeBays.made.clear()
    (answer,) = answers(request("restore", file="/b/f"))
    assert answer["result"] == {"servers": []}
    assert call()[2] == RestoreRequest(Path("/b/f"), wait=False)


def test_a_rotation_takes_what_and_the_users_own_file() -> None:
    (answer,) = answers(request("rotate", what="passphrase", file="/new"))
    assert answer["result"] == {"steps": [], "proven": "seen"}
    assert call()[2] == RotateRequest("passphrase", Path("/new"))


def test_what_cannot_be_rotated_is_named() -> None:
    (answer,) = answers(request("rotate", what="pasphrase"))
    assert answer["error"]["message"] == "request.what: 'pasphrase' is nothing to rotate"
    assert "passphrase" in answer["error"]["hint"]


@pytest.mark.parametrize(("op", "field"), [("backup", "folder"), ("restore", "file")])
def test_a_backup_and_a_restore_need_a_place(op: str, field: str) -> None:
    (answer,) = answers(request(op))
    assert answer["error"]["message"] == f"request.{field}: Field required"


def test_groups_are_listed_created_set_and_deleted() -> None:
    (answer,) = answers(request("groups"))
    assert answer["result"] == {"groups": [{"name": "gpu"}]}
    FakeBays.made.clear()
    answers(request("create_group", group="gpu", fields={"count": 2}, timeout=90))
    assert call() == ("create_group", "demo", "gpu", {"count": 2}, timedelta(seconds=90))
    FakeBays.made.clear()
    answers(request("set_group", group="gpu", fields={"image": None}, allow=["batch"]))
    assert call() == ("set_group", "demo", "gpu", GroupEdit({"image": None}), {"batch"})
    FakeBays.made.clear()
    (answer,) = answers(request("delete_group", group="gpu"))
    assert answer["error"]["family"] == "PlanRefused"
    FakeBays.made.clear()
    answers(request("delete_group", group="gpu", allow=["delete"]))
    assert call() == ("delete_group", "demo", "gpu", {"delete"})


@pytest.mark.parametrize(("timeout", "limit"), [(0, timedelta(hours=1)), (90, timedelta(seconds=90))])
def test_a_wait_has_a_limit(timeout: float, limit: timedelta) -> None:
    answers(request("wait", timeout=timeout))
    assert call() == ("wait", "demo", limit)


def test_what_nobody_allowed_is_refused() -> None:
    (answer,) = answers(request("update"))
    assert answer["error"]["family"] == "PlanRefused"
    assert answer["error"]["message"] == "bay demo: 3 of 3 servers at once"
    assert [bays.calls for bays in FakeBays.made] == [[]]


# While one runs


class Talk:
    """A worker that runs, and a caller that reads what it writes and answers."""

    def __init__(self, read: TextIO, write: TextIO, to: TextIO, answers: TextIO) -> None:
        self.to, self.answers = to, answers
        self.thread = threading.Thread(target=Worker(read, write).run)
        self.thread.start()

    def send(self, message: Any) -> None:
        self.to.write(json.dumps(message) + "\n")
        self.to.flush()

    def next(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.answers.readline())
        return found


@pytest.fixture
def talk() -> Iterator[Talk]:
    requests, answered = os.pipe(), os.pipe()
    with open(requests[0]) as read, open(answered[1], "w") as write, open(answered[0]) as answers:
        with open(requests[1], "w") as to:
            one = Talk(read, write, to, answers)
            yield one
        one.thread.join(SECONDS)
        assert not one.thread.is_alive()


def test_the_caller_is_asked_with_the_plan_and_its_word_counts(talk: Talk) -> None:
    talk.send(request("update", ask=True))
    question = talk.next()
    assert question["id"] == "1"
    assert question["approve"]["disruption"] == "delete 3 servers of bay demo"
    assert question["approve"]["risks"] == [json.loads(json.dumps(asdict(LOST)))]
    talk.send({"approved": True, "allow": ["batch"]})
    assert talk.next()["result"]["id"] == "b1"
    assert call()[3] == frozenset({"batch"})


@pytest.mark.parametrize(
    ("reply", "family"),
    [
        ({"approved": False}, "Declined"),
        ({}, "Declined"),
        ("no", "Declined"),
        ({"approved": True}, "PlanRefused"),
        ({"approved": True, "allow": ["volumes"]}, "PlanRefused"),
    ],
    ids=["no", "nothing", "no object", "of what needs a word", "another word"],
)
def test_without_a_word_for_it_nothing_is_done(talk: Talk, reply: Any, family: str) -> None:
    talk.send(request("update", ask=True))
    talk.next()
    talk.send(reply)
    assert talk.next()["error"]["family"] == family
    assert [bays.calls for bays in FakeBays.made] == [[]]


def test_what_the_request_allowed_needs_no_second_word(talk: Talk) -> None:
    talk.send(request("update", ask=True, allow=["batch"]))
    talk.next()
    talk.send({"approved": True})
    assert "result" in talk.next()


def test_an_approval_that_nobody_asked_for_approves_nothing(talk: Talk) -> None:
    talk.send({"approved": True, "allow": ["batch"]})
    assert talk.next()["error"]["family"] == "InvalidInput"
    talk.send(request("update", ask=True))
    assert "approve" in talk.next()
    talk.send({"approved": False})
    assert talk.next()["error"]["family"] == "Declined"


def test_who_is_gone_approves_nothing() -> None:
    question, answer = answers(request("update", ask=True))
    assert "approve" in question
    assert answer["error"]["family"] == "Declined"


@pytest.mark.parametrize("how", ["request", "force"])
def test_the_request_that_runs_is_cancelled(talk: Talk, how: str) -> None:
    asked: list[str] = []
    runs, goes_on = threading.Event(), threading.Event()

    def during(bays: FakeBays) -> None:
        with bays.context.cancel.stopping(lambda: asked.append("request"), lambda: asked.append("force")):
            runs.set()
            while not asked:
                goes_on.wait(0.01)

    talk.send(request("status", "0"))
    talk.next()
    FakeBays.made[0].during = during
    talk.send(request("status", "1"))
    assert runs.wait(SECONDS)
    talk.send({"cancel": how})
    assert talk.next() == {
        "id": "1",
        "error": {
            "family": "Interrupted",
            "message": "interrupted; resources created so far are kept in the state",
            "hint": "run the same command again to resume, or 'bay delete' to remove them",
        },
    }
    assert asked == [how]
    FakeBays.made[0].during = lambda _bays: None
    talk.send(request("status", "2"))
    assert "result" in talk.next(), "it held for that one only"


class Slow(Worker):
    """Begins nothing before all was read."""

    def answer(self, task: Task) -> None:
        assert self.ended.wait(SECONDS)
        super().answer(task)


def test_a_request_that_was_read_and_has_not_begun_can_be_cancelled() -> None:
    """Its caller has sent it, and cannot know whether it runs already."""
    lines = [request("status", "1"), {"cancel": "request"}, request("status", "2")]
    out = io.StringIO()
    Slow(io.StringIO("".join(f"{json.dumps(line)}\n" for line in lines)), out).run()
    first, second = [json.loads(line) for line in out.getvalue().splitlines()]
    assert (first["id"], first["error"]["family"]) == ("1", "Interrupted")
    assert (second["id"], second["result"]["word"]) == ("2", "CREATE_COMPLETE")
    assert len(FakeBays.made[0].calls) == 1


def test_a_cancel_where_nothing_runs_is_for_nobody(talk: Talk) -> None:
    talk.send({"cancel": "request"})
    talk.send(request("status", "1"))
    assert "result" in talk.next()


def test_a_cancel_answers_the_question_too(talk: Talk) -> None:
    talk.send(request("update", ask=True))
    talk.next()
    talk.send({"cancel": "request"})
    assert talk.next()["error"]["family"] == "Interrupted"
    assert [bays.calls for bays in FakeBays.made] == [[]]
