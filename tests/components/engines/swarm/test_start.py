"""A whole boot of a server, up to the mark that it is ready."""

from pathlib import Path

from tests.components.engines.machine import MASTERS
from tests.components.engines.swarm.machine import TOKEN, SwarmMachine

FIRST, SECOND, THIRD = MASTERS.values()


def test_a_node_waits_for_a_master_joins_and_drops_its_key(tmp_path: Path) -> None:
    machine = SwarmMachine.make(tmp_path, "demo-node-0", masters={"demo-master-0": FIRST})
    machine.answer(FIRST, "token", "3 ", "3 ", f"0 {TOKEN}")
    machine.answer(FIRST, "forget", "0 ")
    started = machine.start()
    assert started.returncode == 0, started.stderr
    assert machine.console() == [
        "bay: stage=docker node=demo-node-0",
        "bay: stage=cluster node=demo-node-0",
        "bay: stage=cluster node=demo-node-0 state=waiting reason=no-master-lets-it-in",
        "bay: stage=ready node=demo-node-0",
    ]
    assert machine.calls("docker") == [
        f"swarm join --token {TOKEN} --advertise-addr 10.80.0.99 --availability active {FIRST}:2377"
    ]
    assert machine.calls("ssh")[-1] == f"{FIRST} forget"
    assert not (tmp_path / "join_key").exists()


def test_the_first_master_makes_the_swarm_and_takes_no_containers(tmp_path: Path) -> None:
    machine = SwarmMachine.make(tmp_path, "demo-master-0", masters={"demo-master-0": FIRST})
    started = machine.start()
    assert machine.calls("docker") == [f"swarm init --advertise-addr {FIRST} --availability drain"]
    assert "SWMTKN" not in started.stdout + started.stderr, "the journal must not hold a token"
    assert machine.console()[-1] == "bay: stage=ready node=demo-master-0"


def test_a_later_master_joins_under_its_own_listed_address(tmp_path: Path) -> None:
    machine = SwarmMachine.make(tmp_path, "demo-master-2")
    machine.answer(FIRST, "token", f"0 {TOKEN}")
    machine.answer(FIRST, "forget", "0 ")
    machine.start()
    assert machine.calls("docker") == [
        f"swarm join --token {TOKEN} --advertise-addr {THIRD} --availability drain {FIRST}:2377"
    ]


def test_a_server_built_anew_waits_until_its_old_entry_is_gone(tmp_path: Path) -> None:
    machine = SwarmMachine.make(tmp_path, "demo-master-2")
    machine.answer(FIRST, "token", f"0 {TOKEN}")
    machine.answer(FIRST, "forget", "4 ", "4 ", "0 ")
    machine.start()
    assert "bay: stage=cluster node=demo-master-2 state=waiting reason=name-is-taken-for-now" in machine.console()
    assert len(machine.calls("docker")) == 1
    assert machine.console()[-1] == "bay: stage=ready node=demo-master-2"


def test_a_restart_changes_nothing(tmp_path: Path) -> None:
    machine = SwarmMachine.make(tmp_path, "demo-node-0", state="active false")
    assert machine.start().returncode == 0
    machine.write("calls", "")
    assert machine.start().returncode == 0
    assert machine.calls("docker") == []
    assert machine.calls("ssh") == []
    assert machine.calls("systemctl") == ["restart bay-metadata.service", "start docker.service"]


def test_docker_restarts_when_its_settings_changed(tmp_path: Path) -> None:
    machine = SwarmMachine.make(tmp_path, "demo-node-0", state="active false")
    machine.start()
    machine.write("daemon.json", '{"debug": true}')
    machine.write("calls", "")
    machine.start()
    assert "restart docker.service" in machine.calls("systemctl")


