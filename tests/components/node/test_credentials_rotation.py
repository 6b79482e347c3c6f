"""Another generation of join keys has all else of the one before, and no old one lets a server in."""

from datetime import UTC, datetime

import pytest

from bay.components.identity import RENEW, RETIRE, IdentityProvider
from bay.components.node import join_ssh
from bay.components.node.credentials import (
    ENCRYPTION_NAME,
    Generation,
    accepted,
    current,
    new_generation,
    with_new_join_keys,
    with_previous_retired,
)
from bay.components.node.proof import proof_key
from tests.components.test_identity import INPUTS

CHANGED = {"serial", "engine"} | {
    f"{name}{end}" for name in ("join_node", "join_master", "member") for end in ("_key", "_public_key")
}


@pytest.fixture(scope="module")
def first() -> Generation:
    return new_generation("demo", 1, datetime.now(UTC), {"encryption": "bytes"})


def door(generations: list[Generation]) -> str:
    files = {file.path: file.content for file in join_ssh.master_files(generations, "swarm")}
    return str(files["/etc/bay/door/authorized_keys"])


def test_only_what_lets_servers_in_is_another(first: Generation) -> None:
    second = current(with_new_join_keys([first]))
    assert {key for key in first if first[key] != second[key]} == CHANGED  # type: ignore[literal-required]
    assert second["serial"] == 2
    assert proof_key(first) != proof_key(second)


@pytest.mark.parametrize(("serial", "name"), [(1, "key1"), (1.0, "key1.0")])
def test_kubernetes_finds_its_key_in_etcd_by_the_name_of_before(first: Generation, serial: float, name: str) -> None:
    """The state makes a float of every number, and the name is what was in the first master's boot data."""
    before = Generation(**{**first, "serial": serial})  # type: ignore[typeddict-item]
    second = with_new_join_keys([before])
    assert current(second)["engine"] == {ENCRYPTION_NAME: name, **first["engine"]}
    assert current(with_new_join_keys(second))["engine"] == {ENCRYPTION_NAME: name, **first["engine"]}


def test_a_previous_generation_lets_nobody_in_and_a_retired_one_opens_nothing(first: Generation) -> None:
    both = with_new_join_keys([first])
    assert [one["phase"] for one in both] == ["current", "previous"]
    assert [key in door(both) for key in public(first)] == [False, False, True]
    assert all(key in door(both) for key in public(current(both)))
    left = with_previous_retired(both)
    assert [one["phase"] for one in left] == ["current", "retired"]
    assert not any(key in door(left) for key in public(first))
    assert all(key in door(left) for key in public(current(both)))
    assert accepted(left) == [current(left)]


def public(keys: Generation) -> list[str]:
    return [keys["join_node_public_key"], keys["join_master_public_key"], keys["member_public_key"]]


def test_the_identity_carries_each_rotation_out_once() -> None:
    provider = IdentityProvider()
    outs = provider.create(INPUTS).outs
    assert outs is not None
    for rotation, phases in (
        (f"{RENEW}a", ["current", "previous"]),
        (f"{RETIRE}b", ["current", "retired"]),
        (f"{RENEW}c", ["current", "previous", "retired"]),
    ):
        asked = {**INPUTS, "rotation": rotation}
        assert provider.diff("", outs, asked).changes is True
        assert provider.diff("", outs, INPUTS).changes is False, "no other program asks for one"
        changed = provider.update("", outs, asked).outs
        assert changed is not None
        assert [one["phase"] for one in changed["generations"]] == phases
        assert provider.diff("", changed, asked).changes is False
        assert provider.update("", changed, INPUTS).outs == changed
        outs = changed
