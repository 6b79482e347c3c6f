"""What the boot data of a Kubernetes bay is made of in tests: fixed, fake keys."""

from dataclasses import replace
from typing import Any

from bay.components.engines import ENGINES, Facts
from bay.components.node import certificates
from bay.components.node.credentials import Generation
from bay.components.node.user_data import user_data
from bay.components.spec.merge import build_spec
from tests import quick_yaml
from tests.components.engines.conftest import MADE_AT, key

KUBERNETES = ENGINES["kubernetes"]
LIBRARY = "/usr/local/lib/bay"


def kubernetes_keys(generation: Generation) -> Generation:
    """The keys that Kubernetes asks for beside those of every bay."""
    etcd, front_proxy = key(2001), key(2002)
    own = {
        "etcd_key": etcd,
        "etcd_cert": certificates.authority(etcd, "demo etcd", MADE_AT),
        "front_proxy_key": front_proxy,
        "front_proxy_cert": certificates.authority(front_proxy, "demo front_proxy", MADE_AT),
        "service_account_key": key(2003),
        "encryption": "ZmFrZSBlbmNyeXB0aW9uIGtleSBvZiAzMiBieXRlcyE=",
    }
    return {**generation, "engine": own}


def kubernetes_facts(facts: Facts, **values: Any) -> Facts:
    """Facts of a bay like `facts`, but of Kubernetes; values: more of its spec."""
    spec = build_spec([{"model": "kubernetes-ha", **values}])
    return replace(facts, spec=spec, generations=[kubernetes_keys(facts.generations[0])])


def alone(facts: Facts) -> Facts:
    """With the first master only."""
    one = {"master_names": facts.master_names[:1], "master_addresses": facts.master_addresses[:1]}
    return replace(facts, **one, api_names=facts.api_names[:1])


def document(facts: Facts, role: str) -> dict[str, Any]:
    """The cloud-init document of a server."""
    return dict(quick_yaml.load(user_data(KUBERNETES, replace(facts, group=role))))


def files(facts: Facts, role: str) -> dict[str, dict[str, str]]:
    """Its files by their paths."""
    return {file["path"]: file for file in document(facts, role)["write_files"]}


def documents(facts: Facts, path: str, role: str = "master") -> list[Any]:
    """What the YAML file at `path` holds."""
    return quick_yaml.load_all(files(facts, role)[path]["content"])
