"""Which steps an engine allows: a table of what runs, what is wanted, and what is said."""

import pytest

from bay.components.engines import ENGINES
from bay.components.engines.upgrades import UpgradeRules, parse_version, upgrade_rules
from bay.components.errors import BayError, InvalidInput
from bay.stacks.operations.upgrade_rules import require_image_version, require_step, wanted_version
from bay.stacks.state.snapshot import RecordedServer


def rules_of(coe: str) -> UpgradeRules:
    rules = upgrade_rules(ENGINES[coe])
    assert rules
    return rules


KUBERNETES, SWARM, MESOS = map(rules_of, ("kubernetes", "swarm", "mesos"))


def step(rules: UpgradeRules, running: str, target: str) -> None:
    """running: ``1.33.5 1.33.5 | 1.33.5 ?``: masters, then nodes; ``?`` is not known."""
    servers, versions = [], {}
    for role, words in zip(("master", "node"), running.split("|"), strict=True):
        for index, word in enumerate(words.split()):
            name = f"demo-{role}-{index}"
            servers.append(RecordedServer(name, role, role, "", f"id {role} {index}"))
            if version := parse_version(word):
                versions[name] = version
    wanted = parse_version(target)
    assert wanted
    require_step("demo", rules, servers, versions, wanted)


@pytest.mark.parametrize(
    ("running", "target"),
    [
        ("1.33.5 | 1.33.5 1.33.5", "1.34.2"),  # the next minor version
        ("1.33.5 1.33.5 1.33.5 | 1.33.5", "1.34.0"),
        ("1.33.5 | 1.33.5", "1.33.9"),  # a patch
        ("1.33.5 | 1.33.5", "1.33.5"),  # nothing but an image
        ("1.34.2 1.33.5 1.33.5 | 1.33.5", "1.34.2"),  # one that was interrupted, in each of its phases
        ("1.34.2 1.34.2 1.34.2 | 1.34.2 1.33.5", "1.34.2"),
        ("1.34.2 1.33.5 1.33.5 | 1.34.2", "1.34.2"),  # and a node that was added meanwhile
        ("1.34.2 | 1.31.9", "1.34.5"),  # three minor versions behind
        ("1.34.2 | 1.32.9", "1.35.1"),
    ],
)
def test_what_kubernetes_allows(running: str, target: str) -> None:
    step(KUBERNETES, running, target)


