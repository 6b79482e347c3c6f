"""`restore`: refused before anything changes, or masters that begin with what was saved."""

from pathlib import Path
from typing import Any

import pytest

from bay.components.errors import BayError
from bay.stacks.approval import Approvable, Approval, allow, deny_disruptions
from bay.stacks.errors import BackupUnusable, Declined, PlanRefused, QuotaExceeded
from bay.stacks.operations.backup import BackupRequest, backup
from bay.stacks.operations.restore import RestoreRequest, make_plan, restore
from tests.fakes.messages import told
from tests.fakes.openstack import FakeCloud, ordinary_cloud
from tests.fakes.pulumi_events import gone
from tests.fakes.ssh import FakeSsh
from tests.fakes.stack import FakeStack
from tests.stacks.operations.test_backup import SNAPSHOT, saves, stack

DOWN = "echo 'it does not serve' >&2; exit 3"


@pytest.fixture
def ssh(tmp_path: Path) -> FakeSsh:
    return FakeSsh(tmp_path / "ssh")


def saved(bay: FakeStack, ssh: FakeSsh, folder: Path) -> Path:
    """A backup of the bay; nothing of its making is noted any more."""
    ssh.answer("10.0.0.0", "save", saves())
    file = backup(bay, BackupRequest(folder)).file
    (ssh.folder / "calls").unlink()
    for one in (ssh.folder / "sent").iterdir():
        one.unlink()
    bay.fake.events.clear()
    return file


def lost(bay: FakeStack, count: int) -> FakeStack:
    """The same with so many masters deleted by somebody; Pulumi creates them with their addresses."""
    names = [f"demo-master-{i}" for i in range(count)]
    servers = bay.fake.openstack.things["server"]
    missing = [server for server in servers if server.name in names]
    servers[:] = [server for server in servers if server.name not in names]
    bay.drift = [gone("Instance", name, f"id master {i}") for i, name in enumerate(names)]
    bay.on("up", lambda: servers.extend(missing))
    return bay


def done(bay: FakeStack) -> list[str]:
    return [line for line in bay.journal if line.startswith(("up", "unprotect", "refresh", "edit", "delete"))]


def carry_out(bay: FakeStack, file: Path, **request: Any) -> None:
    restore(bay, RestoreRequest(file, wait=False, **request), deny_disruptions)


def test_all_masters_that_are_gone_are_created_and_the_first_one_loads(ssh: FakeSsh, tmp_path: Path) -> None:
    bay = stack(tmp_path, ssh, "swarm-ha")
    file = saved(bay, ssh, tmp_path / "b")
    carry_out(lost(bay, 3), file)
    assert done(bay) == ["refresh demo-master-0, demo-master-1, demo-master-2", "up"]
    put, *rest = ssh.calls
    assert put.startswith("10.0.0.0 put ")
    assert len(put.split()[2]) == 64
    assert rest == [
        *(f"10.0.0.{number} leave" for number in range(3)),
        "10.0.0.0 load",
        *(f"10.0.0.{number} join" for number in (1, 2)),
    ]
    assert ssh.sent(0) == SNAPSHOT
    assert [ssh.sent(number) for number in range(1, 5)] == [b""] * 4
    assert [ssh.sent(5), ssh.sent(6)] == [b"join\n"] * 2, "the key that lets masters in"


def test_masters_of_mesos_all_load(ssh: FakeSsh, tmp_path: Path) -> None:
    bay = stack(tmp_path, ssh, "mesos-ha")
    file = saved(bay, ssh, tmp_path / "b")
    carry_out(lost(bay, 3), file)
    assert [line.split()[1] for line in ssh.calls] == ["put"] * 3 + ["leave"] * 3 + ["load"] * 3
    assert [ssh.sent(number) for number in range(3)] == [SNAPSHOT] * 3


