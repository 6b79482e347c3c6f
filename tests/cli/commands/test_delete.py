"""`bay delete`: what becomes of everything stands above the question; a dry run prints it and does nothing."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bay.cli import session
from bay.cli.app import run
from bay.stacks.approval import Approve
from bay.stacks.cancellation import Cancellation
from bay.stacks.operations.delete_plan import Action, DeletePlan, Disposition
from bay.stacks.operations.retain import Keep

Captured = pytest.CaptureFixture[str]
VOLUME = Disposition(Action.DELETE, "volume", "pvc-data", "id-1", "1 GiB", "carries the bay's mark")
BLOCKER = Disposition(Action.BLOCKER, "port", "printer", "id-2", "", "is on network demo", "openstack port delete id-2")
SERVERS = ("demo-master-0", "demo-node-0")


class Bays:
    """The bay `demo`. deleted: what was to be kept of it, once it is gone."""

    def __init__(self, *dispositions: Disposition, servers: tuple[str, ...] = SERVERS) -> None:
        self.plan = DeletePlan("demo", servers, 30, dispositions)
        self.deleted: list[Keep] = []
        self.context = self
        self.cancel = Cancellation()
        self.has = False

    def delete_plan(self, name: str, _keep: Keep) -> DeletePlan:
        assert name == "demo"
        return self.plan

    def delete(self, name: str, keep: Keep, *, approve: Approve) -> None:
        assert name == "demo"
        self.plan.require_no_blockers()
        approve(self.plan)
        self.deleted.append(keep)

    def has_context(self, name: str) -> bool:
        assert name == "demo"
        return self.has


def delete(bays: Bays, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(session, "open_bays", lambda *_login, **_more: bays)
    return run(["delete", "demo", *words])


def test_what_goes_is_listed_before_it_goes(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    bays = Bays(VOLUME)
    assert delete(bays, monkeypatch, "--yes") == 0
    assert capsys.readouterr() == (
        "",
        "bay demo: 2 servers (demo-master-0, demo-node-0), 30 resources\n"
        "delete:      volume pvc-data (id-1), 1 GiB; carries the bay's mark\n"
        "bay demo is deleted\n",
    )
    assert bays.deleted == [Keep(False, False)]


def test_a_context_that_stays_is_named_with_what_removes_it(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    bays = Bays()
    bays.has = True
    assert delete(bays, monkeypatch, "--yes") == 0
    assert capsys.readouterr().err.splitlines()[-2:] == [
        "bay demo is deleted",
        "its context stays among those of your client: 'bay config demo --unset' removes it",
    ]


def test_without_an_answer_everything_stays(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    bays = Bays(VOLUME)
    assert delete(bays, monkeypatch) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[1] == str(VOLUME), "it is listed all the same"
    assert lines[-2:] == [
        "error: this would delete bay demo and all its data, and 1 volume of the list",
        "       add --yes to do it without a question",
    ]
    assert bays.deleted == []


def test_what_blocks_it_is_an_error_even_with_yes(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    bays = Bays(VOLUME, BLOCKER)
    assert delete(bays, monkeypatch, "--yes") == 1
    assert capsys.readouterr().err.splitlines()[-2:] == [
        "error: resources of others block the deletion of bay demo: port printer is on network demo",
        "       remove them, then 'bay delete demo' again; --dry-run lists all; the first: openstack port delete id-2",
    ]
    assert bays.deleted == []


def test_a_dry_run_prints_rows_and_deletes_nothing(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    bays: Any = Bays(VOLUME, BLOCKER)
    bays.delete = None
    assert delete(bays, monkeypatch, "--dry-run", "-f", "json") == 0
    shown = capsys.readouterr()
    assert [(row["action"], row["name"], row["remedy"]) for row in json.loads(shown.out)] == [
        ("delete", "pvc-data", ""),
        ("blocker", "printer", "openstack port delete id-2"),
    ]
    assert shown.err == "bay demo: 2 servers (demo-master-0, demo-node-0), 30 resources\n"


@pytest.mark.parametrize("form", ["table", "json", "markdown", "csv"])
def test_a_dry_run_lists_what_the_state_has_too(form: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Disposition(Action.DELETE, "server", "demo-node-0", "s1", "", "in the bay's state", address="10.80.0.7")
    bays = Bays(VOLUME)
    bays.plan = replace(bays.plan, recorded=(server,))
    assert delete(bays, monkeypatch, "--dry-run", "-f", form) == 0
    shown = capsys.readouterr().out
    assert shown.index("demo-node-0") < shown.index("10.80.0.7") < shown.index("pvc-data")


@pytest.mark.parametrize(
    ("servers", "words"),
    [
        ((), "0 servers (none)"),
        (tuple(f"n{i}" for i in range(6)), "6 servers (n0, n1, n2, n3, n4, n5)"),
        (tuple(f"n{i}" for i in range(7)), "7 servers (n0, n1, n2, n3, n4, n5 ...)"),
    ],
)
def test_only_the_first_servers_are_named(
    servers: tuple[str, ...], words: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete(Bays(servers=servers), monkeypatch, "--dry-run")
    assert capsys.readouterr().err == f"bay demo: {words}, 30 resources\n"


@pytest.mark.parametrize(
    ("words", "keep"),
    [
        (("--keep-volumes",), Keep(volumes=True)),
        (("--keep-floating-ips",), Keep(floating_ips=True)),
        (("--keep-volumes", "--keep-floating-ips"), Keep(volumes=True, floating_ips=True)),
    ],
)
def test_what_is_to_be_kept_is_handed_on(words: tuple[str, ...], keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    bays = Bays()
    assert delete(bays, monkeypatch, *words, "--yes") == 0
    assert bays.deleted == [keep]
