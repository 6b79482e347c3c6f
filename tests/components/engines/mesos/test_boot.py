"""What exactly lands on a server of a Mesos bay."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bay.components.engines import ENGINES, Facts
from bay.components.node import cloudinit
from bay.components.node import user_data as boot_data
from bay.components.node.credentials import Generation
from tests import quick_yaml
from tests.components.engines.boot_golden import shown
from tests.components.engines.mesos.machine import SECRETS, mesos_facts
from tests.paths import ENGINE_FILES, GOLDEN, RECORDED
from tests.reviewed import require_reviewed

GOLDEN = GOLDEN / "boot"
ROLES = ("master", "node")
FOLDER = "/etc/bay/mesos"

Make = Callable[..., Facts]


@pytest.fixture
def make(facts: Facts, generation: Generation) -> Make:
    return lambda role="node", model="mesos-ha", **spec: replace(
        mesos_facts(facts, generation, model, **spec), group=role
    )


def boot(facts: Facts) -> str:
    return boot_data.user_data(ENGINES["mesos"], facts)


def files(facts: Facts) -> dict[str, dict[str, str]]:
    return {file["path"]: file for file in quick_yaml.load(boot(facts))["write_files"]}


def flags(facts: Facts) -> list[str]:
    program = "mesos-master" if facts.role == "master" else "mesos-agent"
    return files(facts)[f"{FOLDER}/{program}.flags"]["content"].splitlines()


def value(facts: Facts, flag: str) -> str | None:
    found = [line.partition("=")[2] for line in flags(facts) if line.startswith(f"--{flag}=")]
    return found[0] if found else None


@pytest.mark.parametrize("role", ROLES)
def test_boot_data_is_the_reviewed_one(role: str, make: Make) -> None:
    require_reviewed(GOLDEN / f"mesos-{role}.yaml", shown(boot(make(role, options={"marathon": True}))))


@pytest.mark.parametrize(("role", "limit"), [("master", 13000), ("node", 10300)])
def test_boot_data_is_short_because_the_state_holds_it_for_each_server(role: str, limit: int, make: Make) -> None:
    assert len(cloudinit.packed(boot(make(role, options={"marathon": True})))) < limit


@pytest.mark.parametrize("role", ROLES)
def test_cloud_init_itself_finds_no_fault(role: str, make: Make, tmp_path: Path) -> None:
    if shutil.which("cloud-init") is None:
        pytest.skip("cloud-init is not installed: apt-get install cloud-init")
    path = tmp_path / "user-data"
    path.write_text(boot(make(role)))
    checked = subprocess.run(["cloud-init", "schema", "-c", str(path)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("role", ROLES)
def test_systemd_finds_no_fault_in_the_units(role: str, make: Make, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed: apt-get install systemd")
    services = []
    for path, file in files(make(role, options={"marathon": True})).items():
        if path.startswith("/etc/systemd/system/"):
            (tmp_path / path[1:]).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path[1:]).write_text(file["content"])
            services += [Path(path).name] if path.endswith(".service") else []
    analyze = ["systemd-analyze", "verify", "--man=no", f"--root={tmp_path}", *services]
    said = subprocess.run(analyze, capture_output=True, text=True, check=False).stderr.splitlines()
    assert [line for line in said if re.search(r"\.(service|conf):\d+:", line)] == []
    assert {"bay-mesos.service", "mesos-master.service" if role == "master" else "mesos-agent.service"} <= set(services)


@pytest.mark.parametrize("role", ROLES)
def test_what_is_secret_is_for_root_only(role: str, make: Make) -> None:
    for file in files(make(role, options={"marathon": True})).values():
        assert file["owner"] == "root:root"
        if "PRIVATE KEY" in file["content"] or any(secret in file["content"] for secret in SECRETS.values()):
            assert file["permissions"] == "0600", file["path"]


@pytest.mark.parametrize(("role", "program"), [("master", "master"), ("node", "agent")])
def test_every_flag_is_one_that_mesos_has(role: str, program: str, make: Make) -> None:
    """The recorded ones are what ``--help`` of Mesos 1.11.0 shows."""
    known = set((RECORDED / f"mesos-{program}-flags.txt").read_text().split())
    chosen = {"isolation": ["cgroups/cpu"], "image_providers": ["docker"]}
    facts = make(role, options=chosen, registry={"mirror": "https://mirror.example"}, nodes={"labels": {"a": "b"}})
    script = (ENGINE_FILES / "mesos" / f"{program}.sh").read_text()
    added = re.findall(r"--(?:no-)?([a-z_]+)(?=[=\"])", script)
    assert {line[2:].partition("=")[0] for line in flags(facts)} <= known
    assert {"hostname"} <= set(added) <= known


@pytest.mark.parametrize(("model", "quorum"), [("mesos", "1"), ("mesos-ha", "2")])
def test_the_quorum_is_a_majority_of_the_masters(make: Make, model: str, quorum: str) -> None:
    facts = make("master", model)
    count = facts.spec.masters.count
    assert value(replace(facts, master_addresses=facts.master_addresses[:count]), "quorum") == quorum


def test_a_master_lets_nobody_in_without_a_password(make: Make) -> None:
    wanted = {"frameworks", "agents", "http_frameworks", "http_readonly", "http_readwrite"}
    assert {f"--authenticate_{whom}" for whom in wanted} <= set(flags(make("master")))


def test_an_agent_answers_only_its_executors(make: Make) -> None:
    agent = make("node")
    assert value(agent, "http_authenticators") == "jwt"
    assert {"--authenticate_http_executors", "--authenticate_http_readonly", "--authenticate_http_readwrite"} <= set(
        flags(agent)
    )


@pytest.mark.parametrize(("role", "program"), [("master", "mesos-master"), ("node", "mesos-agent")])
def test_everything_between_servers_is_tls_and_comes_from_its_sender(role: str, program: str, make: Make) -> None:
    environment = files(make(role))[f"{FOLDER}/{program}.env"]["content"]
    assert "LIBPROCESS_SSL_ENABLED=true\nLIBPROCESS_SSL_SUPPORT_DOWNGRADE=false\n" in environment
    assert "LIBPROCESS_REQUIRE_PEER_ADDRESS_IP_MATCH=true\n" in environment
    assert "ECDHE-ECDSA" in environment, "Mesos' own list of ciphers does not fit the bay's keys"
    assert ("LIBPROCESS_SSL_VERIFY_SERVER_CERT=true\n" in environment) is (role == "node")


def test_agents_find_the_leader_without_a_password(make: Make) -> None:
    assert value(make("node"), "master") == "zk://10.80.0.10:2181,10.80.0.11:2181,10.80.0.12:2181/mesos"


def test_the_ensemble_is_the_masters_and_its_only_command_is_harmless(make: Make) -> None:
    lines = files(make("master"))[f"{FOLDER}/zoo.cfg"]["content"].splitlines()
    assert [line for line in lines if line.startswith("server.")] == [
        "server.1=10.80.0.10:2888:3888",
        "server.2=10.80.0.11:2888:3888",
        "server.3=10.80.0.12:2888:3888",
    ]
    assert {"4lw.commands.whitelist=srvr", "admin.enableServer=false", "dataDir=/var/lib/zookeeper"} <= set(lines)
    # printf 'bay-masters:secret-of-zookeeper' | openssl dgst -sha1 -binary | base64
    assert lines[9] == "DigestAuthenticationProvider.superDigest=bay-masters:L/5a5Wv9r7zf0U2Ff/0nrynKPHE="


def test_labels_become_attributes(make: Make) -> None:
    labels = {"disk": "ssd", "example.org/rack": "7", "gpu": ""}
    attributes = "disk:ssd;example.org/rack:7;gpu:true"
    assert value(make("node", nodes={"labels": labels}), "attributes") == attributes
    assert value(make("node"), "attributes") is None


def test_options_reach_the_agent(make: Make) -> None:
    chosen = {
        "isolation": ["cgroups/cpu", "namespaces/pid"],
        "image_providers": ["appc", "docker"],
        "work_dir": "/data/mesos",
        "executor_registration_timeout": "90secs",
        "executor_environment": {"LANG": "C.UTF-8", "LIBPROCESS_SSL_ENABLED": "false"},
    }
    agent = make("node", options=chosen)
    assert value(agent, "isolation") == "cgroups/cpu,namespaces/pid"
    assert value(agent, "image_providers") == "appc,docker"
    assert value(agent, "work_dir") == "/data/mesos"
    assert value(agent, "executor_registration_timeout") == "90secs"
    environment = json.loads(value(agent, "executor_environment_variables") or "")
    assert (environment["LANG"], environment["LIBPROCESS_SSL_ENABLED"]) == ("C.UTF-8", "false")
    assert "/data/mesos" in ENGINES["mesos"].boot(agent).engine_paths


def test_mirror_and_proxies_reach_containers_of_both_kinds(make: Make) -> None:
    agent = make(
        "node",
        registry={"mirror": "https://mirror.example", "insecure": ["old.example:5000"]},
        proxy={"http": "http://proxy.example:3128"},
    )
    docker = json.loads(files(agent)["/etc/docker/daemon.json"]["content"])
    assert docker["registry-mirrors"] == [value(agent, "docker_registry")] == ["https://mirror.example"]
    assert docker["insecure-registries"] == ["old.example:5000"]
    environment = json.loads(value(agent, "executor_environment_variables") or "")
    assert environment["http_proxy"] == environment["HTTP_PROXY"] == "http://proxy.example:3128"
    assert "10.80.0.0/20" in environment["no_proxy"].split(",")
    assert "https_proxy" not in environment


def test_marathon_is_on_masters_where_it_is_asked_for_with_a_password(make: Make) -> None:
    unit, environment = "/etc/systemd/system/marathon.service", f"{FOLDER}/marathon.env"
    assert unit not in files(make("master"))
    assert unit not in files(make("node", options={"marathon": True}))
    given = files(make("master", options={"marathon": True}))
    assert "--disable_http --https_port 8443" in given[unit]["content"]
    assert "MARATHON_HTTP_CREDENTIALS=bay-operator:secret-of-mesos_operator\n" in given[environment]["content"]


@pytest.mark.parametrize(("role", "containers"), [("master", []), ("node", ["/var/lib/docker"])])
def test_folders_of_the_engine_and_its_state_can_be_on_volumes(role: str, containers: list[str], make: Make) -> None:
    given = ENGINES["mesos"].boot(make(role))
    assert given.engine_paths == ["/var/lib/mesos", *containers]
    assert given.state_paths == ["/var/lib/zookeeper", "/var/lib/mesos/master"]
    assert ("docker.service" in given.services) is (role == "node")


def test_nothing_but_settings_and_flags_differs_between_bays(make: Make) -> None:
    for role in ROLES:
        one = make(role)
        other = replace(one, bay="other", bay_id="x", master_names=("o-master-0",), master_addresses=("10.0.0.9",))
        theirs = files(other)
        changed = {path for path, file in files(one).items() if file != theirs[path]}
        assert changed <= {"/etc/bay/env", *(path for path in changed if path.startswith(FOLDER))}


def test_shellcheck_finds_no_fault() -> None:
    scripts = [path for path in sorted((ENGINE_FILES / "mesos").iterdir()) if path.suffix in ("", ".sh")]
    checked = subprocess.run(
        [
            Path(sys.executable).parent / "shellcheck",
            "--external-sources",
            f"--source-path={ENGINE_FILES / 'mesos'}",
            *scripts,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    assert len(scripts) == 9


@pytest.mark.parametrize("role", ROLES)
def test_scripts_without_their_comments_are_still_scripts(role: str, make: Make) -> None:
    for path, file in files(make(role)).items():
        if path.startswith("/usr/local/lib/bay/"):
            subprocess.run(["bash", "-n"], input=file["content"], text=True, check=True)
            assert file["content"].startswith("#!") is (file["permissions"] == "0755"), path
