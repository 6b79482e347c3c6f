"""One operation looks at the world once: its Pulumi processes, logins and requests are counted from outside."""

import os
import shlex
from collections import Counter

import pytest

from bay.toolchain import Toolchain
from tests.integration.bays.conftest import NewRelay
from tests.integration.bays.harness import Bay
from tests.integration.bays.kills import Point, struck
from tests.integration.bays.relay import Relay, Seen

pytestmark = pytest.mark.sandbox

BARBICAN = ("/v1/secrets", "/v1/containers")
"""Paths of which a cloud without Barbican is asked none."""


class Counted:
    """A user whose every `pulumi` and every request is counted since the last `reset`."""

    def __init__(self, user: Bay, relay: Relay, toolchain: Toolchain) -> None:
        self.user, self.relay = user, relay
        self.log = user.home / "pulumi.log"
        self._wrap(toolchain)

    def _wrap(self, toolchain: Toolchain) -> None:
        """Another `pulumi` comes first on PATH: it notes that it was started, and is replaced by the real one."""
        folder = self.user.home / "counted" / "bin"
        folder.mkdir(parents=True)
        real = toolchain.root / "bin"
        script = f'#!/bin/sh\necho "$*" >> {shlex.quote(str(self.log))}\nexec {shlex.quote(str(real))}/pulumi "$@"\n'
        (folder / "pulumi").write_text(script)
        (folder / "pulumi").chmod(0o755)
        (folder / "pulumi-language-python").symlink_to(real / "pulumi-language-python")
        self.user.extra = {
            **self.user.extra,
            "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
            "PULUMI_HOME": str(toolchain.pulumi_home),
        }

    def reset(self) -> None:
        """Count anew."""
        self.log.write_text("")
        self.relay.seen.clear()

    @property
    def processes(self) -> list[str]:
        """Command lines of Pulumi; asking its version, which a `pulumi` on PATH is, is no work."""
        return [line for line in self.log.read_text().splitlines() if not line.startswith("version")]

    @property
    def requests(self) -> list[Seen]:
        """Of bay itself; Pulumi's plugin logs in and asks by itself."""
        return [seen for seen in self.relay.seen if seen.client.startswith("bay")]

    @property
    def logins(self) -> int:
        """Tokens that bay asked for."""
        return sum(seen.method == "POST" and seen.path.startswith("/v3/auth/tokens") for seen in self.requests)


@pytest.fixture
def counted(new_relay: NewRelay, bay: Bay, toolchain: Toolchain) -> Counted:
    return Counted(bay, new_relay(bay), toolchain)


def test_a_bay_is_created_with_three_processes_and_one_login_and_previewed_with_one(counted: Counted) -> None:
    counted.reset()
    counted.user.make("look", "--nodes", "1", "--no-wait")
    assert len(counted.processes) <= 3, counted.processes
    assert counted.logins == 1

    counted.reset()
    assert counted.user.run("preview", "look", "--nodes", "2").code == 2
    assert len(counted.processes) == 1, counted.processes
    assert counted.logins == 1
    assert [seen for seen, times in Counter(counted.requests).items() if times > 1] == []


def test_waiting_needs_no_second_login(counted: Counted) -> None:
    counted.reset()
    counted.user.make("look", "--nodes", "0")
    assert counted.logins == 1


def test_a_killed_create_is_deleted_with_four_processes_one_login_and_thirty_requests(counted: Counted) -> None:
    words = ("create", "look", "--model", "swarm", "--nodes", "1", "--no-wait")
    struck(counted.user, counted.relay, words, Point(("create", "Instance"), "after"), frozenset())
    counted.reset()
    result = counted.user.run("delete", "look", "--yes")
    assert result.code == 0, result
    assert len(counted.processes) <= 4, counted.processes
    assert counted.logins == 1
    of_barbican = [seen for seen in counted.requests if seen.path.startswith(BARBICAN)]
    assert len(of_barbican) <= 3, "secrets and containers with the mark, and the passphrase"
    others = [f"{seen.method} {seen.path}" for seen in counted.requests if seen not in of_barbican]
    assert len(others) <= 30, "\n".join(others)
