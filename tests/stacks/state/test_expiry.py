"""When the certificates of a bay end, by its state: no secret of it is read."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bay.stacks.state.expiry import certificates_of, expiry_warning
from bay.stacks.state.snapshot import IDENTITY_TYPE, INSTANCE_TYPE, StateSnapshot
from tests.fakes.states import complete, cut_off, kubernetes

MADE_AT = datetime(2026, 11, 22, 16, 59, 9, tzinfo=UTC)
YEARS_5, YEARS_10 = timedelta(days=1825), timedelta(days=3650)


def ends(deployment: dict[str, Any]) -> dict[str, datetime]:
    return {one.name: one.ends for one in certificates_of(StateSnapshot.from_deployment("demo", deployment))}


def created(deployment: dict[str, Any], name: str, at: str) -> None:
    servers = [one for one in deployment["resources"] if one["type"] == INSTANCE_TYPE]
    next(one for one in servers if one["inputs"]["name"] == name)["created"] = at


def identity(deployment: dict[str, Any]) -> dict[str, Any]:
    outputs: dict[str, Any] = next(r for r in deployment["resources"] if r["type"] == IDENTITY_TYPE)["outputs"]
    return outputs


def test_a_swarm_has_an_authority_servers_and_a_client() -> None:
    leaf = MADE_AT + YEARS_5
    assert ends(complete()) == {"authority": MADE_AT + YEARS_10, "server": leaf, "client": leaf}


def test_masters_that_are_created_later_have_later_certificates_and_the_first_to_end_counts() -> None:
    deployment = complete()
    period = YEARS_5 * 2 / 3
    for after, signed in ((period, 0), (period + timedelta(days=1), 1), (2 * period + timedelta(days=2), 2)):
        created(deployment, "demo-master-0", (MADE_AT + after).isoformat())
        assert ends(deployment)["server"] == min(MADE_AT + signed * period + YEARS_5, MADE_AT + YEARS_10)
    created(deployment, "demo-node-0", MADE_AT.isoformat())
    assert ends(deployment)["server"] == MADE_AT + YEARS_10, "a node has none"


def test_it_is_said_what_renews_each() -> None:
    renewed_by = {
        one.name: one.renewed_by for one in certificates_of(StateSnapshot.from_deployment("demo", kubernetes()))
    }
    assert renewed_by["client"] == "bay config demo"
    assert renewed_by["server"] == "the masters; those that an earlier release created: bay rebuild demo --group master"
    assert renewed_by["authority"] == renewed_by["authority etcd"] == ""


def test_they_are_known_of_a_bay_whose_creation_was_interrupted() -> None:
    assert ends(cut_off()) == ends(complete())


@pytest.mark.parametrize("deployment", [None, {}])
def test_a_bay_without_keys_has_none(deployment: dict[str, Any] | None) -> None:
    assert certificates_of(StateSnapshot.from_deployment("demo", deployment)) == ()
    assert expiry_warning(StateSnapshot.from_deployment("demo", deployment), MADE_AT) == ""


def test_masters_of_kubernetes_make_theirs_when_they_are_created() -> None:
    deployment = kubernetes()
    found = ends(deployment)
    assert list(found) == ["authority", "authority etcd", "authority front-proxy", "server", "client"]
    assert found["server"] == MADE_AT + YEARS_5, "of a state that does not say when a server was created"
    created(deployment, "demo-node-0", "2026-11-23T00:00:00.123456789Z")
    created(deployment, "demo-master-0", "2028-01-01T00:00:00.123456789Z")
    assert ends(deployment)["server"] == datetime(2028, 1, 1, 0, 0, 0, 123456, tzinfo=UTC) + YEARS_5


def test_those_that_somebody_elses_authority_signs_end_with_it() -> None:
    deployment = complete()
    identity(deployment)["authority_ends"] = "2030-01-01T00:00:00+00:00"
    assert set(ends(deployment).values()) == {datetime(2030, 1, 1, tzinfo=UTC)}


def test_one_line_says_what_ends_soon() -> None:
    state = StateSnapshot.from_deployment("demo", complete())
    assert expiry_warning(state, MADE_AT + YEARS_5 - timedelta(days=31)) == ""
    assert "in 30 days; client ends" in expiry_warning(state, MADE_AT + YEARS_5 - timedelta(days=30))
    assert "client ended" in expiry_warning(state, MADE_AT + YEARS_5)
