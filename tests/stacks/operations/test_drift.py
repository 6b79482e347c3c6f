"""`bay drift`: the engine's findings, Nova's statuses and what carries the mark, in one list."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
import typer

from bay.cli.commands import drift as command
from bay.cli.console.output import Format
from bay.components.errors import BayError
from bay.stacks.cloud.cleanup import CloudObject
from bay.stacks.operations import drift
from bay.stacks.operations.drift import Drift, compare_with_cloud, type_of
from bay.stacks.operations.drift_events import Difference, What
from bay.stacks.state import snapshot
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.states import complete, cut_off

RECORD = snapshot.StateSnapshot.from_deployment("demo", complete())
MASTER, NODE = RECORD.servers


def nova(*found: tuple[str, Any]) -> Any:
    """A cloud with these servers, which lists by name as Nova does."""

    def servers(name: str = "") -> list[Any]:
        lists.append(name)
        return [one for kind, one in found if kind == "server" and one.name.startswith(name.removeprefix("^"))]

    lists: list[str] = []
    return SimpleNamespace(compute=SimpleNamespace(servers=servers), lists=lists)


def thing(kind: str, id_: str, name: str = "", status: str = "ACTIVE") -> tuple[str, Any]:
    return kind, SimpleNamespace(id=id_, name=name or f"demo-{id_}", status=status)


def compared(
    monkeypatch: pytest.MonkeyPatch, in_the_cloud: list[tuple[str, Any]], by_the_engine: list[Difference]
) -> Drift:
    monkeypatch.setattr(drift, "everything", lambda *_: iter(in_the_cloud))
    monkeypatch.setattr(drift, "of_event", lambda event: [event])

    def compare(listen: Any) -> None:
        for difference in by_the_engine:
            listen(difference)

    stack: Any = SimpleNamespace(compare=compare)
    return compare_with_cloud(stack, RECORD, nova(*in_the_cloud))


def test_servers_as_they_should_be_are_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [thing("server", MASTER.id), thing("server", NODE.id)]
    assert compared(monkeypatch, both, []).rows == []


def test_a_stopped_server_is_told_once_in_novas_word(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [thing("server", MASTER.id), thing("server", NODE.id, status="SHUTOFF")]
    engine = Difference(What.CHANGED, "Instance", NODE.name, NODE.id, "powerState", "active", "shutoff")
    (row,) = compared(monkeypatch, both, [engine]).rows
    assert row == {
        "bay": "demo",
        "difference": "changed",
        "type": "Instance",
        "name": "demo-node-0",
        "field": "status",
        "recorded": "ACTIVE",
        "found": "SHUTOFF",
        "id": NODE.id,
    }


@pytest.mark.parametrize("name", ["demo-node-0", "renamed"])
def test_a_server_without_the_mark_or_with_another_name_is_seen_in_error(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(drift, "everything", lambda *_: iter([]))
    stack: Any = SimpleNamespace(compare=lambda _listen: None)
    servers = [thing("server", MASTER.id, MASTER.name), thing("server", NODE.id, name, "ERROR")]
    rows = compare_with_cloud(stack, RECORD, nova(*servers)).rows
    assert [(row["name"], row["field"], row["found"]) for row in rows] == [("demo-node-0", "status", "ERROR")]


def test_servers_are_listed_once_however_many_there_are() -> None:
    from bay.stacks.cloud.servers import server_statuses

    cloud = nova(thing("server", MASTER.id), thing("server", NODE.id))
    assert server_statuses(cloud, RECORD) == {MASTER.id: "ACTIVE", NODE.id: "ACTIVE"}
    assert cloud.lists == ["^demo-"]
    renamed = nova(thing("server", MASTER.id), thing("server", NODE.id, "renamed"))
    assert server_statuses(renamed, RECORD) == {MASTER.id: "ACTIVE", NODE.id: "ACTIVE"}
    assert len(renamed.lists) == 2


def test_what_carries_the_mark_and_is_not_in_the_state_is_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    there = [thing("server", MASTER.id), thing("server", NODE.id), thing("floating IP", "new", "192.0.2.7")]
    rows = compared(monkeypatch, there, []).rows
    assert [(row["difference"], row["type"], row["name"], row["id"]) for row in rows] == [
        ("extra", "FloatingIp", "192.0.2.7", "new")
    ]


def test_what_is_missing_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    told = [
        Difference(What.CHANGED, "Network", "demo", field="tags"),
        Difference(What.MISSING, "Instance", NODE.name, NODE.id),
    ]
    result = compared(monkeypatch, [thing("server", MASTER.id), thing("router", "other")], told)
    assert [row["difference"] for row in result.rows] == ["missing", "changed", "extra"]
    assert result.summary.startswith("1 missing, 1 changed, 1 extra (compared in ")


def test_a_server_that_a_run_left_unmade_is_missing_too(monkeypatch: pytest.MonkeyPatch) -> None:
    without = snapshot.StateSnapshot.from_deployment("demo", cut_off())
    monkeypatch.setattr(drift, "everything", lambda *_: iter([]))
    stack: Any = SimpleNamespace(compare=lambda _listen: None)
    rows = compare_with_cloud(stack, without, nova()).rows
    assert [(row["difference"], row["type"], row["name"]) for row in rows] == [("missing", "Instance", "demo-node-0")]


@pytest.mark.parametrize(
    ("kind", "pulumis"),
    [("server", "Instance"), ("rule", "SecGroupRule"), ("load balancer", "LoadBalancer"), ("subnet", "Subnet")],
)
def test_extra_things_are_called_as_the_state_would_call_them(kind: str, pulumis: str) -> None:
    assert type_of(kind) == pulumis


def bays(monkeypatch: pytest.MonkeyPatch, **found: Drift | BayError) -> None:
    """A state of these bays."""
    import bay.stacks.context
    import bay.stacks.stack

    def compare(_session: Any, name: str) -> Drift:
        result = found[name]
        if isinstance(result, BayError):
            raise result
        return result

    monkeypatch.setattr(drift, "compare", compare)
    monkeypatch.setattr(bay.stacks.stack, "stack_names", lambda _engine: sorted(found))
    session = SimpleNamespace(engine=lambda _name: None)
    monkeypatch.setattr(bay.stacks.context, "Session", lambda *_: session)


SAME = Drift(StateSnapshot("same"), (), (), {}, 1.0)
MORE = Drift(StateSnapshot("more"), (), (CloudObject("port", "1", "x"),), {}, 1.0)


@pytest.mark.parametrize(
    ("found", "code", "shown"),
    [
        ({"same": SAME}, 0, []),
        ({"same": SAME, "more": MORE}, 2, ["more"]),
        ({"gone": BayError("what", "how"), "more": MORE}, 1, ["more"]),
        ({}, 0, []),
    ],
)
def test_of_all_bays_the_exit_code_says_the_worst(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    found: dict[str, Drift | BayError],
    code: int,
    shown: list[str],
) -> None:
    bays(monkeypatch, **found)
    with pytest.raises(typer.Exit) as ended:
        command.drift(every=True, form=Format.JSON)
    assert ended.value.exit_code == code
    out = capsys.readouterr()
    assert [row["bay"] for row in json.loads(out.out)] == shown
    assert ("bay gone: what: how" in out.err) is ("gone" in found)


def test_a_bay_has_to_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    bays(monkeypatch)
    with pytest.raises(BayError, match="which bay"):
        command.drift()


def test_a_name_beside_all_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bays(monkeypatch, same=SAME)
    with pytest.raises(BayError, match="--all takes no name"):
        command.drift("same", every=True)