def test_a_master_that_boots_is_tried_again(ssh: FakeSsh, tmp_path: Path) -> None:
    bay = stack(tmp_path, ssh)
    file = saved(bay, ssh, tmp_path / "b")
    ssh.answer("10.0.0.0", "put", '[ -e "$FAKE/once" ] || { touch "$FAKE/once"; exit 255; }')
    carry_out(lost(bay, 1), file)
    assert [line.split()[1] for line in ssh.calls] == ["put", "put", "leave", "load"]
    assert ssh.sent(1) == SNAPSHOT, "all of it once more"


def test_a_master_that_never_lets_anybody_in_ends_it(ssh: FakeSsh, tmp_path: Path) -> None:
    from datetime import timedelta

    bay = stack(tmp_path, ssh)
    file = saved(bay, ssh, tmp_path / "b")
    ssh.answer("10.0.0.0", "put", "echo 'Connection refused' >&2; exit 255")
    assert told(lambda: carry_out(lost(bay, 1), file, timeout=timedelta(0)))[:2] == (
        "demo-master-0 does not put: Connection refused",
        "'bay ssh demo demo-master-0' has to get in; then run the same again",
    )


@pytest.mark.parametrize("code", [4, 255], ids=["refused", "connection lost"])
def test_what_is_lost_in_the_middle_is_not_tried_again_at_once(code: int, ssh: FakeSsh, tmp_path: Path) -> None:
    """The server may still be at work."""
    bay = stack(tmp_path, ssh)
    file = saved(bay, ssh, tmp_path / "b")
    ssh.answer("10.0.0.0", "load", f"echo 'Docker does not begin with the snapshot' >&2; exit {code}")
    message = told(lambda: carry_out(lost(bay, 1), file))[0]
    assert message == "demo-master-0 does not load: Docker does not begin with the snapshot"
    assert [line.split()[1] for line in ssh.calls] == ["put", "leave", "load"]


def test_nodes_that_are_gone_as_well_are_left_to_a_repair(ssh: FakeSsh, tmp_path: Path) -> None:
    bay = stack(tmp_path, ssh)
    file = saved(bay, ssh, tmp_path / "b")
    lost(bay, 1)
    servers = bay.fake.openstack.things["server"]
    servers[:] = [server for server in servers if server.name != "demo-node-0"]
    bay.drift.append(gone("Instance", "demo-node-0", "id node 0"))
    carry_out(bay, file)
    assert done(bay) == ["refresh demo-master-0", "up without demo-node-0"]
    assert bay.notices[-1] == "demo-node-0 is not as the state says: 'bay repair demo' is next"


# Masters that are there


def test_masters_that_serve_are_not_overwritten_unless_that_is_allowed(ssh: FakeSsh, tmp_path: Path) -> None:
    bay = stack(tmp_path, ssh)
    file = saved(bay, ssh, tmp_path / "b")
    with pytest.raises(PlanRefused, match="demo-master-0 serves: what was changed since"):
        carry_out(bay, file)
    assert ssh.calls == ["10.0.0.0 probe"]
    assert bay.deeds == []
    restore(bay, RestoreRequest(file, wait=False), allow("masters"))
    assert [line.split()[1] for line in ssh.calls[2:]] == ["put", "leave", "load"]
    assert bay.deeds == [], "Pulumi has nothing to do"


def test_masters_that_have_lost_their_majority_may_go_back(ssh: FakeSsh, tmp_path: Path) -> None:
    bay = stack(tmp_path, ssh, "swarm-ha")
    file = saved(bay, ssh, tmp_path / "b")
    ssh.answer("10.0.0.2", "probe", DOWN)
    carry_out(lost(bay, 2), file)
    assert ssh.calls[0] == "10.0.0.2 probe"
    assert done(bay) == ["refresh demo-master-0, demo-master-1", "up"]
    assert [line.split()[1] for line in ssh.calls[1:]] == ["put", "leave", "leave", "leave", "load", "join", "join"]


# What is refused


def never(_plan: Approvable) -> Approval:
    pytest.fail("nobody is asked for this")


