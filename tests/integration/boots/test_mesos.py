"""Three Mesos masters: ZooKeeper elects and serves; units, flags, credentials are there up to what no image has here.

The image of the sandbox brings no Mesos. So a program of that name is put there that says what it was started with.
"""

import re
from collections import Counter

import pytest

from tests.integration.boots.standing import MASTERS, SERVERS, Standing
from tests.integration.boots.story import comes

pytestmark = [
    pytest.mark.boot,
    pytest.mark.sandbox,
    pytest.mark.long,
    pytest.mark.timeout(900, func_only=True),
    pytest.mark.parametrize("standing", ["mesos"], indirect=True, scope="session"),
]

BUSY = 400.0  # seconds
PROGRAM = {"master": "mesos-master", "node": "mesos-agent"}
STAND_IN = """install -m 0755 /dev/stdin /usr/local/bin/{program} <<'SH'
#!/bin/bash
printf '%s\\n' "$@" >/run/started-with
env | grep -E '^(LIBPROCESS|MESOS|SSL)' | cut -d= -f1 | sort >/run/environment
exec sleep infinity
SH"""
SRVR = "exec 3<>/dev/tcp/127.0.0.1/2181; printf srvr >&3; sed -n 's/^Mode: //p' <&3"


def modes(bay: Standing) -> Counter[str]:
    """How many masters' ZooKeepers say that they lead, follow or nothing."""
    return Counter(bay.inside(master, SRVR) for master in MASTERS)


def elected(bay: Standing) -> None:
    """One leads, two follow."""
    comes(Counter({"leader": 1, "follower": 2}), lambda: modes(bay), BUSY)


def test_zookeeper_elects_one_of_three_and_serves_on_each(standing: Standing) -> None:
    elected(standing)
    shell = "/usr/share/zookeeper/bin/zkCli.sh -server 127.0.0.1:2181 get /mesos 2>/dev/null | grep -x bay"
    for master in MASTERS:
        comes("bay", lambda master=master: standing.inside(master, shell), 60)


def test_each_server_says_what_its_image_lacks(standing: Standing) -> None:
    for server in SERVERS:
        program = PROGRAM[server.partition("-")[0]]
        comes(
            ("failed", f"image-lacks-{program}"),
            lambda server=server: ((now := standing.stage(server)).name, now.details.get("reason")),
            BUSY,
        )
    assert standing.health()[""] == "UNKNOWN"


def test_waiting_for_the_engine_ends_with_the_server_that_fails_and_its_log(standing: Standing) -> None:
    waited = standing.user.start("wait", standing.name, "--timeout", "5").wait(BUSY)
    assert waited.code == 1, waited
    wrong, hint = waited.error
    assert re.fullmatch(rf"server {standing.name}-\S+ says failed: image lacks mesos (master|agent)", wrong)
    assert "openstack console log show" in hint
    assert "  | bay: stage=failed " in waited.err


def test_one_that_dies_is_replaced_as_leader(standing: Standing) -> None:
    leader = next(master for master in MASTERS if standing.inside(master, SRVR) == "leader")
    standing.node(leader).container.kill()
    others = [master for master in MASTERS if master != leader]
    comes({"leader", "follower"}, lambda: {standing.inside(master, SRVR) for master in others}, 60)
    comes("SHUTOFF", lambda: standing.status()[leader])
    standing.cloud.compute.start_server(standing.server(leader))
    comes("ACTIVE", lambda: standing.status()[leader])
    elected(standing)


@pytest.mark.parametrize("server", ["master-0", "node-0"])
def test_the_programs_start_with_the_flags_and_credentials_of_the_bay(standing: Standing, server: str) -> None:
    program = PROGRAM[server.partition("-")[0]]
    standing.inside(server, STAND_IN.format(program=program))
    comes("active", lambda: standing.inside(server, f"systemctl is-active {program}"), 120)
    comes(True, lambda: bool(standing.inside(server, "cat /run/environment")), 60)
    started = standing.inside(server, "cat /run/started-with").splitlines()
    written = standing.inside(server, f"cat /etc/bay/mesos/{program}.flags /etc/bay/mesos/{program}.own").splitlines()
    assert started == written
    flags = dict(word.removeprefix("--").partition("=")[::2] for word in started)
    own = standing.address(server)
    if server == "master-0":
        assert (flags["advertise_ip"], flags["hostname"], flags["quorum"]) == (own, own, "2")
        assert {"authenticate_agents", "authenticate_frameworks", "credentials", "acls"} <= set(flags)
    else:
        assert (flags["ip"], flags["hostname"]) == (own, f"{standing.name}-{server}")
        assert set(flags) >= {"credential", "master"}
        zookeeper = ",".join(f"{standing.address(master)}:2181" for master in MASTERS)
        assert zookeeper in flags["master"]
    secret = standing.inside(server, "cat /etc/bay/mesos/credential*.json")
    assert ("bay-operator" in secret, "bay-agent" in secret) == (server == "master-0", True)
    for name in standing.inside(server, "ls /etc/bay/mesos/credential*.json").split():
        assert standing.inside(server, f"stat -c '%a %U' {name}") == "600 root"
    assert "SSL" in standing.inside(server, "cat /run/environment")
