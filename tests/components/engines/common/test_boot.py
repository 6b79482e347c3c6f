"""What lands on every server, whatever its engine: parts, authorities, proxies, services that wait."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bay.components.engines import ENGINES, Facts
from bay.components.node import user_data
from bay.components.spec.merge import build_spec
from tests import quick_yaml

UNITS = "/etc/systemd/system"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----"
PARTS = {"volumes.sh", "virtual-ip.sh", "serves-api"}


def document(facts: Facts, role: str, wish: dict[str, Any]) -> dict[str, Any]:
    spec = build_spec([{"model": "swarm-ha", **wish}])
    state = ("id-0", "id-1", "id-2") if spec.masters.state_volume else ()
    known = replace(facts, group=role, spec=spec, endpoint_address="10.80.0.5", state_volumes=state)
    return dict(quick_yaml.load(user_data.user_data(ENGINES["swarm"], known)))


def files(facts: Facts, role: str = "node", **wish: Any) -> dict[str, str]:
    return {file["path"]: file["content"] for file in document(facts, role, wish)["write_files"]}


def settings(content: str) -> dict[str, str]:
    return {name: value.strip("'") for name, _, value in (line.partition("=") for line in content.splitlines())}


@pytest.mark.parametrize(
    ("role", "wish", "parts"),
    [
        ("node", {}, set()),
        ("node", {"nodes": {"engine_volume": 10}}, {"volumes.sh"}),
        ("master", {"nodes": {"engine_volume": 10}, "endpoint": {"kind": "masters"}}, set()),
        ("master", {"masters": {"state_volume": 10}, "endpoint": {"kind": "masters"}}, {"volumes.sh"}),
        ("master", {"endpoint": {"kind": "virtual-ip"}}, {"virtual-ip.sh", "serves-api"}),
        ("node", {"endpoint": {"kind": "virtual-ip"}}, set()),
    ],
)
def test_a_server_has_the_parts_that_its_bay_needs(
    role: str, wish: dict[str, Any], parts: set[str], facts: Facts
) -> None:
    assert {Path(path).name for path in files(facts, role, **wish)} & PARTS == parts


def test_a_server_knows_its_volumes(facts: Facts) -> None:
    volumes = {"masters": {"engine_volume": 20, "state_volume": 10}}
    master = settings(files(facts, "master", **volumes)["/etc/bay/env"])
    assert master["BAY_ENGINE_SIZE"] == "20"
    assert master["BAY_ENGINE_PATHS"] == "/var/lib/docker"
    assert master["BAY_STATE_PATHS"] == "/var/lib/docker/swarm"
    assert master["BAY_STATE_VOLUMES"] == "id-0 id-1 id-2"
    node = settings(files(facts, **volumes)["/etc/bay/env"])
    assert [node[f"BAY_{name}"] for name in ("ENGINE_SIZE", "ENGINE_PATHS", "STATE_PATHS", "STATE_VOLUMES")] == [
        "0",
        "",
        "",
        "",
    ]


def test_services_of_the_distribution_wait_for_the_preparation(facts: Facts) -> None:
    content = files(facts)
    for service in ("docker.service", "containerd.service"):
        drop_in = content[f"{UNITS}/{service}.d/bay-prepare.conf"]
        assert drop_in.splitlines() == ["[Unit]", "Requires=bay-prepare.service", "After=bay-prepare.service"]
    assert settings(content["/etc/bay/env"])["BAY_SERVICES"] == "docker.service containerd.service"


def test_the_metadata_rule_is_not_started_before_iptables_is_there(facts: Facts) -> None:
    enable, start = document(facts, "node", {})["runcmd"][-2:]
    assert enable == [
        "systemctl",
        "enable",
        "bay-prepare.service",
        "bay-metadata.service",
        "bay-swarm.service",
        "bay-leave.service",
    ]
    assert start == ["systemctl", "start", "--no-block", "bay-prepare.service", *enable[-2:]]


def test_each_authority_has_a_file_of_its_own(facts: Facts) -> None:
    bundle = "\n".join(["", CERTIFICATE.format("one"), "# a comment", CERTIFICATE.format("two"), ""])
    content = files(facts, registry={"ca": bundle})
    trusted = {path: text for path, text in content.items() if path.startswith("/etc/bay/trust/")}
    assert trusted == {
        f"/etc/bay/trust/bay-{i}.crt": CERTIFICATE.format(words) + "\n" for i, words in enumerate(["one", "two"])
    }


def test_every_service_of_a_server_gets_the_proxies(facts: Facts) -> None:
    proxy = {"http": 'http://proxy.example:3128/p%40s"s\\', "exceptions": [".example"]}
    lines = files(facts, proxy=proxy)[f"{UNITS}/service.d/10-bay-proxy.conf"].splitlines()
    assert lines[:3] == [
        "[Service]",
        r'Environment="HTTP_PROXY=http://proxy.example:3128/p%%40s\"s\\"',
        r'Environment="http_proxy=http://proxy.example:3128/p%%40s\"s\\"',
    ]
    direct = lines[3].removeprefix('Environment="NO_PROXY=').rstrip('"').split(",")
    assert {"169.254.169.254", "10.80.0.0/20", "demo-master-0", "10.80.0.11", "10.80.0.5", ".example"} <= set(direct)
    assert lines[4:] == [lines[3].replace("NO_PROXY", "no_proxy")]


def test_a_bay_without_proxies_leaves_services_alone(facts: Facts) -> None:
    assert not [path for path in files(facts) if "proxy" in path]
