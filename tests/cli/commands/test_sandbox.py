"""`bay sandbox status` and `bay doctor`: a service that runs and does not do its work is an error."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bay.cli import doctor
from bay.cli.app import run
from bay.cli.environment import settings
from bay.sandbox import Sandbox, ServiceStatus, Status

BEHIND = "does not follow Neutron: it fails: nft: no such table"


def service(name: str, problem: str = "", running: bool = True) -> ServiceStatus:
    return ServiceStatus(name, running, 7 if running else None, 0 if name == "network" else 25004, 44, problem)


@pytest.fixture
def has(environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Gives the sandbox services."""

    def set_up(*services: ServiceStatus) -> None:
        running = all(one.running for one in services)
        found = Status(running, services, "http://127.0.0.1:25000/v3", Path("clouds.yaml"))
        monkeypatch.setattr(Sandbox, "status", lambda _: found)

    return set_up


@pytest.mark.parametrize(
    ("services", "code", "health"),
    [
        ([service("neutron"), service("network")], 0, ["ok", "ok"]),
        ([service("neutron"), service("network", BEHIND)], 1, ["ok", BEHIND]),
        ([service("neutron", running=False), service("network")], 1, ["stopped", "ok"]),
        ([service("neutron", "has exited; last line of its log: Killed", running=False)], 1, ["has exited; last line"]),
    ],
    ids=["all well", "agent behind", "stopped", "ended"],
)
def test_the_status_has_each_services_health_and_an_exit_code(
    has: Any, services: list[ServiceStatus], code: int, health: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    has(*services)
    assert run(["sandbox", "status", "-f", "json"]) == code
    rows = json.loads(capsys.readouterr().out)
    assert [row["service"] for row in rows] == [one.name for one in services]
    assert all(row["health"].startswith(begin) for row, begin in zip(rows, health, strict=True))


@pytest.mark.parametrize(
    ("services", "ok", "detail"),
    [
        ([service("neutron"), service("network")], True, "runs at http://127.0.0.1:25000/v3"),
        ([service("neutron"), service("network", BEHIND)], False, f"network {BEHIND}"),
        ([service("neutron", running=False), service("network")], False, "neutron is stopped"),
        ([service("neutron", running=False), service("network", "has exited", running=False)], True, "stopped"),
    ],
    ids=["all well", "agent behind", "one stopped", "all stopped"],
)
def test_the_doctor_looks_at_a_sandbox_that_runs(
    has: Any, services: list[ServiceStatus], ok: bool, detail: str
) -> None:
    has(*services)
    found = doctor.sandbox(settings())
    assert (found.name, found.ok, found.detail) == ("sandbox", ok, detail)
    assert found.remedy == ("" if ok else "bay sandbox start")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], None),
        (["--with", "magnum"], ["magnum"]),
        (["--with", "magnum,horizon"], ["magnum", "horizon"]),
        (["--with", "none"], []),
    ],
)
def test_further_services_are_named_once_or_not_at_all(
    environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, words: list[str], told: list[str] | None
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(Sandbox, "start", lambda _self, _say, boot, extras: asked.append((boot, extras)))
    assert run(["sandbox", "start", *words]) == 0
    assert asked == [(None, told)]
