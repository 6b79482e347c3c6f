"""A bay's keys, from a state with its secrets in the clear."""

import json
from typing import Any, ClassVar

import pytest

from bay.components.engines import ENGINES
from bay.components.node.credentials import Generation, Secret, current
from bay.components.spec.merge import build_spec
from bay.stacks.state.pki import authorities, authority, generations, keys_of
from bay.stacks.state.snapshot import IDENTITY_TYPE, StateSnapshot
from tests.fakes.messages import told

SIGNATURE = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
RECORD = StateSnapshot("demo", spec=build_spec([{"model": "swarm"}]))
KEYS: Any = {"phase": "current", "serial": 1, "ca_key": "K", "ca_cert": "C", "engine": {}}


def secret(value: object) -> dict[str, str]:
    """A secret as `pulumi stack export --show-secrets` writes it."""
    return {**SIGNATURE, "plaintext": json.dumps(value)}


@pytest.mark.parametrize(
    "stored",
    [
        [KEYS],
        secret([KEYS]),
        [{**KEYS, "ca_key": secret("K")}],
        secret([{**KEYS, "engine": secret({})}]),
    ],
)
def test_secrets_are_found_however_deep_pulumi_wrapped_them(stored: object) -> None:
    identity = {"type": IDENTITY_TYPE, "outputs": {"generations": stored}}
    assert generations({"resources": [{"type": "x"}, identity]}) == [KEYS]


@pytest.mark.parametrize("resources", [None, [], [{"type": "x"}], [{"type": IDENTITY_TYPE}]])
def test_a_bay_whose_identity_is_not_made_has_no_keys(resources: object) -> None:
    assert generations({"resources": resources}) == []


class Engine:
    """One with authorities of its own."""

    secrets: ClassVar = {"etcd": Secret.AUTHORITY, "front_proxy": Secret.AUTHORITY, "pass": Secret.PASSWORD}


def test_authorities_of_the_engine_are_named_with_dashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bay.stacks.state.pki.ENGINES", {"swarm": Engine})
    keys: Generation = {**KEYS, "engine": {"front_proxy_key": "PK", "front_proxy_cert": "PC"}}
    assert list(authorities(RECORD)) == ["bay", "etcd", "front-proxy"]
    found = authority(RECORD, keys, "front-proxy")
    assert (found.key, found.certificate) == ("PK", "PC")
    own = authority(RECORD, current([keys]))
    assert (own.key, own.certificate) == ("K", "C")
    assert told(lambda: authority(RECORD, keys, "etcd"))[0] == "bay demo was created without authority 'etcd'"
    assert told(lambda: authority(RECORD, keys, "ectd")) == ("bay demo has no authority 'ectd'", "nearest: etcd", 2)


@pytest.mark.parametrize("name", list(ENGINES))
def test_every_engine_says_what_a_certificate_lets_its_holder_do(name: str) -> None:
    assert len(ENGINES[name].certificate_power.split()) > 4


def test_the_keys_of_a_bay_are_those_of_its_identity() -> None:
    identity = {"type": IDENTITY_TYPE, "outputs": {"generations": [KEYS]}}
    assert keys_of(RECORD, {"resources": [identity]}) == KEYS
    assert told(lambda: keys_of(RECORD, {})) == (
        "bay demo has no keys yet",
        "'bay create demo' resumes its creation",
        1,
    )
