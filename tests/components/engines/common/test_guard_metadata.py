"""Only root of a server reaches the metadata service."""

from pathlib import Path

import pytest

from tests.components.engines.swarm.machine import SwarmMachine
from tests.paths import ENGINE_FILES

REMEMBERS = """
rule=${*/-C/-X}
rule="$(basename "$0") ${rule/-I/-X}"
case "$*" in
  *" -C "*) grep -qxFe "$rule" "$FAKE/rules" 2>/dev/null || exit 1 ;;
  *) echo "$rule" >>"$FAKE/rules" ;;
esac
"""


IP = """
case "$*" in
  *" rule show "*) grep -e "^$1 rule add priority ${*: -1} " "$FAKE/routes" 2>/dev/null || true ;;
  *) echo "$*" >>"$FAKE/routes" ;;
esac
"""


def test_rules_are_set_once_however_often_it_runs(tmp_path: Path) -> None:
    machine = SwarmMachine.make(tmp_path)
    machine.fake("ip", IP)
    for command in ("iptables", "ip6tables"):
        machine.fake(command, REMEMBERS)
    assert machine.run("guard-metadata").returncode == 0
    assert machine.run("guard-metadata").returncode == 0
    rules = (tmp_path / "rules").read_text().splitlines()
    assert rules[:2] == [
        "iptables -w -t filter -X OUTPUT -d 169.254.169.254 -m owner ! --uid-owner 0 -j REJECT",
        "iptables -w -t mangle -X FORWARD -d 169.254.169.254 -j DROP",
    ]
    routes = (tmp_path / "routes").read_text().splitlines()
    assert routes[:2] == [
        "-4 rule add priority 90 to 169.254.169.254 iif lo uidrange 0-0 lookup main",
        "-4 rule add priority 91 to 169.254.169.254 prohibit",
    ]
    assert len(routes) == len(rules)
    if Path("/proc/net/if_inet6").exists():
        assert len(rules) == 4
        assert all("fe80::a9fe:a9fe" in rule for rule in rules[2:])


@pytest.mark.parametrize("command", ["ip", "iptables"])
def test_a_server_without_working_rules_does_not_pass_for_a_good_one(tmp_path: Path, command: str) -> None:
    machine = SwarmMachine.make(tmp_path)
    machine.fake("ip", IP)
    for one in ("iptables", "ip6tables"):
        machine.fake(one, REMEMBERS)
    assert machine.run("guard-metadata").returncode == 0
    machine.fake(command, "exit 1\n")
    assert machine.run("guard-metadata").returncode != 0


def test_whoever_loads_rules_anew_has_them_set_again() -> None:
    unit = (ENGINE_FILES / "common" / "bay-metadata.service").read_text()
    for relation in ("After", "PartOf", "ReloadPropagatedFrom"):
        units = {word for line in unit.splitlines() if line.startswith(f"{relation}=") for word in line[6:].split()}
        firewalls = ("nftables", "iptables", "netfilter-persistent", "firewalld", "ufw")
        assert all(any(one.endswith(f"{name}.service") for one in units) for name in firewalls), relation
    assert unit.count("=/usr/local/lib/bay/guard-metadata") == 2, "at its start and at each reload"
