"""What happens on a server before its engine starts: authorities, proxies, metadata rule, services that wait."""

from pathlib import Path

import pytest

from tests.components.engines.common.machine import CommonMachine

PROXY = "http://proxy.example:3128"


def test_a_server_that_needs_nothing_is_only_guarded(tmp_path: Path) -> None:
    machine = CommonMachine.make(tmp_path)
    done = machine.prepare()
    assert done.returncode == 0, done.stderr
    assert machine.calls("systemctl") == [
        "is-active docker.service",
        "is-active containerd.service",
        "restart bay-metadata.service",
    ]
    assert machine.marks() == ["prepare"]


def test_what_the_image_started_is_stopped_and_left_to_the_engines_own_script(tmp_path: Path) -> None:
    machine = CommonMachine.make(tmp_path)
    machine.write("services/docker.service", "active\n")
    machine.write("services/containerd.service", "activating\n")
    assert machine.prepare().returncode == 0
    assert machine.calls("systemctl") == [
        "is-active docker.service",
        "stop docker.service",
        "is-active containerd.service",
        "stop containerd.service",
        "restart bay-metadata.service",
    ]


def test_running_it_by_hand_stops_nothing(tmp_path: Path) -> None:
    machine = CommonMachine.make(tmp_path)
    machine.prepare()
    machine.write("services/docker.service", "active\n")
    machine.write("calls", "")
    assert machine.prepare().returncode == 0
    assert machine.calls("systemctl") == ["restart bay-metadata.service"]


def test_iptables_comes_before_the_rule_that_needs_it(tmp_path: Path) -> None:
    machine = CommonMachine.make(tmp_path)
    (tmp_path / "bin" / "iptables").unlink()
    machine.fake("apt-get", "note\n")
    assert machine.prepare().returncode == 0
    called = machine.read("calls").splitlines()
    install = "apt-get -o DPkg::Lock::Timeout=300 install -q -y --no-install-recommends iptables"
    assert called.index(install) < called.index("systemctl restart bay-metadata.service")
    assert "packages state=installing package=iptables" in machine.marks()


def test_an_image_without_iptables_and_without_packages_says_so(tmp_path: Path) -> None:
    machine = CommonMachine.make(tmp_path)
    (tmp_path / "bin" / "iptables").unlink()
    assert machine.prepare().returncode != 0, "the unit tries again"
    assert machine.marks()[-1] == "failed reason=image-lacks-iptables"


@pytest.mark.parametrize(
    ("command", "anchors"),
    [
        ("update-ca-certificates", "usr/local/share/ca-certificates"),  # Debian, Ubuntu
        ("update-ca-trust", "etc/pki/ca-trust/source/anchors"),  # Fedora, RHEL and its kin
    ],
)
def test_the_sites_authorities_are_trusted(command: str, anchors: str, tmp_path: Path) -> None:
    machine = CommonMachine.make(tmp_path)
    (tmp_path / "bin" / "update-ca-certificates").unlink()
    machine.fake(command, "note\n")
    (tmp_path / anchors).mkdir(parents=True, exist_ok=True)
    machine.write("etc/bay/trust/bay-0.crt", "one")
    machine.write("etc/bay/trust/bay-1.crt", "two")
    machine.write("services/docker.service", "active\n")
    assert machine.prepare().returncode == 0
    assert [(tmp_path / anchors / f"bay-{i}.crt").read_text() for i in (0, 1)] == ["one", "two"]
    called = machine.read("calls").splitlines()
    assert called.index("systemctl stop docker.service") < called.index(command), "Docker reads them when it starts"
    machine.reboot()
    assert machine.prepare().returncode == 0
    assert machine.calls(command) == [], "it takes seconds"


SSHD = """
note
case "$*" in *"$(cat "$FAKE/unknown")"*) exit 255 ;; esac
"""


@pytest.mark.parametrize(
    ("unknown", "limits"),
    [
        ("-none-", ["PerSourceMaxStartups 20", "UnusedConnectionTimeout 30"]),
        ("Unused", ["PerSourceMaxStartups 20"]),
        ("-o", []),
    ],
)
def test_a_masters_door_has_the_limits_that_its_ssh_server_knows(
    tmp_path: Path, unknown: str, limits: list[str]
) -> None:
    machine = CommonMachine.make(tmp_path)
    machine.fake("sshd", SSHD)
    machine.write("unknown", unknown)
    machine.write("etc/bay/door/authorized_keys", "")
    machine.write("etc/ssh/sshd_config.d/10-bay.conf", "")
    assert machine.prepare().returncode == 0
    assert machine.read("etc/ssh/sshd_config.d/61-bay.conf").splitlines() == limits
    assert "try-reload-or-restart ssh.service" in machine.calls("systemctl")
    machine.write("calls", "")
    assert machine.prepare().returncode == 0
    assert "try-reload-or-restart ssh.service" not in machine.calls("systemctl"), "once"


def test_a_node_has_no_door(tmp_path: Path) -> None:
    machine = CommonMachine.make(tmp_path, "demo-node-0")
    machine.fake("sshd", "note\n")
    assert machine.prepare().returncode == 0
    assert machine.calls("sshd") == []


def test_logins_get_the_proxies_in_either_spelling_and_keep_the_rest(tmp_path: Path) -> None:
    machine = CommonMachine.make(tmp_path, BAY_HTTP_PROXY=PROXY, BAY_NO_PROXY="localhost,10.80.0.0/20")
    machine.write("etc/environment", 'PATH="/usr/bin"\nHTTPS_PROXY=http://old.example\nno_proxy=old\n')
    for _ in (1, 2):
        assert machine.prepare().returncode == 0
        assert machine.read("etc/environment").splitlines() == [
            'PATH="/usr/bin"',
            f"HTTP_PROXY={PROXY}",
            f"http_proxy={PROXY}",
            "NO_PROXY=localhost,10.80.0.0/20",
            "no_proxy=localhost,10.80.0.0/20",
        ]


def test_a_failure_nobody_thought_of_names_its_line(tmp_path: Path) -> None:
    machine = CommonMachine.make(tmp_path, BAY_HTTP_PROXY=PROXY)
    machine.fake("sed", "exit 1\n")
    assert machine.prepare().returncode != 0
    assert machine.marks()[-1].startswith("failed reason=prepare-line-")
