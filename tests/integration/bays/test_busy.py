"""Clouds that are busy: every kind of call is turned away at first, with 429 or 5xx, and nobody notices."""

import json
import re
import threading
from dataclasses import dataclass, field

import pytest

from tests.integration.bays.conftest import NewBay, NewRelay
from tests.integration.bays.relay import Answer, Relay, Seen

pytestmark = pytest.mark.sandbox

ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
SPEC = ("--model", "swarm", "--nodes", "1", "--no-wait", "--set", "affinity=none")


def refusal(status: int, *headers: tuple[str, str], text: str = "busy") -> Answer:
    """An answer as a service or the proxy before it gives it."""
    body = json.dumps({"error": {"code": status, "title": text, "message": text}}).encode()
    return Answer(status, text, (("Content-Type", "application/json"), *headers), body)


@dataclass
class Busy:
    """Turns away every kind of call of bay and of the plugin `times` times, then does it.

    now_and_then: of the plugin, each call of this number instead: Pulumi begins nothing new once a call has failed.
    """

    answer: Answer
    times: int = 1
    now_and_then: int = 0
    calls: int = 0
    turned_away: dict[tuple[str, str, str], int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, seen: Seen) -> Answer | None:
        kind = ("bay" if seen.client == "bay" else "plugin", seen.method, ID.sub("ID", seen.path.partition("?")[0]))
        if self.now_and_then and kind[0] == "plugin":
            return self._of_the_plugin(kind)
        with self.lock:
            before = self.turned_away.get(kind, 0)
            if before < self.times:
                self.turned_away[kind] = before + 1
                return self.answer
        return None

    def _of_the_plugin(self, kind: tuple[str, str, str]) -> Answer | None:
        with self.lock:
            self.calls += 1
            refused = self.calls % self.now_and_then == 0
            self.turned_away[kind] = self.turned_away.get(kind, 0) + refused
            return self.answer if refused else None


@pytest.mark.parametrize(
    "busy",
    [
        Busy(refusal(429, ("Retry-After", "1")), times=2),
        Busy(refusal(503), now_and_then=100),
        pytest.param(Busy(refusal(500), now_and_then=90), marks=pytest.mark.long),
        pytest.param(Busy(refusal(502), now_and_then=110), marks=pytest.mark.long),
        pytest.param(Busy(refusal(504), now_and_then=80), marks=pytest.mark.long),
    ],
    ids=lambda busy: str(busy.answer.status),
)
def test_a_call_that_is_turned_away_is_made_again(new_relay: NewRelay, new_bay: NewBay, busy: Busy) -> None:
    user = new_bay()
    relay = new_relay(user)
    relay.refuse = busy
    user.make("busy", *SPEC)
    assert user.run("drift", "busy").code == 0
    assert user.run("scale", "busy", "0", "--yes", "--allow", "batch").code == 0
    assert user.run("delete", "busy", "--yes").code == 0
    _require_both_were_turned_away(busy, relay)


def _require_both_were_turned_away(busy: Busy, relay: Relay) -> None:
    kinds = busy.turned_away
    assert {who for (who, _, _), times in kinds.items() if times} == {"bay", "plugin"}
    assert {("plugin", "POST", "/v2.1/servers"), ("plugin", "DELETE", "/v2.1/servers/ID")} <= kinds.keys()
    assert {("bay", "POST", "/v3/auth/tokens"), ("plugin", "POST", "/v3/auth/tokens")} <= kinds.keys()
    relay.open()
