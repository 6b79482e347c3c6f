"""Magnum's words: every one has an answer, every field that is named exists, and a template becomes a model."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from bay.cli.app import run
from bay.components.engines import ENGINES
from bay.components.magnum.docs import page
from bay.components.magnum.template import convert, rows
from bay.components.spec.docs import option_fields, spec_fields
from bay.components.spec.merge import build_spec
from bay.components.spec.models import About
from tests.fakes.messages import told
from tests.paths import DOCS, RECORDED

PAGE = DOCS / "magnum.md"
RECORDED = yaml.safe_load((RECORDED / "magnum-names.yaml").read_text())
NAMES = [(section, name) for section, names in RECORDED.items() for name in names.split()]

TEMPLATE = {
    "name": "k8s",
    "uuid": "7f1c",
    "coe": "kubernetes",
    "image_id": "fedora-coreos",
    "keypair_id": "ada",
    "flavor_id": "m1.large",
    "master_flavor_id": "m1.medium",
    "external_network_id": "public",
    "fixed_network": None,
    "fixed_subnet": "-",
    "dns_nameserver": "192.0.2.53",
    "network_driver": "flannel",
    "volume_driver": "cinder",
    "docker_volume_size": 50,
    "docker_storage_driver": "overlay2",
    "server_type": "vm",
    "http_proxy": "http://proxy.example.org:3128",
    "no_proxy": "example.org, 10.0.0.0/8",
    "floating_ip_enabled": False,
    "master_lb_enabled": True,
    "public": True,
    "hidden": False,
    "tls_disabled": False,
    "registry_enabled": False,
    "tags": "physics,prod",
    "created_at": "2020-05-05T05:05:05+00:00",
    "labels": {},
}


@pytest.mark.parametrize(("section", "name"), NAMES)
def test_every_name_of_magnum_has_an_answer(section: str, name: str) -> None:
    kind, coe = (section, "") if section in ("template", "cluster") else ("label", section)
    answers = [row for row in rows() if (row.kind, row.name) == (kind, name) and (not coe or coe in row.coe)]
    assert answers, f"components/magnum/table.yaml has no row for {name}"
    for row in answers:
        assert row.fields or row.file or len(row.instead) > 5


def test_no_name_is_answered_twice_for_an_engine() -> None:
    seen = [(row.kind, row.name, coe) for row in rows() for coe in row.coe or ENGINES]
    assert sorted(seen) == sorted(set(seen))


def test_every_field_that_an_answer_names_exists() -> None:
    every_bay = {field.path for field in spec_fields()}
    for row in rows():
        for coe in set(row.coe or ENGINES) & set(ENGINES):
            options = {field.path for field in option_fields(coe)} if row.coe else set()
            assert set(row.fields) <= every_bay | options, row
        assert not row.file or row.file in About.model_fields, row


def test_the_page_is_what_the_table_says() -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(page())
    assert page() == PAGE.read_text(), "make golden writes it anew"


def resolved(document: object, tmp_path: Path) -> dict[str, Any]:
    """The spec of a bay of the model that the template makes."""
    (tmp_path / "made.yaml").write_text(convert(document).text())
    return build_spec([{"model": "made"}], [tmp_path]).model_dump(mode="json")


@pytest.mark.parametrize("coe", ["swarm", "swarm-mode", "mesos", "kubernetes"])
@pytest.mark.parametrize("wrap", [lambda t: t, lambda t: {"clustertemplates": [t]}])
def test_a_template_becomes_a_model_that_resolves(coe: str, wrap: Any, tmp_path: Path) -> None:
    spec = resolved(wrap({**TEMPLATE, "coe": coe}), tmp_path)
    assert spec["coe"] == coe.removesuffix("-mode")
    assert (spec["image"], spec["keypair"], spec["tags"]) == ("fedora-coreos", "ada", ["physics", "prod"])
    assert (spec["nodes"]["flavor"], spec["masters"]["flavor"]) == ("m1.large", "m1.medium")
    assert spec["nodes"]["engine_volume"]["size"] == spec["masters"]["engine_volume"]["size"] == 50
    assert (spec["network"]["existing"], spec["network"]["external"]) == (None, "public")
    assert spec["network"]["dns"] == ["192.0.2.53"]
    assert (spec["endpoint"]["kind"], spec["floating_ips"]) == ("load-balancer", "none")
    assert spec["proxy"]["exceptions"] == ["example.org", "10.0.0.0/8"]


KUBERNETES_LABELS = {
    "kube_tag": "v1.34.1",
    "etcd_volume_size": "20",
    "etcd_volume_type": "fast",
    "boot_volume_size": "0",
    "flannel_network_cidr": "10.200.0.0/16",
    "flannel_network_subnetlen": "25",
    "min_node_count": 1,
    "max_node_count": "9",
    "keystone_auth_enabled": "True",
    "cinder_csi_enabled": True,
    "availability_zone": "nova",
    "master_lb_allowed_cidrs": "192.0.2.0/24,198.51.100.0/24",
    "octavia_provider": "ovn",
}


@pytest.mark.parametrize(
    "text", [lambda labels: labels, json.dumps, str, lambda labels: ",".join(f"{k}={v}" for k, v in labels.items())]
)
def test_labels_become_fields_in_whatever_form_they_come(text: Any, tmp_path: Path) -> None:
    spec = resolved({**TEMPLATE, "labels": text(KUBERNETES_LABELS)}, tmp_path)
    options = spec["options"]
    assert (options["version"], options["pods"], options["node_prefix"]) == ("1.34.1", "10.200.0.0/16", 25)
    assert (options["keystone_auth"], options["volume_driver"]) == (True, "cinder")
    assert spec["masters"]["state_volume"] == {"size": 20, "type": "fast"}
    assert (spec["masters"]["boot_volume"], spec["nodes"]["min"], spec["nodes"]["max"]) == (None, 1, 9)
    assert spec["masters"]["zones"] == spec["nodes"]["zones"] == ["nova"]
    assert spec["access"]["api"] == ["192.0.2.0/24", "198.51.100.0/24"]
    assert spec["endpoint"]["provider"] == "ovn"
    lines = convert({**TEMPLATE, "labels": text(KUBERNETES_LABELS)}).text().splitlines()
    assert {"    size: 20", "  keystone_auth: true", "  max: 9"} <= set(lines), "numbers are numbers"


def test_labels_of_mesos_become_options(tmp_path: Path) -> None:
    labels = {
        "mesos_slave_isolation": "cgroups/cpu,cgroups/mem",
        "mesos_slave_image_providers": "docker",
        "mesos_slave_work_dir": "/srv/mesos",
        "mesos_slave_executor_env_variables": '{"LANG": "C.UTF-8"}',
    }
    options = resolved({**TEMPLATE, "coe": "mesos", "labels": labels}, tmp_path)["options"]
    assert options["isolation"] == ["cgroups/cpu", "cgroups/mem"]
    assert (options["image_providers"], options["work_dir"]) == (["docker"], "/srv/mesos")
    assert options["executor_environment"] == {"LANG": "C.UTF-8"}


@pytest.mark.parametrize(
    ("change", "remark"),
    [
        ({"labels": {"kube_tag": "v1.18.2"}}, "label kube_tag=v1.18.2: options.version: "),
        ({"labels": {"boot_volume_type": "fast"}}, "label boot_volume_type=fast: masters.boot_volume.size: is missing"),
        ({"labels": {"kube_dashboard_enabled": "true"}}, "label kube_dashboard_enabled=true: a manifest of yours"),
        (
            {"labels": {"calico_tag": "v3.3.6"}},
            "label calico_tag=v3.3.6: options.versions.calico, by hand: an old version",
        ),
        ({"labels": {"grafana_admin_passwd": "geheim"}}, "label grafana_admin_passwd: a password has no place"),
        ({"labels": {"my_label": "1"}}, "label my_label: is not one of Magnum's for this engine"),
        ({"docker_storage_driver": "devicemapper"}, "template docker_storage_driver=devicemapper: overlay2, which"),
        ({"tls_disabled": True}, "template tls_disabled=true: an API without TLS"),
        ({"http_proxy": "proxy:3128"}, "template http_proxy=proxy:3128: proxy.http: "),
        ({"public": False}, "template public=false: list `projects`"),
        ({"secret_thing": "geheim"}, "template secret_thing: is not one of Magnum's"),
    ],
)
def test_what_is_not_taken_over_is_said_in_a_comment(change: dict[str, Any], remark: str, tmp_path: Path) -> None:
    made = convert({**TEMPLATE, **change})
    assert [text for text in made.remarks if text.startswith(remark)], made.remarks
    assert f"# - {remark}" in made.text()
    assert "geheim" not in made.text()
    resolved({**TEMPLATE, **change}, tmp_path)


def test_what_needs_nothing_here_is_not_spoken_of() -> None:
    labels = {"kube_dashboard_enabled": "false", "etcd_volume_size": "0", "calico_ipv4pool_ipip": "Off"}
    assert convert({**TEMPLATE, "labels": labels}).remarks == ()


def test_a_template_of_one_project_becomes_a_model_of_that_project(tmp_path: Path) -> None:
    text = convert({**TEMPLATE, "public": False, "project_id": "0f3a", "hidden": True}).text()
    assert text.startswith(
        "# Cluster template k8s of Magnum, as a model.\npublic: false\nprojects:\n- 0f3a\nhidden: true\n"
    )
    resolved({**TEMPLATE, "public": False, "project_id": "0f3a"}, tmp_path)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "the file holds no cluster template: coe and image_id are missing"),
        ([1], "the file holds no cluster template: coe and image_id are missing"),
        ({**TEMPLATE, "image_id": "-"}, "the file holds no cluster template: coe and image_id are missing"),
        ({"clustertemplates": [TEMPLATE, TEMPLATE]}, "the file holds 2 cluster templates"),
        ({**TEMPLATE, "coe": "dcos"}, "coe: there is no engine 'dcos' here"),
    ],
)
def test_what_is_no_template_is_refused(document: object, message: str) -> None:
    assert told(lambda: convert(document))[0] == message


def test_the_command_prints_the_model_or_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "template.json"
    file.write_text(json.dumps(TEMPLATE))
    assert run(["model", "from-magnum", str(file)]) == 0
    assert capsys.readouterr().out == convert(TEMPLATE).text()
    file.write_text("coe: no JSON")
    assert run(["model", "from-magnum", str(file)]) == 2
    assert capsys.readouterr().err.startswith(f"error: {file}: not JSON: Expecting value")
    assert run(["model", "from-magnum", str(tmp_path / "none")]) == 2
    assert "No such file" in capsys.readouterr().err
