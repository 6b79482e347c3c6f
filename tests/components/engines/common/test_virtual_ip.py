"""Who may hold the virtual IP, as keepalived is told (docs/decisions/0016)."""

import re
from pathlib import Path

import pytest

from tests.components.engines.common.machine import CommonMachine

NEW = "etc/keepalived/keepalived.conf"


def master(folder: Path, name: str = "demo-master-1", **settings: str | list[str]) -> CommonMachine:
    return CommonMachine.make(folder, name, BAY_VIRTUAL_IP="10.80.0.5", **settings)


def settings(machine: CommonMachine) -> str:
    done = machine.prepare()
    assert done.returncode == 0, done.stderr
    return machine.read(NEW).replace(str(machine.folder), "")


def value(text: str, word: str) -> str:
    (found,) = re.findall(rf"^ *{word} (.*)$", text, re.MULTILINE)
    return str(found)


def test_masters_tell_each_other_on_the_interface_that_has_the_address(tmp_path: Path) -> None:
    text = settings(master(tmp_path))
    assert value(text, "interface") == "ens3"
    assert value(text, "unicast_src_ip") == "10.80.0.11"
    assert re.findall(r"^    ([\d.]+.*)$", text, re.MULTILINE) == ["10.80.0.10", "10.80.0.12", "10.80.0.5 dev ens3"]


def test_a_lone_master_has_itself_so_that_it_hears_those_who_come_later(tmp_path: Path) -> None:
    name, address = "demo-master-0", "10.80.0.10"
    text = settings(master(tmp_path, name, BAY_MASTER_NAMES=[name], BAY_MASTER_ADDRESSES=[address]))
    assert re.findall(r"^    ([\d.]+.*)$", text, re.MULTILINE) == ["127.0.0.1", "10.80.0.5 dev ens3"]


def test_bays_on_one_network_have_different_router_ids(tmp_path: Path) -> None:
    assert value(settings(master(tmp_path / "one")), "virtual_router_id") == str(0xC8 + 1)
    other = master(tmp_path / "other", BAY_ID="ffff0000-0000-4000-8000-000000000001")
    assert value(settings(other), "virtual_router_id") == str(0xFFFF % 255 + 1)


def test_only_the_first_master_may_hold_it_before_it_is_ready(tmp_path: Path) -> None:
    first, second = settings(master(tmp_path / "0", "demo-master-0")), settings(master(tmp_path / "1"))
    serves = r'script "(/etc/keepalived/serves-api .*)"'
    assert re.findall(serves, first) == ["/etc/keepalived/serves-api 2376"]
    assert re.findall(serves, second) == ["/etc/keepalived/serves-api 2376 /run/bay/ready"]


def test_masters_that_know_the_same_ones_are_of_equal_rank(tmp_path: Path) -> None:
    ranks = [value(settings(master(tmp_path / name, name)), "priority") for name in ("demo-master-0", "demo-master-2")]
    assert ranks == ["3", "3"]


@pytest.mark.parametrize(
    ("names", "rank"),
    [("demo-master-0", 1), ("demo-master-1 demo-master-7", 8), ("demo-master-1 demo-master-300", 100)],
)
def test_who_knows_a_later_master_ranks_higher_and_who_is_ready_higher_still(
    names: str, rank: int, tmp_path: Path
) -> None:
    own = names.split()[0]
    text = settings(master(tmp_path, own, BAY_MASTER_NAMES=names.split(), BAY_MASTER_ADDRESSES=["10.80.0.11"]))
    assert value(text, "priority") == str(rank)
    assert int(value(text, "weight")) > 100
    assert int(value(text, "weight")) + rank < 255, "keepalived's highest is 254"


def test_keepalived_restarts_only_when_its_settings_changed(tmp_path: Path) -> None:
    machine = master(tmp_path)
    machine.prepare()
    assert machine.calls("systemctl")[-2:] == ["enable keepalived.service", "restart keepalived.service"]
    machine.reboot()
    machine.prepare()
    assert machine.calls("systemctl")[-2:] == ["enable keepalived.service", "start keepalived.service"]
    assert [path.name for path in sorted((tmp_path / "etc/keepalived").iterdir())] == ["keepalived.conf", "serves-api"]


def test_settings_that_keepalived_refuses_are_not_used(tmp_path: Path) -> None:
    machine = master(tmp_path)
    machine.fake("keepalived", "note\nexit 4\n")
    assert machine.prepare().returncode != 0
    assert machine.marks()[-1] == "failed reason=keepalived-refuses-its-settings"
    assert not (tmp_path / NEW).exists()


def test_a_master_without_its_address_says_so(tmp_path: Path) -> None:
    machine = master(tmp_path)
    machine.fake("ip", "")
    assert machine.prepare().returncode != 0
    assert machine.marks()[-1] == "failed reason=no-interface-has-the-address-of-this-master"


@pytest.mark.parametrize(
    ("listening", "condition", "serves"),
    [(True, None, True), (False, None, False), (True, False, False), (True, True, True)],
)
def test_a_master_serves_when_its_api_listens(
    listening: bool, condition: bool | None, serves: bool, tmp_path: Path
) -> None:
    machine = master(tmp_path)
    machine.fake("ss", f'note\necho "{"LISTEN 0 128 *:2376 *:*" if listening else ""}"\n')
    if condition:
        machine.write("mark", "")
    arguments = [] if condition is None else [str(tmp_path / "mark")]
    assert (machine.run("serves-api", "2376", *arguments).returncode == 0) is serves


def test_the_ready_mark_is_there_for_whoever_has_a_virtual_ip(tmp_path: Path) -> None:
    for folder, virtual_ip in ((tmp_path / "with", "10.80.0.5"), (tmp_path / "without", "")):
        machine = CommonMachine.make(folder, BAY_VIRTUAL_IP=virtual_ip)
        machine.prepare()
        machine.fake("declare-ready", f'. "{folder}/env"; . "{folder}/lib/common.sh"; stage ready\n')
        machine.copy(folder / "bin" / "declare-ready")
        assert machine.run("declare-ready").returncode == 0
        assert (folder / "run/bay/ready").exists() is bool(virtual_ip)