def test_a_file_that_is_damaged_is_refused_before_anything_else(ssh: FakeSsh, tmp_path: Path) -> None:
    bay = stack(tmp_path, ssh)
    file = saved(bay, ssh, tmp_path / "b")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    before = len(bay.journal)
    for ask in (lambda: restore(bay, RestoreRequest(file), never), lambda: make_plan(bay, RestoreRequest(file))):
        with pytest.raises(BackupUnusable, match="its checksum is wrong"):
            ask()
    assert bay.journal[before:] == []
    assert ssh.calls == []


def test_a_file_of_another_bay_is_refused_before_anything_else(ssh: FakeSsh, tmp_path: Path) -> None:
    bay = stack(tmp_path, ssh)
    file = saved(bay, ssh, tmp_path / "b")
    other = stack(tmp_path, ssh, cloud=ordinary_cloud())
    assert other.deployment is not None
    for resource in other.deployment["resources"]:
        if resource.get("id") == bay.state.bay_id:
            resource["id"] = "00000000-0000-4000-8000-00000000000b"
    other._state = None  # it is read again
    with pytest.raises(BackupUnusable, match="is a backup of another bay"):
        restore(other, RestoreRequest(file), never)
    assert other.deeds == []
    assert ssh.calls == []


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"keypair": None}, "bay demo has no keypair, so its servers let nobody in by SSH"),
        ({"access": {"ssh": []}}, "SSH to the servers of bay demo is closed"),
    ],
)
def test_masters_are_not_created_where_nobody_could_get_in(
    spec: dict[str, Any], message: str, ssh: FakeSsh, tmp_path: Path
) -> None:
    file = saved(stack(tmp_path, ssh), ssh, tmp_path / "b")
    bay = lost(stack(tmp_path, ssh, cloud=ordinary_cloud(), **spec), 1)
    assert told(lambda: restore(bay, RestoreRequest(file), never))[0] == message
    assert bay.deeds == []


def full() -> FakeCloud:
    cloud = ordinary_cloud()
    cloud.compute_limits |= {"total_cores": 10, "total_cores_used": 10}
    return cloud


def test_masters_have_to_fit_the_quotas(ssh: FakeSsh, tmp_path: Path) -> None:
    bay = stack(tmp_path, ssh, cloud=full())
    file = saved(bay, ssh, tmp_path / "b")
    lost(bay, 1)
    with pytest.raises(QuotaExceeded):
        restore(bay, RestoreRequest(file), never)
    assert isinstance(make_plan(bay, RestoreRequest(file)).refusal, QuotaExceeded)
    assert bay.deeds == []


def test_who_says_no_has_nothing_done(ssh: FakeSsh, tmp_path: Path) -> None:
    bay = stack(tmp_path, ssh)
    file = saved(bay, ssh, tmp_path / "b")

    def approve(plan: Approvable) -> Approval:
        assert plan.disruption.startswith("create demo-master-0 and load the backup of ")
        raise Declined("nothing was changed")

    with pytest.raises(Declined):
        restore(lost(bay, 1), RestoreRequest(file), approve)
    assert bay.deeds == []
    assert ssh.calls == []


def test_a_plan_changes_nothing(ssh: FakeSsh, tmp_path: Path) -> None:
    bay = stack(tmp_path, ssh, "swarm-ha")
    file = saved(bay, ssh, tmp_path / "b")
    plan = make_plan(lost(bay, 3), RestoreRequest(file))
    assert [row["action"] for row in plan.rows] == ["recreate"] * 3 + ["load", "join", "join"]
    assert plan.refusal is None
    assert bay.deeds == []
    assert ssh.calls == []


def test_a_bay_that_was_never_begun_has_nothing_to_restore(tmp_path: Path) -> None:
    with pytest.raises(BayError, match="bay demo has no spec yet"):
        restore(FakeStack(None, ordinary_cloud()), RestoreRequest(tmp_path / "x"), never)
