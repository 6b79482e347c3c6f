"""Where servers may boot, and which addresses their networks take."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from bay.sandbox import SandboxError, booting, machine, ranges, seeds
from bay.sandbox.booting import Booting
from bay.sandbox.images import machine as tools
from bay.sandbox.layout import Layout
from bay.sandbox.services.sandbox_services import octavia_worker
from bay.sandbox.services.sandbox_services.nodes import cgroups, shared
from tests.conftest import why_nothing_boots


def test_without_root_the_error_says_what_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SandboxError) as caught:
        machine.check_machine()
    assert "needs root" in caught.value.message
    assert "`bay sandbox start` without --boot works" in caught.value.hint


def test_what_is_missing_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SandboxError) as caught:
        machine.check_machine()
    for named in ("systemd-nspawn (package systemd-container)", "nft (package nftables)", "ip (package iproute2)"):
        assert named in caught.value.message


def test_tests_of_booting_are_skipped_for_the_reason_that_the_command_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: str) -> None:
        raise SandboxError("this container has too few rights", "use another")

    monkeypatch.setattr(machine, "check_machine", lambda: None)
    monkeypatch.setattr(tools, "check", lambda _: None)
    assert why_nothing_boots() is None
    for module, name in ((machine, "check_machine"), (tools, "check")):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, refuse)
            assert why_nothing_boots() == "this container has too few rights"


def test_what_will_not_work_is_said_when_servers_boot_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    without_image, without_balancers = booting.warnings(tmp_path)
    assert "`bay sandbox image build ENGINE` makes one" in without_image
    assert "load balancers will be in ERROR: `apt-get install haproxy`" in without_balancers
    (tmp_path / "haproxy").touch(0o755)
    (tmp_path / "nodes/docker/rootfs").mkdir(parents=True)
    assert booting.warnings(tmp_path) == []


@pytest.mark.parametrize(
    ("before", "served", "after"),
    [
        ("PENDING_CREATE", True, ("ACTIVE", "ONLINE")),
        ("PENDING_CREATE", False, ("ERROR", "OFFLINE")),
        ("PENDING_UPDATE", False, ("ACTIVE", "OFFLINE")),
        ("PENDING_DELETE", False, ("DELETED", "OFFLINE")),
    ],
)
def test_a_load_balancer_that_nothing_serves_says_so(before: str, served: bool, after: tuple[str, str]) -> None:
    report = octavia_worker._report(SimpleNamespace(id="web", provisioning_status=before), False, served)
    assert (report["provisioning_status"], report["operating_status"]) == after


def test_without_haproxy_nothing_serves_a_load_balancer_of_servers_that_boot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not octavia_worker.is_served(SimpleNamespace(node_images=tmp_path))
    assert octavia_worker.is_served(SimpleNamespace(node_images=None))  # nothing boots: a balancer is a row as well
    (tmp_path / "haproxy").touch(0o755)
    assert octavia_worker.is_served(SimpleNamespace(node_images=tmp_path))


def test_paths_that_mounts_take_for_options_are_refused() -> None:
    machine.check_paths(Path("/srv/bay-1/state"))
    with pytest.raises(SandboxError, match="has a ':'"):
        machine.check_paths(Path("/srv/a:b"))


def test_the_first_free_block_is_taken() -> None:
    assert ranges.free_block({}) == 0
    assert ranges.free_block({"198.18.5.0/24": "a route"}) == 1
    assert ranges.free_block({"198.18.16.1": "an address", "198.18.63.255": "another"}) == 2
    assert seeds.ranges(2) == ["198.18.64.0/20", "198.18.80.0/20"]


def test_a_network_that_shadows_something_is_refused_by_name() -> None:
    with pytest.raises(SandboxError) as caught:
        ranges.check(0, {"198.18.16.53": "the name server 198.18.16.53"})
    assert "used by the name server 198.18.16.53" in caught.value.message
    assert "bay sandbox reset" in caught.value.hint


def test_default_routes_in_two_halves_are_no_obstacle() -> None:
    assert ranges.overlaps(seeds.ranges(0), {"128.0.0.0/1": "a tunnel", "fd00::1": "an address"}) == []


def test_with_all_blocks_taken_there_is_no_other() -> None:
    taken = {cidr: "a sandbox" for block in range(seeds.BLOCKS) for cidr in seeds.ranges(block)}
    with pytest.raises(SandboxError, match=r"no part of 198\.18\.0\.0/15 is free"):
        ranges.free_block(taken)


def test_name_servers_are_read(tmp_path: Path) -> None:
    resolver = tmp_path / "resolv.conf"
    resolver.write_text("# comment\nsearch example.org\nnameserver 192.0.2.53\nnameserver fe80::1%eth0\n")
    assert ranges.name_servers(resolver) == ["192.0.2.53", "fe80::1"]
    assert ranges.name_servers(tmp_path / "none") == []


def test_what_a_sandbox_was_told_is_kept(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    assert Booting.load(layout) == Booting(boots=False, block=0)
    Booting(True, 3).save(layout)
    assert Booting.load(layout) == Booting(boots=True, block=3)


def test_a_sandbox_that_never_booted_has_nothing_to_take_away(tmp_path: Path) -> None:
    booting.end(Layout(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_the_last_sandbox_restores_the_kernels_settings(tmp_path: Path) -> None:
    folder, settings = tmp_path / "run", tmp_path / "sys"
    (settings / "kernel").mkdir(parents=True)
    panic = settings / "kernel" / "panic"
    panic.write_text("1\n")
    shared.join("one", ["198.18.0.0/20"], folder, settings)
    panic.write_text("10\n")  # as a kubelet does
    shared.join("two", ["198.18.32.0/20"], folder, settings)
    assert shared.ranges("one", folder) == ["198.18.32.0/20"]
    shared.leave("one", folder, settings)
    assert panic.read_text() == "10\n"
    shared.leave("two", folder, settings)
    assert panic.read_text() == "1"
    assert not list(folder.glob("*.ranges"))


def test_limits_that_nodes_would_exhaust_are_raised_and_restored(tmp_path: Path) -> None:
    folder, settings = tmp_path / "run", tmp_path / "sys"
    (settings / "fs/inotify").mkdir(parents=True)
    instances, watches = (settings / "fs/inotify" / name for name in ("max_user_instances", "max_user_watches"))
    instances.write_text("128\n")
    watches.write_text("2000000\n")
    shared.join("one", ["198.18.0.0/20"], folder, settings)
    assert (instances.read_text(), watches.read_text()) == ("8192", "2000000\n")
    shared.leave("one", folder, settings)
    assert instances.read_text() == "128"


def test_a_node_gets_a_group_in_each_hierarchy_of_version_1(tmp_path: Path) -> None:
    for name in ("cpuset", "memory", "systemd"):
        (tmp_path / name).mkdir()
    for name, value in (("cpuset.cpus", "0-1"), ("cpuset.mems", "0")):
        (tmp_path / "cpuset" / name).write_text(value)
    mounts = "\n".join(f"cgroup {tmp_path}/{name} cgroup rw,{name} 0 0" for name in ("cpuset", "memory", "systemd"))
    groups = cgroups.create(cgroups.hierarchies(mounts + "\nproc /proc proc rw 0 0\n"), "bay/node", 512)
    assert groups == [tmp_path / name / "bay/node" for name in ("cpuset", "memory", "systemd")]
    assert (groups[1] / "memory.limit_in_bytes").read_text() == str(512 * 2**20)
    assert (groups[0] / "cpuset.cpus").read_text() == (groups[0].parent / "cpuset.cpus").read_text() == "0-1"


def test_a_node_is_limited_in_version_2(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids\n")
    (found,) = cgroups.hierarchies(f"cgroup2 {tmp_path} cgroup2 rw,nosuid 0 0\n")
    (group,) = cgroups.create([found], "bay/node", 512)
    assert (group / "memory.max").read_text() == str(512 * 2**20)
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+memory"
    assert (tmp_path / "bay" / "cgroup.subtree_control").read_text() == "+memory"
    assert cgroups.limits_memory([found])


def test_a_hybrid_hierarchy_without_controllers_gets_a_group_without_a_limit(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("\n")
    (group,) = cgroups.create(cgroups.hierarchies(f"cgroup2 {tmp_path} cgroup2 rw 0 0\n"), "bay/node", 512)
    assert group.is_dir()
    assert not (group / "memory.max").exists()
