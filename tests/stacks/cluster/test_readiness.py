"""Waiting for the engine on servers of which only the console log is seen."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import chain, repeat

import pytest
from openstack.exceptions import ForbiddenException, HttpException

from bay.stacks.cluster import readiness
from bay.stacks.cluster.readiness import GIVEN_UP, TOLERATED, wait_until_ready
from bay.stacks.errors import Interrupted, NotReady
from bay.stacks.events import Event, PhaseEnded, PhaseStarted, ServerProgress
from tests.fakes.messages import told
from tests.fakes.openstack import FakeCloud
from tests.fakes.stack import Clock, FakeContext

READY = "bay: stage=ready node=x\n"
DOCKER = "bay: stage=docker node=x\n"
FAILED = "bay: stage=failed node=x reason=image-lacks-dockerd\n"
ERROR = HttpException("503: no server is available")

Logs = Mapping[str, Sequence[str | Exception]]


def cloud_of(logs: Logs, status: str = "ACTIVE", lists: Iterable[Exception | None] = ()) -> FakeCloud:
    """Servers whose console log is another one at each look; the last stays. lists: what happens at each list."""
    cloud = FakeCloud()
    for name, looks in logs.items():
        cloud.add("server", f"id-{name}", name=name, status=status, metadata={"bay:group": name.split("-")[1]})
        cloud.consoles[f"id-{name}"] = list(looks)
    cloud.fail("servers", lists)
    return cloud


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Of the only process that there is."""
    clock = Clock()
    monkeypatch.setattr(readiness, "time", clock)
    return clock


def wait(cloud: FakeCloud, clock: Clock, minutes: float = 60, ids: Sequence[str] | None = None) -> list[Event]:
    """What is told meanwhile."""
    context = FakeContext(cloud, cancel=clock)
    known = [f"id-{name.removeprefix('id-')}" for name in cloud.consoles]
    wait_until_ready(context, "demo", ids if ids is not None else known, timedelta(minutes=minutes))
    return context.events


def test_it_ends_when_every_server_is_ready(clock: Clock) -> None:
    events = wait(cloud_of({"demo-master-0": ["", READY], "demo-node-0": ["", DOCKER, "", READY]}), clock)
    assert events[0] == PhaseStarted("demo", "wait")
    assert events[-3:] == [
        ServerProgress("demo", "master", {"ready": 1}),
        ServerProgress("demo", "node", {"ready": 1}),
        PhaseEnded("demo", "wait"),
    ]


def test_how_far_the_servers_of_a_role_are_is_counted_by_stage(clock: Clock) -> None:
    logs = {"demo-node-0": ["", "", DOCKER, READY], "demo-node-1": ["", READY], "demo-node-2": ["", READY]}
    events = [event for event in wait(cloud_of(logs), clock) if isinstance(event, ServerProgress)]
    assert [dict(event.stages) for event in events] == [{"booting": 3}, {"ready": 2, "docker": 1}, {"ready": 3}]


def test_servers_that_it_was_not_asked_for_do_not_count(clock: Clock) -> None:
    cloud = cloud_of({"demo-node-0": [READY], "demo-node-1": [""]})
    wait(cloud, clock, ids=["id-demo-node-0"])
    assert "get_server_console_output id-demo-node-1" not in cloud.journal


def test_a_failure_that_passes_by_itself_is_none(clock: Clock) -> None:
    wait(cloud_of({"demo-node-0": [FAILED, FAILED, READY]}), clock)
    assert clock.seconds < GIVEN_UP


def test_a_server_that_stays_failed_is_named_with_the_end_of_its_log(clock: Clock) -> None:
    cloud = cloud_of({"demo-node-0": [READY], "demo-node-1": ["E: no package\n" + FAILED]})
    with pytest.raises(NotReady) as failed:
        wait(cloud, clock)
    assert failed.value.message == "server demo-node-1 says failed: image lacks dockerd"
    assert failed.value.hint == (
        "everything is kept: 'bay wait demo' waits on, 'openstack console log show id-demo-node-1' shows the log"
    )
    assert failed.value.server == "demo-node-1"
    assert failed.value.console == ("E: no package", FAILED.strip())
    assert GIVEN_UP < clock.seconds < GIVEN_UP + 5


def retries(*marks: str) -> list[str]:
    """The console log after each of the marks."""
    return ["".join(marks[:end]) for end in range(1, len(marks) + 1)]