REFUSED = [
    (
        KUBERNETES,
        "1.33.5 | 1.33.5",
        "1.35.0",
        "bay demo: from Kubernetes 1.33.5 to 1.35.0 leaves out 1.34",
        "first --version 1.34.N, with an image that brings it; then 1.35.0",
    ),
    (
        KUBERNETES,
        "1.34.2 1.33.5 1.33.5 | 1.33.5",
        "1.35.0",
        "bay demo: from Kubernetes 1.33.5 to 1.35.0 leaves out 1.34",
        "first --version 1.34.N",
    ),
    (KUBERNETES, "1.33.5 | 1.33.5", "2.0.0", "bay demo: from Kubernetes 1.33.5 to 2.0.0 leaves out 1.34", "first"),
    (
        KUBERNETES,
        "1.34.2 | 1.34.2",
        "1.33.9",
        "bay demo: demo-master-0 runs Kubernetes 1.34.2, not 1.33.9",
        "Kubernetes has no way back; name 1.34.2 or a later version",
    ),
    (KUBERNETES, "1.34.2 | 1.34.2", "1.34.1", "bay demo: demo-master-0 runs Kubernetes 1.34.2, not 1.34.1", "no way"),
    (
        KUBERNETES,
        "1.33.5 1.33.5 1.34.2 | 1.33.5",
        "1.33.9",
        "bay demo: demo-master-2 runs Kubernetes 1.34.2, not 1.33.9",
        "Kubernetes has no way back",
    ),
    (
        KUBERNETES,
        "1.33.5 | 1.33.5 1.34.0",
        "1.34.2",
        "bay demo: demo-node-1 runs Kubernetes 1.34.0, newer than a master's 1.33.5",
        "'bay rebuild demo --node demo-node-1 --image IMAGE' with an image of 1.33.5",
    ),
    (
        KUBERNETES,
        "1.34.2 | 1.34.2 1.31.0",
        "1.35.0",
        "bay demo: demo-node-1 runs Kubernetes 1.31.0, more than 3 minor versions behind 1.35.0",
        "rebuild it first: 'bay rebuild demo --node demo-node-1'",
    ),
    (
        KUBERNETES,
        "1.33.5 | 1.33.5 ?",
        "1.34.2",
        "bay demo: which Kubernetes demo-node-1 runs is not known: the engine does not answer from here, and its image "
        "has no property kube_version",
        "'openstack image set --property kube_version=VERSION IMAGE'",
    ),
    (
        SWARM,
        "? | 20.10.24",
        "28.0.1",
        "bay demo: which Docker demo-master-0 runs is not known: the engine does not answer from here, and its image "
        "has no property docker_version",
        "'openstack image set --property docker_version=VERSION IMAGE'",
    ),
    (
        SWARM,
        "28.0.1 | 28.0.1",
        "20.10.24",
        "bay demo: demo-master-0 runs Docker 28.0.1, not 20.10.24",
        "'bay rebuild demo --image IMAGE' goes back to the image of before",
    ),
    (MESOS, "1.10.0 | 1.11.0", "1.10.0", "bay demo: demo-node-0 runs Mesos 1.11.0, not 1.10.0", "'bay rebuild demo"),
]


@pytest.mark.parametrize(("rules", "running", "target", "message", "hint"), REFUSED)
def test_what_is_refused(rules: UpgradeRules, running: str, target: str, message: str, hint: str) -> None:
    with pytest.raises(BayError) as refused:
        step(rules, running, target)
    assert refused.value.message == message
    assert hint in refused.value.hint


@pytest.mark.parametrize("rules", [SWARM, MESOS])
def test_engines_without_a_rule_of_skew_may_leave_versions_out(rules: UpgradeRules) -> None:
    step(rules, "1.8.0 1.8.0 1.8.0 | 1.8.0", "1.11.0")
    step(rules, "20.10.24 | 19.3.0", "28.0.1")


@pytest.mark.parametrize("text", ["1.34", "1", "latest", "", "1.34.2-rc.1", "1.34.02", "v", "1.34.2.1", "1,34,2"])
def test_a_version_has_all_three_numbers(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        wanted_version(KUBERNETES, text)
    assert refused.value.message == f"{text!r} is no version of Kubernetes"


def test_a_version_may_have_a_v_before_it() -> None:
    assert wanted_version(KUBERNETES, "v1.34.2") == wanted_version(KUBERNETES, "1.34.2")


@pytest.mark.parametrize(
    ("said", "target", "exact", "message"),
    [
        ("", "1.34.2", True, "image: weekly does not say which Kubernetes it brings (property kube_version)"),
        ("1.33.5", "1.34.2", True, "image: weekly brings Kubernetes 1.33.5, not 1.34.2"),
        ("1.34.1", "1.34.2", True, "image: weekly brings Kubernetes 1.34.1, not 1.34.2"),
        ("1.33.5", "1.34.2", False, "image: weekly brings Kubernetes 1.33.5, not 1.34.2"),
        ("1.34.1", "1.34.2", False, ""),
        ("1.34.2", "1.34.2", True, ""),
    ],
)
def test_an_image_brings_the_version(said: str, target: str, exact: bool, message: str) -> None:
    found = ""
    try:
        require_image_version(KUBERNETES, "image", "weekly", parse_version(said), parse_version(target), exact=exact)
    except BayError as error:
        found = error.message
    assert found == message
