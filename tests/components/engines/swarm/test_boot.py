"""What exactly lands on a Swarm server."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bay.components.engines import ENGINES, Facts
from bay.components.node import cloudinit
from bay.components.node import user_data as boot_data
from tests import quick_yaml
from tests.components.engines.boot_golden import shown
from tests.paths import ENGINE_FILES, GOLDEN
from tests.reviewed import require_reviewed

GOLDEN = GOLDEN / "boot"
ROLES = ("master", "node")


def boot(role: str, facts: Facts) -> str:
    return boot_data.user_data(ENGINES["swarm"], replace(facts, group=role))


def document(role: str, facts: Facts) -> dict[str, Any]:
    return dict(quick_yaml.load(boot(role, facts)))


def files(role: str, facts: Facts) -> dict[str, dict[str, str]]:
    return {file["path"]: file for file in document(role, facts)["write_files"]}


def shell_scripts() -> Iterator[Path]:
    return (
        path
        for folder in ("common", "swarm")
        for path in sorted((ENGINE_FILES / folder).iterdir())
        if path.suffix == ".sh" or (not path.suffix and path.name != "ssh_config")
    )


@pytest.mark.parametrize("role", ROLES)
def test_boot_data_is_the_reviewed_one(role: str, facts: Facts) -> None:
    require_reviewed(GOLDEN / f"swarm-{role}.yaml", shown(boot(role, facts)))


@pytest.mark.parametrize("role", ROLES)
def test_boot_data_is_the_same_in_every_run(role: str, facts: Facts) -> None:
    assert cloudinit.packed(boot(role, facts)) == cloudinit.packed(boot(role, facts))


def test_boot_data_of_a_node_does_not_depend_on_the_floating_ips(facts: Facts) -> None:
    assert boot("node", replace(facts, api_names=())) == boot("node", facts)


@pytest.mark.parametrize(("role", "limit"), [("master", 12800), ("node", 8900)])
def test_boot_data_is_short_because_the_state_holds_it_for_each_server(role: str, limit: int, facts: Facts) -> None:
    assert len(cloudinit.packed(boot(role, facts))) < limit


@pytest.mark.parametrize("role", ROLES)
def test_cloud_init_itself_finds_no_fault(role: str, facts: Facts, tmp_path: Path) -> None:
    if shutil.which("cloud-init") is None:
        pytest.skip("cloud-init is not installed: apt-get install cloud-init")
    path = tmp_path / "user-data"
    path.write_text(boot(role, facts))
    checked = subprocess.run(["cloud-init", "schema", "-c", str(path)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "Valid" in checked.stdout


@pytest.mark.parametrize("role", ROLES)
def test_every_multi_line_text_is_a_literal_block(role: str, facts: Facts) -> None:
    assert "\\n" not in re.sub(r"printf.*|s/.*", "", boot(role, facts))


@pytest.mark.parametrize("role", ROLES)
def test_files_with_a_private_key_are_for_root_only(role: str, facts: Facts) -> None:
    for file in files(role, facts).values():
        assert file["owner"] == "root:root"
        if "PRIVATE KEY" in file["content"]:
            assert file["permissions"] == "0600", file["path"]


def test_only_masters_listen_for_clients_and_only_with_certificates(facts: Facts) -> None:
    drop_in, daemon = "/etc/systemd/system/docker.service.d/bay.conf", "/etc/docker/daemon.json"
    assert "tcp://" not in files("node", facts)[drop_in]["content"]
    assert re.findall(r"tcp://\S+", files("master", facts)[drop_in]["content"]) == ["tcp://0.0.0.0:2376"]
    settings = quick_yaml.load(files("master", facts)[daemon]["content"])
    assert settings["tlsverify"] is True
    assert settings["tlscacert"] == "/etc/docker/ca.pem"
    assert "live-restore" not in settings, "Swarm refuses it"
    assert "tlsverify" not in quick_yaml.load(files("node", facts)[daemon]["content"])


def test_an_account_for_joining_is_on_masters_only(facts: Facts) -> None:
    assert "users" not in document("node", facts)
    image_user, account = document("master", facts)["users"]
    assert image_user == "default"
    assert account["name"] == "bay-join"
    assert account["lock_passwd"] is True
    assert account["sudo"] == "ALL=(root) NOPASSWD: /usr/local/lib/bay/join-root"
    assert "ssh_authorized_keys" not in account
    door = "/etc/bay/door/authorized_keys"
    assert door not in files("node", facts)
    assert files("master", facts)[door]["content"].splitlines() == [
        'restrict,command="/usr/local/lib/bay/join-door node 1" ssh-ed25519 AAAAfakenode generation-1',
        'restrict,command="/usr/local/lib/bay/join-door master 1" ssh-ed25519 AAAAfakemaster generation-1',
        'restrict,command="/usr/local/lib/bay/join-door member 1" ssh-ed25519 AAAAfakemember generation-1',
    ]


def test_values_in_the_settings_survive_the_shell(facts: Facts, tmp_path: Path) -> None:
    odd = replace(facts, bay="it's $(reboot)")
    settings = tmp_path / "env"
    settings.write_text(files("node", odd)["/etc/bay/env"]["content"])
    shown = subprocess.run(
        ["bash", "-c", f'. {settings}; printf %s "$BAY_NAME"'], capture_output=True, text=True, check=True
    )
    assert shown.stdout == "it's $(reboot)"


def test_nothing_but_the_settings_carries_values_into_a_script(facts: Facts) -> None:
    elsewhere = replace(
        facts, bay="other", bay_id="x", master_names=("o-master-0",), master_addresses=("10.0.0.9",), api_names=()
    )
    for role in ROLES:
        one, other = files(role, facts), files(role, elsewhere)
        changed = {path for path, file in one.items() if file != other[path]}
        assert changed <= {"/etc/bay/env", "/etc/docker/daemon.json", "/etc/docker/server.pem"}


def test_shellcheck_finds_no_fault() -> None:
    shellcheck = Path(sys.executable).parent / "shellcheck"
    scripts = [str(path) for path in shell_scripts()]
    checked = subprocess.run(
        [
            shellcheck,
            "--external-sources",
            f"--source-path={ENGINE_FILES / 'common'}:{ENGINE_FILES / 'swarm'}",
            *scripts,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    assert len(scripts) > 7


@pytest.mark.parametrize("role", ROLES)
def test_scripts_without_their_comments_are_still_scripts(role: str, facts: Facts) -> None:
    for path, file in files(role, facts).items():
        if path.startswith("/usr/local/lib/bay/"):
            assert "<<'" not in file["content"], "a heredoc could hold lines that look like comments"
            subprocess.run(["bash", "-n"], input=file["content"], text=True, check=True)
            assert file["content"].startswith("#!") is (file["permissions"] == "0755"), path
