"""What an upgrade takes of a template, as plain values."""

from typing import Any

import pytest

from bay.components.errors import BayError
from bay.magnum.upgrades import labels_after, upgrade_of
from tests.magnum.test_clusters import CLUSTER, GROUPS, TEMPLATE, group


def wish(labels: dict[str, str] | None = None, own: dict[str, str] | None = None, **template: Any) -> dict[str, Any]:
    after = {**TEMPLATE, "uuid": "t2", "image_id": "new", "labels": labels or {}, **template}
    return upgrade_of({**CLUSTER, "labels": own or {}}, (TEMPLATE, after), GROUPS, GROUPS[1], 3)


def test_image_and_version_are_taken_over() -> None:
    made = wish({"kube_tag": "v1.34.2"}, flavor_id="m1.large")
    assert made == {
        "template": "t2",
        "labels": {"kube_tag": "v1.34.2"},
        "image": "new",
        "version": "1.34.2",
        "model": "",
        "max_unavailable": "3",
        "group": "",
    }


def test_the_version_may_be_the_images() -> None:
    assert wish()["version"] == ""


def test_a_model_is_named_where_it_is_another_one() -> None:
    assert wish({"bay_model": "kubernetes-ha"})["model"] == "kubernetes-ha"
    assert wish({"bay_model": "kubernetes"})["model"] == ""


def test_a_group_of_its_own_is_named_as_the_bay_calls_it() -> None:
    for name, expected in (("gpu", "gpu"), ("GPU_Nodes", "g6b0d0d3e9f2c")):
        made = upgrade_of(CLUSTER, (TEMPLATE, TEMPLATE), GROUPS, group(name), None)
        assert (made["group"], made["max_unavailable"]) == (expected, "")


@pytest.mark.parametrize(
    ("template", "named"),
    [
        ({"labels": {"bay_coe": "swarm"}}, "is of swarm, and the cluster of kubernetes"),
        ({"labels": {"bay_model": "mesos"}}, "is of mesos"),
        ({"driver": "k8s_fedora_coreos_v1"}, "of the driver k8s_fedora_coreos_v1"),
        ({"labels": {"no_such_label": "1"}}, "label no_such_label"),
        ({"tls_disabled": True}, "template tls_disabled=true"),
    ],
)
def test_a_template_that_a_cluster_cannot_follow_is_refused(template: dict[str, Any], named: str) -> None:
    with pytest.raises(BayError, match=named):
        wish(**template)


@pytest.mark.parametrize(
    ("own", "before", "after", "expected"),
    [
        (None, {"a": "1"}, {"a": "2"}, {"a": "2"}),
        ({"a": "1"}, {"a": "1"}, {"a": "2", "b": "1"}, {"a": "2", "b": "1"}),
        ({"a": "1", "c": "3"}, {"a": "1"}, {"a": "2"}, {"a": "2", "c": "3"}),
        ({"a": "1", "c": "3"}, {"a": "1"}, {}, {"c": "3"}),
        ({"c": "3"}, {"a": "1"}, {"a": "2"}, {"c": "3"}),
        ({"kube_tag": "v1.33.6", "c": "3"}, {"a": "1"}, {"kube_tag": "v1.34.2"}, {"kube_tag": "v1.34.2", "c": "3"}),
        ({"kube_tag": "v1.33.6", "c": "3"}, {"a": "1"}, {}, {"c": "3"}),
        ({"c": "3"}, None, None, {"c": "3"}),
    ],
    ids=[
        *("none said", "the template's", "merged", "merged and gone", "of its own alone"),
        *("with a version", "a version that the image brings", "templates without"),
    ],
)
def test_labels_that_came_of_the_template_follow_it(own: Any, before: Any, after: Any, expected: Any) -> None:
    assert labels_after({"labels": own}, {"labels": before}, {"labels": after}) == expected
