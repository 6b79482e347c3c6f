"""Only root of a server reaches the metadata service."""

from pathlib import Path

from tests.components.engines.swarm.machine import SwarmMachine

REMEMBERS = """
rule=${*/-C/-X}
rule="$(basename "$0") ${rule/-I/-X}"
case "$*" in
  *" -C "*) grep -qxFe "$rule" "$FAKE/rules" 2>/dev/null || exit 1 ;;
  *) echo "$rule" >>"$FAKE/rules" ;;
esac
"""


def test_rules_are_set_once_however_often_it_runs(tmp_path: Path) -> None:
    machine = SwarmMachine.make(tmp_path)
    for command in ("iptables", "ip6tables"):
        machine.fake(command, REMEMBERS)
    assert machine.run("guard-metadata").returncode == 0
    assert machine.run("guard-metadata").returncode == 0
    rules = (tmp_path / "rules").read_text().splitlines()
    assert rules[:2] == [
        "iptables -w -t filter -X OUTPUT -d 169.254.169.254 -m owner ! --uid-owner 0 -j REJECT",
        "iptables -w -t mangle -X FORWARD -d 169.254.169.254 -j DROP",
    ]
    if Path("/proc/net/if_inet6").exists():
        assert len(rules) == 4
        assert all("fe80::a9fe:a9fe" in rule for rule in rules[2:])


def test_a_server_without_working_rules_does_not_pass_for_a_good_one(tmp_path: Path) -> None:
    machine = SwarmMachine.make(tmp_path)
    machine.fake("iptables", "exit 1\n")
    assert machine.run("guard-metadata").returncode != 0