def test_a_failure_that_every_retry_ends_with_is_a_lasting_one(clock: Clock) -> None:
    """A retry says first what it always says, and may take longer than the time between two looks."""
    cloud = cloud_of({"demo-master-0": [DOCKER], "demo-node-0": retries(*[DOCKER, FAILED] * 100)})
    message, _, _ = told(lambda: wait(cloud, clock))
    assert message == "server demo-node-0 says failed: image lacks dockerd"
    assert len(cloud.consoles["id-demo-node-0"]) > 1, "long before the last retry"


def test_a_retry_that_goes_on_is_not_interrupted(clock: Clock) -> None:
    """Though its time is over: it may still do better."""
    going_on = DOCKER + FAILED + DOCKER
    wait(cloud_of({"demo-node-0": [DOCKER, DOCKER + FAILED, *[going_on] * 150, READY]}), clock)
    assert clock.seconds > GIVEN_UP


def test_a_retry_that_gets_further_has_all_its_time_again(clock: Clock) -> None:
    cluster = "bay: stage=cluster node=x\n"
    half = int(GIVEN_UP) - 30
    first, further = DOCKER + FAILED, DOCKER + FAILED + DOCKER + cluster
    wait(cloud_of({"demo-node-0": [*[first] * half, further, *[further + FAILED] * half, READY]}), clock)
    assert clock.seconds > GIVEN_UP


def test_at_the_end_of_the_time_one_that_failed_is_named_first(clock: Clock) -> None:
    cloud = cloud_of({"demo-master-0": [DOCKER], "demo-node-0": [DOCKER + FAILED + DOCKER]})
    message, _, _ = told(lambda: wait(cloud, clock, minutes=1))
    assert message == "server demo-node-0 is not ready after 1 minutes; it says failed: image lacks dockerd"


@pytest.mark.parametrize(
    ("log", "lists"), [([ERROR, ERROR, READY], []), (["", ERROR, READY], []), (["", "", READY], [None, ERROR])]
)
def test_an_error_of_the_cloud_does_not_end_the_wait(
    clock: Clock, log: list[str | Exception], lists: list[Exception | None]
) -> None:
    wait(cloud_of({"demo-master-0": log, "demo-node-0": ["", READY]}, lists=lists), clock)


@pytest.mark.parametrize(
    ("log", "lists", "doing"),
    [
        (["", ERROR], [], "reading the console log of demo-node-0"),
        ([""], chain([None], repeat(ERROR)), "asking for the servers"),
    ],
)
def test_errors_that_last_end_it(
    clock: Clock, log: list[str | Exception], lists: Iterable[Exception | None], doing: str
) -> None:
    message, _, _ = told(lambda: wait(cloud_of({"demo-node-0": log}, lists=lists), clock))
    assert message == f"{doing}: 503: no server is available"
    assert TOLERATED < clock.seconds < TOLERATED + 5


def test_errors_with_answers_between_them_do_not_add_up(clock: Clock) -> None:
    wait(cloud_of({"demo-node-0": [*[*[ERROR] * 40, ""] * 4, READY]}), clock)
    assert clock.seconds > 2 * TOLERATED


def test_a_server_that_the_cloud_does_not_know_is_an_error(clock: Clock) -> None:
    cloud = cloud_of({"demo-node-0": [READY]})
    message, hint, _ = told(lambda: wait(cloud, clock, ids=["id-demo-node-0", "id-demo-node-1"]))
    assert message == "servers of bay demo are DELETED: id-demo-node-1"
    assert hint == "'bay drift demo' shows what is missing, 'bay repair demo' creates it again"
    assert cloud.consoles["id-demo-node-0"] == [READY]


def test_a_server_that_says_nothing_is_waited_for_only_so_long(clock: Clock) -> None:
    message, _, _ = told(lambda: wait(cloud_of({"demo-node-0": [""]}), clock, minutes=2.5))
    assert message == "server demo-node-0 is not ready after 2.5 minutes; it says booting"
    assert 150 < clock.seconds < 155


@pytest.mark.parametrize("status", ["ERROR", "SHUTOFF"])
def test_a_server_that_died_is_not_waited_for(clock: Clock, status: str) -> None:
    message, _, _ = told(lambda: wait(cloud_of({"demo-node-0": [""]}, status=status), clock))
    assert message == f"server demo-node-0 is {status}"
    assert clock.seconds == 0


def test_a_server_that_somebody_deleted_meanwhile_is_not_waited_for(clock: Clock) -> None:
    cloud = cloud_of({"demo-node-0": [""], "demo-node-1": [READY]})
    cloud.fail("servers", [None, None, lambda: cloud.things["server"].pop(0)])
    message, _, _ = told(lambda: wait(cloud, clock))
    assert message == "server demo-node-0 is DELETED"


