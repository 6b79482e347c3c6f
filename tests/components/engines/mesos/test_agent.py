"""What a node of a Mesos bay finds out about itself, and the keys it makes."""

import subprocess
from pathlib import Path

import pytest

from tests.components.engines.mesos.machine import MesosMachine

LINUX = "--isolation=cgroups/cpu,cgroups/mem,filesystem/linux,docker/runtime"


def own_flags(machine: MesosMachine) -> list[str]:
    started = machine.start()
    assert started.returncode == 0, started.stderr
    return machine.read("mesos/mesos-agent.own").splitlines()


def test_a_node_tells_its_address_and_its_name(tmp_path: Path) -> None:
    machine = MesosMachine.make(tmp_path, "demo-node-0")
    assert own_flags(machine)[:2] == ["--ip=10.80.0.99", "--hostname=demo-node-0"]
    assert machine.marks() == ["stage=mesos", "stage=ready"]
    assert machine.calls("systemctl")[-1] == "start mesos-agent.service"


@pytest.mark.parametrize(("docker", "containerizers"), [(True, "mesos,docker"), (False, "mesos")])
def test_containers_of_docker_run_where_docker_is(tmp_path: Path, docker: bool, containerizers: str) -> None:
    machine = MesosMachine.make(tmp_path)
    if docker:
        machine.fake("dockerd", 'echo "Docker version 20.10.24"\n')
    assert f"--containerizers={containerizers}" in own_flags(machine)
    assert ("restart docker.service" in machine.calls("systemctl")) is docker
    assert ("stage=docker" in machine.marks()) is docker


def test_a_node_with_control_groups_of_version_1_isolates_with_them(tmp_path: Path) -> None:
    assert own_flags(MesosMachine.make(tmp_path))[-3:] == [LINUX, "--cgroups_enable_cfs", "--image_providers=docker"]


def test_a_node_without_them_does_what_mesos_can_without(tmp_path: Path) -> None:
    machine = MesosMachine.make(tmp_path)
    (tmp_path / "cgroups" / "freezer").rmdir()
    assert own_flags(machine)[-3:] == [
        "--launcher=posix",
        "--isolation=posix/cpu,posix/mem,filesystem/posix",
        "--no-systemd_enable_support",
    ]


def test_what_the_user_chose_is_not_chosen_again(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    machine = MesosMachine.make(tmp_path / "one", flags=["--isolation=cgroups/all"])
    assert not [flag for flag in own_flags(machine) if flag.startswith(("--isolation", "--image", "--launcher"))]
    (tmp_path / "other").mkdir()
    machine = MesosMachine.make(tmp_path / "other", flags=["--image_providers=appc"])
    assert own_flags(machine)[-2:] == [LINUX, "--cgroups_enable_cfs"]


def test_a_node_makes_its_own_keys_once(tmp_path: Path) -> None:
    machine = MesosMachine.make(tmp_path)
    machine.start()
    names = ("agent-key.pem", "agent.pem", "executor-key.pem", "executor.pem", "jwt_key")
    made = {name: machine.read(f"mesos/{name}") for name in names}
    assert len(set(made.values())) == len(names)
    machine.start()
    assert {name: machine.read(f"mesos/{name}") for name in names} == made


def test_only_the_key_that_proves_nothing_may_be_read_by_tasks(tmp_path: Path) -> None:
    machine = MesosMachine.make(tmp_path)
    machine.start()
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "mesos").iterdir()}
    assert (modes["agent-key.pem"], modes["executor-key.pem"], modes["jwt_key"]) == (0o600, 0o644, 0o600)


def test_an_agent_trusts_the_bay_and_its_own_executors(tmp_path: Path) -> None:
    machine = MesosMachine.make(tmp_path)
    machine.start()
    assert machine.read("mesos/trust.pem") == "the bay's authority\n" + machine.read("mesos/executor.pem")
    certificate = ["openssl", "x509", "-noout", "-ext", "subjectAltName", "-in", str(tmp_path / "mesos/executor.pem")]
    shown = subprocess.run(certificate, capture_output=True, text=True, check=True).stdout
    assert "IP Address:10.80.0.99" in shown


def test_a_node_waits_until_a_master_knows_it(tmp_path: Path) -> None:
    machine = MesosMachine.make(tmp_path)
    machine.fake("systemctl", "note\n")
    machine.fake("sleep", 'note\nmkdir -p "$FAKE/work/meta/slaves/latest"\n')
    assert machine.start().returncode == 0
    assert machine.marks() == ["stage=mesos", "stage=mesos state=waiting reason=no-master-knows-it", "stage=ready"]
