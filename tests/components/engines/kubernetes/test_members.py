"""A master of Kubernetes leaves etcd by a pod beside another member, after its pods, and before its Node goes."""

from typing import Any

import pytest

from bay.components.engines.kubernetes.members import KubernetesMembers
from bay.components.engines.members import Refused
from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec

MEMBERS = KubernetesMembers()
PODS = "/api/v1/namespaces/kube-system/pods"


class FakeKubernetes:
    """An `engines.members.Api`: nodes, etcd's members (name -> id) and pods on the nodes.

    etcdctl: where it ran, and how it was called. fails: that `etcdctl` does.
    """

    def __init__(self, *masters: str) -> None:
        self.ready = dict.fromkeys(masters, True)
        self.etcd = {name: f"8e9e05c52164694{number}" for number, name in enumerate(masters)}
        self.pods = {f"dns-{name}": name for name in masters}
        self.budget = 0
        self.cordoned: set[str] = set()
        self.etcdctl: list[str] = []
        self.said = ""
        self.fails = False
        self.left: list[str] = []

    def call(
        self, method: str, path: str, body: Any = None, *, content_type: str = "application/json", absent: Any = None
    ) -> Any:
        """As an API server answers."""
        match method, path.partition("?")[0].split("/")[3:]:
            case "GET", ["nodes"]:
                return {"items": [self._node(name) for name in self.ready]}
            case "PATCH", ["nodes", name]:
                if name not in self.ready:
                    return absent
                assert body == {"spec": {"unschedulable": True}}
                self.cordoned.add(name)
                return {"kind": "Node"}
            case "DELETE", ["nodes", name]:
                return absent if self.ready.pop(name, None) is None else {"kind": "Node"}
            case "GET", ["pods"]:
                return {"items": self._pods(path.rpartition("%3D")[2])}
            case "POST", ["namespaces", _, "pods", name, "eviction"]:
                if self.budget:
                    self.budget -= 1
                    raise Refused("HTTP 429: it would violate the pod's disruption budget")
                self.pods.pop(name)
            case "POST", ["namespaces", "kube-system", "pods"]:
                self.left.append(body["metadata"]["name"])
                self._run(body["spec"])
            case "GET", ["namespaces", "kube-system", "pods"]:
                spec = {"containers": [{"image": "etcd:3.6"}]}
                return {"items": [{"spec": {**spec, "nodeName": name}} for name in self.etcd]}
            case "GET", ["namespaces", "kube-system", "pods", _]:
                return {"status": {"phase": "Failed" if self.fails else "Succeeded"}}
            case "GET", ["namespaces", "kube-system", "pods", _, "log"]:
                return self.said
            case "DELETE", ["namespaces", "kube-system", "pods", name]:
                self.left.remove(name)
            case other:
                raise AssertionError(other)
        return {}

    def pause(self) -> None:
        """No time passes."""

    def _run(self, spec: dict[str, Any]) -> None:
        (container,) = spec["containers"]
        words = [word for word in container["command"] if not word.startswith("--")]
        assert (container["image"], spec["hostNetwork"], words[0]) == ("etcd:3.6", True, "etcdctl")
        self.etcdctl.append(f"{spec['nodeName']}: {' '.join(words[1:])}")
        if self.fails:
            self.said = "Error: etcdserver: unhealthy cluster\n"
        elif words[2] == "remove":
            self.etcd = {name: id for name, id in self.etcd.items() if id != words[3]}
        else:
            peer = "https://10.0.0.5:2380, https://10.0.0.5:2379, false"
            self.said = "".join(f"{id}, started, {name}, {peer}\n" for name, id in self.etcd.items())

    def _node(self, name: str) -> dict[str, Any]:
        ready = "True" if self.ready[name] else "False"
        return {"metadata": {"name": name}, "status": {"conditions": [{"type": "Ready", "status": ready}]}}

    def _pods(self, node: str) -> list[dict[str, Any]]:
        own = [name for name, on in self.pods.items() if on == node]
        bound: list[dict[str, Any]] = [
            {"name": "etcd", "annotations": {"kubernetes.io/config.mirror": "1"}},
            {"name": "proxy", "ownerReferences": [{"kind": "DaemonSet"}]},
        ]
        ended = {"metadata": {"name": "old", "namespace": "default"}, "status": {"phase": "Succeeded"}}
        there = [*bound, *({"name": name, "ownerReferences": [{"kind": "ReplicaSet"}]} for name in own)]
        running = {"phase": "Running"}
        return [ended, *({"metadata": {**one, "namespace": "default"}, "status": running} for one in there)]


def test_its_pods_go_then_etcd_goes_on_without_it_then_its_node_goes() -> None:
    api = FakeKubernetes("a", "b", "c")
    assert MEMBERS.masters(api) == {"a": True, "b": True, "c": True}
    assert MEMBERS.demote(api, "c") == "pods are evicted: dns-c"
    assert (api.cordoned, api.etcdctl) == ({"c"}, []), "not before they are gone"
    assert [MEMBERS.demote(api, "c") for _ in range(2)] == ["", ""]
    assert api.etcdctl == ["a: member list", "a: member remove 8e9e05c521646942", "a: member list"]
    assert (MEMBERS.forget(api, "c"), MEMBERS.forget(api, "c")) == ("its Node goes", "")
    assert (set(api.ready), set(api.etcd), api.pods, api.left) == (
        {"a", "b"},
        {"a", "b"},
        {"dns-a": "a", "dns-b": "b"},
        [],
    )


def test_a_budget_that_holds_a_pod_is_waited_for() -> None:
    api = FakeKubernetes("a", "b")
    api.budget = 2
    said = [MEMBERS.demote(api, "b") for _ in range(4)]
    assert said == ["pods are evicted: dns-b"] * 3 + [""]


def test_etcd_is_asked_where_a_master_is_ready() -> None:
    api = FakeKubernetes("a", "b", "c")
    api.ready["a"], api.pods = False, {}
    MEMBERS.demote(api, "c")
    assert api.etcdctl[0] == "b: member list"
    api.ready["b"] = False
    with pytest.raises(Refused, match="no other master is ready and runs etcd"):
        MEMBERS.demote(api, "c")


def test_what_etcd_refuses_is_told_and_leaves_no_pod() -> None:
    api = FakeKubernetes("a", "b")
    api.pods, api.fails = {}, True
    with pytest.raises(Refused, match="etcdctl member list on a: Error: etcdserver: unhealthy cluster"):
        MEMBERS.demote(api, "b")
    assert api.left == []


def test_one_that_is_out_already_is_let_go_without_a_word() -> None:
    api = FakeKubernetes("a")
    assert (MEMBERS.demote(api, "b"), MEMBERS.forget(api, "b")) == ("", "")


def bay(masters: int, endpoint: str) -> BaySpec:
    return build_spec([{"model": "kubernetes", "masters": {"count": masters}, "endpoint": {"kind": endpoint}}])


@pytest.mark.parametrize(("before", "after"), [(1, 3), (3, 1), (5, 1)])
def test_servers_that_were_told_one_way_to_the_api_keep_it(before: int, after: int) -> None:
    assert "at the address of a single master" in MEMBERS.fixed(bay(before, "masters"), bay(after, "masters"))
    for endpoint in ("virtual-ip", "load-balancer"):
        assert MEMBERS.fixed(bay(before, endpoint), bay(after, endpoint)) == ""
    assert MEMBERS.fixed(bay(3, "masters"), bay(5, "masters")) == ""