def test_where_servers_do_not_boot_nothing_is_waited_for(clock: Clock) -> None:
    cloud = cloud_of({"demo-master-0": ["bay: stage=unbooted node=demo-master-0\n"], "demo-node-0": [""]})
    context = FakeContext(cloud, cancel=clock)
    wait_until_ready(context, "demo", list(cloud.consoles))
    assert context.notices == ["the servers of this cloud do not boot, so there is no engine to wait for"]
    assert context.phases == []


def test_who_cancels_does_not_wait_on(clock: Clock) -> None:
    cloud = cloud_of({"demo-node-0": [""]})
    cloud.fail("get_server_console_output", [None, None, lambda: clock.request() and None])
    with pytest.raises(Interrupted):
        wait(cloud, clock)
    assert clock.seconds < 5


def test_many_servers_are_looked_at_less_often(clock: Clock) -> None:
    wait(cloud_of({f"demo-node-{i}": ["", READY] for i in range(100)}), clock)
    assert clock.seconds == (1 + 50 / 25) + (1 + 99 / 25), "a second, and one for each 25 looks: at a sample, at all"


def test_a_console_log_that_policy_forbids_is_said_at_once_and_how_to_go_on(clock: Clock) -> None:
    error = ForbiddenException("403: Policy doesn't allow os_compute_api:os-console-output to be performed.")
    assert told(lambda: wait(cloud_of({"demo-master-0": [error]}), clock)) == (
        "nothing tells when the engine of bay demo is ready: reading the console log of demo-master-0:"
        " the cloud's policy does not allow it: os_compute_api:os-console-output",
        "the bay is created; 'bay show demo' asks its engine where access.api lets you; --no-wait does not wait",
        1,
    )
    assert clock.seconds == 0


def test_what_policy_forbids_in_between_is_not_waited_for(clock: Clock) -> None:
    looks: list[str | Exception] = ["", ForbiddenException("403: (rule:get_server) is disallowed by policy")]
    assert "does not allow it: get_server" in told(lambda: wait(cloud_of({"demo-master-0": looks}), clock))[0]
    assert clock.seconds < TOLERATED


def looks(cloud: FakeCloud) -> list[str]:
    """Names of servers whose console log was looked at, in order."""
    return [line.rsplit("id-", 1)[1] for line in cloud.journal if line.startswith("get_server_console_output")]


def test_of_many_nodes_a_sample_is_looked_at_until_one_is_ready(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """In turn, so that it does not matter which is first; the masters always."""
    monkeypatch.setattr(readiness, "SAMPLE", 2)
    logs = {"demo-master-0": [*[""] * 5, READY], **{f"demo-node-{n}": ["", READY] for n in range(6)}}
    cloud = cloud_of(logs)
    wait(cloud, clock)
    names = looks(cloud)[1:]  # the first asks whether servers boot at all
    rounds = [names[:3], names[3:6], names[6:9], names[9:12]]
    assert [set(one) - {"demo-master-0"} for one in rounds] == [
        {f"demo-node-{n}", f"demo-node-{n + 1}"} for n in (0, 2, 4, 0)
    ]
    assert all("demo-master-0" in one for one in rounds)
    assert set(names[12:]) == {"demo-master-0", *(f"demo-node-{n}" for n in range(2, 6))}, "all that are left, at once"


def test_of_a_thousand_the_last_one_is_noticed_within_five_seconds(clock: Clock) -> None:
    ready = [*[""] * 30, READY]
    cloud = cloud_of({f"demo-node-{n}": [READY] for n in range(999)} | {"demo-node-999": ready})
    pauses = list[float]()
    clock.sleep = lambda seconds: pauses.append(seconds)  # type: ignore[method-assign]
    wait(cloud, clock)
    assert max(pauses) <= 5
    assert pauses[-1] < 2, "with few left, as soon as ever"


def test_marks_above_the_end_of_a_long_log_are_not_forgotten(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "LINES", 4)
    kernel = "[ 12.3] something else\n" * 9
    cloud = cloud_of({"demo-node-0": [DOCKER, DOCKER, DOCKER + kernel, DOCKER + kernel + READY]})
    events = [event for event in wait(cloud, clock) if isinstance(event, ServerProgress)]
    assert [dict(event.stages) for event in events] == [{"docker": 1}, {"docker": 1}, {"ready": 1}]
