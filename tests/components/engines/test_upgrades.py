"""Versions of engines, and what each engine's answers and metrics say of them."""

import pytest

from bay.components.engines import ENGINES
from bay.components.engines.kubernetes.upgrade import deprecated_calls
from bay.components.engines.upgrades import DeprecatedCall, EngineVersion, parse_version, upgrade_rules


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("1.34.2", EngineVersion(1, 34, 2)),
        ("v1.34.2", EngineVersion(1, 34, 2)),
        ("v1.34.2+build.7", EngineVersion(1, 34, 2)),
        ("20.10.24+dfsg1", EngineVersion(20, 10, 24)),
        ("28.0.1-1~debian.12~bookworm", EngineVersion(28, 0, 1)),
        (" 1.11.0\n", EngineVersion(1, 11, 0)),
        ("1.34", EngineVersion(1, 34, 0)),
        ("1.34.2.5", None),
        ("1", None),
        ("latest", None),
        ("", None),
    ],
)
def test_the_numbers_of_a_version_count(text: str, version: EngineVersion | None) -> None:
    assert parse_version(text) == version


def test_versions_are_ordered_by_their_numbers() -> None:
    assert EngineVersion(1, 9, 12) < EngineVersion(1, 33, 0) < EngineVersion(1, 33, 10) < EngineVersion(1, 34, 2)
    assert str(EngineVersion(20, 10, 24)) == "20.10.24"


def test_every_engine_says_how_it_is_upgraded() -> None:
    assert {name: rules.image_property for name, engine in ENGINES.items() if (rules := upgrade_rules(engine))} == {
        "kubernetes": "kube_version",
        "mesos": "mesos_version",
        "swarm": "docker_version",
    }
    assert upgrade_rules(object()) is None, "an engine of a site's own may say nothing"


def versions(coe: str, answer: object) -> dict[str, str]:
    rules = upgrade_rules(ENGINES[coe])
    assert rules
    return dict(rules.node_versions(answer))


def test_kubernetes_tells_the_versions_of_kubelets() -> None:
    node = {"metadata": {"name": "demo-node-0"}, "status": {"nodeInfo": {"kubeletVersion": "v1.33.5"}}}
    assert versions("kubernetes", {"items": [node]}) == {"demo-node-0": "v1.33.5"}


def swarm_node(name: str, state: str, version: str) -> dict[str, object]:
    return {"Description": {"Hostname": name, "Engine": {"EngineVersion": version}}, "Status": {"State": state}}


def test_of_several_entries_of_a_name_swarm_means_the_one_that_is_ready() -> None:
    new, old = swarm_node("demo-node-0", "ready", "28.0.1"), swarm_node("demo-node-0", "down", "20.10.24+dfsg1")
    just_let_in = {"Description": {"Platform": {}, "Engine": {}}, "Status": {"State": "unknown"}}
    assert versions("swarm", [new, old, just_let_in]) == {"demo-node-0": "28.0.1"}
    assert versions("swarm", [old, new]) == {"demo-node-0": "28.0.1"}


def test_mesos_tells_the_versions_of_agents_that_are_connected() -> None:
    agents = [
        {"hostname": "demo-node-0", "active": True, "version": "1.11.0"},
        {"hostname": "demo-node-1", "active": False, "version": "1.10.0"},
    ]
    assert versions("mesos", {"slaves": agents}) == {"demo-node-0": "1.11.0"}


METRIC = "apiserver_requested_deprecated_apis"
CRON = 'group="batch",removed_release="1.34",resource="cronjobs",subresource="status",version="v1beta1"'
METRICS = f"""\
# HELP {METRIC} [STABLE] Gauge of deprecated APIs that have been requested
# TYPE {METRIC} gauge
{METRIC}{{group="",removed_release="",resource="endpoints",subresource="",version="v1"}} 1
{METRIC}{{{CRON}}} 1
{METRIC}{{group="policy",removed_release="1.35",resource="x",subresource="",version="v1beta1"}} 0
{METRIC}_more{{group="no"}} 1
apiserver_request_total{{code="200"}} 17
"""


def test_deprecated_calls_come_from_the_metric_of_the_api_server() -> None:
    cron, endpoints = (
        DeprecatedCall("batch/v1beta1 cronjobs/status", EngineVersion(1, 34)),
        DeprecatedCall("v1 endpoints", None),
    )
    assert deprecated_calls(METRICS) == [cron, endpoints]
    assert cron.is_gone_in(EngineVersion(1, 34, 2))
    assert not cron.is_gone_in(EngineVersion(1, 33, 9))
    assert not endpoints.is_gone_in(EngineVersion(1, 40))
    assert deprecated_calls("") == []
