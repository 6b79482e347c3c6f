"""Kills by the clock: at any moment of a create, a scale and a delete, also before the cloud has heard of it.

The campaign kills at requests to the cloud; what happens between them, and before the first, is met here.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from openstack.connection import Connection

from tests.integration.bays.campaign import agreed
from tests.integration.bays.harness import Bay, Result
from tests.integration.bays.kills import kill

pytestmark = pytest.mark.sandbox

STEP = 0.3
"""Seconds between two kills."""
NEVER = 120.0
SPEC = ("--model", "swarm", "--nodes", "0", "--no-wait", "--set", "network.existing=provider", "--set", "affinity=none")
CREATE = ("create", "clock", *SPEC)
DELETE = ("delete", "clock", "--yes")
NO_BAY = "there is no bay 'clock' in this state"
FEW = (0.6, 1.5, 3.0)
"""Seconds: imports, Pulumi's first steps, and what the cloud is asked for; a busy machine is later everywhere."""


def killed_after(user: Bay, seconds: float, words: Sequence[str]) -> bool:
    """Run a command and kill all of it after that time; whether it was still there."""
    running = user.start(*words)
    time.sleep(seconds)
    lived = running.process.poll() is None
    kill(running, user, "all")
    result = running.wait()
    assert "Traceback" not in result.err, result
    assert lived or result.code == 0, result
    return lived


def require_gone(result: Result, seconds: float) -> None:
    """The bay was deleted, or there never was one."""
    assert result.code == 0 or result.error[0] == NO_BAY, f"killed after {seconds:.1f} s: {result}"


@dataclass
class Clock:
    """A user's bay, killed at a moment and gone on with."""

    user: Bay
    cloud: Connection

    def create(self, seconds: float, *, resumed: bool) -> bool:
        """Killed while it is created; then it is created to the end, or deleted. Whether it was still there."""
        lived = killed_after(self.user, seconds, CREATE)
        if resumed and lived:
            again = self.user.run(*CREATE)
            assert again.code == 0 or again.error[0] == "bay clock exists already", f"after {seconds:.1f} s: {again}"
            agreed(self.user, "clock", self.cloud)
        require_gone(self.user.run(*DELETE), seconds)
        assert self.user.names() == []
        return lived

    def scale(self, seconds: float) -> bool:
        """Killed while a node is added; then that goes on, and it is taken away again."""
        lived = killed_after(self.user, seconds, ("scale", "clock", "1", "--no-wait"))
        assert self.user.run("scale", "clock", "1", "--no-wait").code == 0, seconds
        agreed(self.user, "clock", self.cloud)
        assert self.user.run("scale", "clock", "0", "--yes", "--allow", "batch").code == 0
        return lived

    def delete(self, seconds: float) -> bool:
        """Killed while it is deleted; then that goes on."""
        self.user.make("clock", *SPEC[2:])
        lived = killed_after(self.user, seconds, DELETE)
        require_gone(self.user.run(*DELETE), seconds)
        assert self.user.names() == []
        return lived


@pytest.fixture
def clock(bay: Bay, clouds: list[Connection]) -> Clock:
    return Clock(bay, clouds[0])


@pytest.mark.parametrize("seconds", FEW)
def test_a_create_that_is_killed_at_any_moment_can_be_deleted(clock: Clock, seconds: float) -> None:
    clock.create(seconds, resumed=False)


@pytest.mark.parametrize("seconds", FEW[1:])
def test_a_create_that_is_killed_at_any_moment_goes_on(clock: Clock, seconds: float) -> None:
    clock.create(seconds, resumed=True)


def test_a_scale_and_a_delete_that_are_killed_at_any_moment_go_on(clock: Clock) -> None:
    clock.user.make("clock", *SPEC[2:])
    clock.scale(2.0)
    clock.user.run(*DELETE)
    clock.delete(2.0)


@pytest.mark.long
@pytest.mark.parametrize("what", ["create and delete", "create again", "scale", "delete"])
def test_every_moment(clock: Clock, what: str) -> None:
    if what == "scale":
        clock.user.make("clock", *SPEC[2:])
    killed, seconds = 0, STEP
    while seconds < NEVER and _go(clock, what, seconds):
        killed, seconds = killed + 1, seconds + STEP
    assert killed > 3, "the command was over before anything could be killed"
    print(f"{what}: killed {killed} times, every {STEP} s")


def _go(clock: Clock, what: str, seconds: float) -> bool:
    if what.startswith("create"):
        return clock.create(seconds, resumed=what == "create again")
    return clock.scale(seconds) if what == "scale" else clock.delete(seconds)
