"""A whole boot of a server of a Mesos bay, up to the mark that it is ready."""

from pathlib import Path

import pytest

from tests.components.engines.machine import MASTERS
from tests.components.engines.mesos.machine import MesosMachine

DAY = 86400
FIRST, SECOND, THIRD = MASTERS.values()


def test_a_master_brings_zookeeper_up_before_mesos(tmp_path: Path) -> None:
    machine = MesosMachine.make(tmp_path, "demo-master-1")
    started = machine.start()
    assert started.returncode == 0, started.stderr
    assert machine.marks() == ["stage=zookeeper", "stage=mesos", "stage=ready"]
    assert machine.calls("systemctl")[-3:] == [
        "daemon-reload",
        "restart zookeeper.service",
        "start mesos-master.service",
    ]
    assert machine.read("mesos/mesos-master.own") == f"--advertise_ip={SECOND}\n--hostname={SECOND}\n"


@pytest.mark.parametrize(("name", "number"), [("demo-master-0", "1\n"), ("demo-master-2", "3\n")])
def test_a_master_of_the_ensemble_has_the_number_of_its_place_in_the_list(
    tmp_path: Path, name: str, number: str
) -> None:
    machine = MesosMachine.make(tmp_path, name)
    machine.start()
    assert machine.read("state/myid") == number


def test_a_restart_of_a_master_restarts_nothing(tmp_path: Path) -> None:
    machine = MesosMachine.make(tmp_path, "demo-master-0")
    machine.start()
    machine.write("calls", "")
    assert machine.start().returncode == 0
    assert machine.calls("systemctl")[-3:] == ["daemon-reload", "start zookeeper.service", "start mesos-master.service"]


@pytest.mark.parametrize(
    ("age", "data", "serving", "starts"),
    [
        (60, False, "", True),
        (DAY - 60, False, "", True),
        (DAY, False, "", False),
        (-7200, False, "", False),  # a clock that is behind by more than an hour proves nothing
        (400 * DAY, True, "", True),
        (400 * DAY, False, SECOND, True),
        (400 * DAY, False, THIRD, True),
        (400 * DAY, False, FIRST, False),  # its own address says nothing of others
    ],
)
def test_a_master_with_nothing_on_its_disk_begins_only_in_a_new_bay_or_beside_others(
    tmp_path: Path, age: int, data: bool, serving: str, starts: bool
) -> None:
    machine = MesosMachine.make(tmp_path, "demo-master-0", age=age)
    if data:
        (tmp_path / "state" / "version-2").mkdir()
    if serving:
        machine.write(f"ports/{serving}.2181", "follower\n")
    machine.fake("sleep", "exit 1\n")  # ends who would wait
    assert (machine.start().returncode == 0) is starts
    assert ("restart zookeeper.service" in machine.calls("systemctl")) is starts
    assert ("stage=failed reason=bay-is-not-new" in machine.marks()) is not starts


def test_a_master_that_finds_no_majority_waits_and_says_so_once(tmp_path: Path) -> None:
    machine = MesosMachine.make(tmp_path, "demo-master-0")
    machine.fake("systemctl", 'note\n[ "$1" != start ] || touch "$FAKE/ports/5050"\n')
    third_time = '[ "$(grep -c ^sleep "$FAKE/calls")" -lt 3 ] || echo leader >"$FAKE/ports/127.0.0.1.2181"\n'
    machine.fake("sleep", f"note\n{third_time}")
    machine.start()
    assert machine.marks() == [
        "stage=zookeeper",
        "stage=zookeeper state=waiting reason=no-majority",
        "stage=mesos",
        "stage=ready",
    ]


def test_everybody_may_read_the_tree_of_zookeeper_and_only_masters_write(tmp_path: Path) -> None:
    machine = MesosMachine.make(tmp_path, "demo-master-0")
    machine.start()
    rights = "auth::cdrwa,world:anyone:r"
    assert machine.calls("zookeeper")[:2] == [f"setAcl / {rights}", f"setAcl -R /zookeeper {rights}"]
    assert machine.calls("zookeeper")[-2:] == [f"create /mesos bay {rights}", "quit"]


def test_a_tree_that_is_not_the_masters_is_claimed_until_it_is(tmp_path: Path) -> None:
    machine = MesosMachine.make(tmp_path, "demo-master-0")
    machine.fake("zkCli.sh", '[ ! -e "$FAKE/patience" ] || echo "\'digest,\'bay-masters:digest="\ncat >/dev/null\n')
    machine.fake("sleep", 'touch "$FAKE/patience"\n')
    assert machine.start().returncode == 0
    assert "stage=zookeeper state=waiting reason=tree-is-not-ours" in machine.marks()


@pytest.mark.parametrize(("owner", "stays"), [("bay-masters:digest=", True), ("bay-masters:evil=", False)])
def test_what_a_node_put_into_the_tree_before_the_masters_goes(tmp_path: Path, owner: str, stays: bool) -> None:
    machine = MesosMachine.make(tmp_path, "demo-master-0")
    machine.write("tree/mesos", f"'digest,'{owner}\n: cdrwa\n")
    machine.start()
    assert (tmp_path / "tree" / "mesos").exists() is stays
    assert ("deleteall /mesos" in machine.calls("zookeeper")) is not stays


def test_the_password_of_zookeeper_is_on_no_command_line_and_in_no_journal(tmp_path: Path) -> None:
    machine = MesosMachine.make(tmp_path, "demo-master-0")
    started = machine.start()
    assert machine.read("login") == "digest bay-masters:word\n", "it does log in"
    assert "bay-masters:word" not in started.stdout + started.stderr
    assert not [call for call in machine.calls("zkCli.sh") if "word" in call]


@pytest.mark.parametrize(("name", "program"), [("demo-master-0", "mesos-master"), ("demo-node-0", "mesos-agent")])
def test_an_image_without_mesos_is_said_once_until_somebody_installs_it(
    tmp_path: Path, name: str, program: str
) -> None:
    machine = MesosMachine.make(tmp_path, name)
    (tmp_path / "bin" / program).rename(tmp_path / program)
    machine.fake(
        "sleep", f'note\n[ "$(grep -c ^sleep "$FAKE/calls")" -lt 3 ] || ln -s ../{program} "$FAKE/bin/{program}"\n'
    )
    (tmp_path / "bin" / "ln").symlink_to("/bin/ln")
    assert machine.start().returncode == 0
    assert machine.marks()[-3:] == ["stage=mesos", f"stage=failed reason=image-lacks-{program}", "stage=ready"]
    assert machine.calls("sleep") == ["15"] * 3


@pytest.mark.parametrize("program", ["mesos-master", "mesos-agent"])
def test_the_command_line_is_the_flags_of_the_bay_and_the_server_s_own(tmp_path: Path, program: str) -> None:
    machine = MesosMachine.make(tmp_path, flags=["--port=1", '--variables={"A":"b  c"}'])
    machine.write(f"mesos/{program}.own", "--ip=10.80.0.99\n")
    machine.fake(program, 'printf "%s\\n" "$@" >"$FAKE/arguments"\n')
    assert machine.run("run-mesos", program, str(tmp_path / "env")).returncode == 0
    assert machine.read("arguments").splitlines() == ["--port=1", '--variables={"A":"b  c"}', "--ip=10.80.0.99"]