def test_docker_is_told_the_size_of_packets_on_the_network(tmp_path: Path) -> None:
    machine = SwarmMachine.make(tmp_path, "demo-master-0", masters={"demo-master-0": FIRST})
    machine.fake("ip", 'echo "default via 10.80.0.1 dev lo"\n')
    machine.start()
    mtu = Path("/sys/class/net/lo/mtu").read_text().strip()
    assert (tmp_path / "docker.env").read_text() == f'BAY_DOCKER_OPTIONS="--mtu={mtu}"\n'
    made = [call.split()[-1] for call in machine.calls("docker") if call.startswith("network create")]
    assert made == ["docker_gwbridge", "ingress"]
    assert all(f"mtu={mtu}" in call for call in machine.calls("docker") if call.startswith("network create"))


def test_a_newer_docker_gives_every_overlay_network_that_size(tmp_path: Path) -> None:
    machine = SwarmMachine.make(tmp_path, "demo-node-0", state="active false")
    machine.fake("dockerd", 'echo "Docker version 26.1.5+dfsg1, build a72d7cd"\n')
    machine.start()
    options = "--mtu=1500 --default-network-opt=overlay=com.docker.network.driver.mtu=1500"
    assert (tmp_path / "docker.env").read_text() == f'BAY_DOCKER_OPTIONS="{options}"\n'


def test_a_worker_that_fails_to_join_starts_afresh_and_a_manager_does_not(tmp_path: Path) -> None:
    for name in ("demo-node-0", "demo-master-2"):
        machine = SwarmMachine.make(tmp_path / name, name)
        machine.answer(FIRST, "token", f"0 {TOKEN}")
        machine.answer(FIRST, "forget", "0 ")
        body = 'case "$*" in "swarm join"*) note; echo "active false" >"$FAKE/state"; exit 1 ;; *State*) cut -d" " -f1 '
        machine.fake("docker", body + '"$FAKE/state" ;; *) note ;; esac\n')
        machine.start()
        assert ("swarm leave --force" in machine.calls("docker")) is (name == "demo-node-0")
        assert f"bay: stage=cluster node={name} state=waiting reason=join-at-{FIRST}-failed" in machine.console()


def test_an_image_without_docker_and_without_packages_is_an_error_that_says_so(tmp_path: Path) -> None:
    machine = SwarmMachine.make(tmp_path, "demo-node-0")
    (tmp_path / "bin" / "dockerd").unlink()
    machine.fake("apt-get", "note\nexit 100\n")
    started = machine.start()
    assert started.returncode != 0, "the unit tries again"
    assert machine.console()[-1] == "bay: stage=failed node=demo-node-0 reason=image-lacks-dockerd"


def test_package_lists_that_cannot_be_read_anew_may_do_as_they_are(tmp_path: Path) -> None:
    machine = SwarmMachine.make(tmp_path, "demo-node-0", state="active false")
    dockerd = tmp_path / "bin" / "dockerd"
    dockerd.rename(tmp_path / "dockerd")
    body = 'case "$*" in update*) exit 100 ;; *docker.io) cp "$FAKE/dockerd" "$FAKE/bin/" ;; esac\n'
    machine.fake("apt-get", body)
    assert machine.start().returncode == 0
    assert machine.console()[-1] == "bay: stage=ready node=demo-node-0"


def test_docker_comes_from_the_distribution_where_the_image_lacks_it(tmp_path: Path) -> None:
    machine = SwarmMachine.make(tmp_path, "demo-node-0", state="active false")
    dockerd = tmp_path / "bin" / "dockerd"
    dockerd.rename(tmp_path / "dockerd")
    machine.fake("apt-get", 'note\ncase "$*" in *docker.io) cp "$FAKE/dockerd" "$FAKE/bin/" ;; esac\n')
    assert machine.start().returncode == 0
    assert machine.calls("apt-get") == [
        "update -q",
        "-o DPkg::Lock::Timeout=300 install -q -y --no-install-recommends docker.io",
    ]
    assert "bay: stage=packages node=demo-node-0 state=installing package=docker.io" in machine.console()
