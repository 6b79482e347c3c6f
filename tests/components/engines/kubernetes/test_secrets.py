"""docs/security.md says who holds which secret of a Kubernetes bay; the rendered boot data agree."""

import re
from base64 import b64encode
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from bay.components.engines import Client, CloudLogin, Facts
from bay.components.node.credentials import Generation, new_generation
from bay.components.node.user_data import user_data
from tests.components.engines.door import retired_keys
from tests.components.engines.kubernetes.facts import KUBERNETES, files, kubernetes_facts, kubernetes_keys
from tests.paths import DOCS

PAGE = (DOCS / "security.md").read_text()
SECTION = PAGE.partition("\n## Kubernetes\n")[2].partition("\n## ")[0]
TABLE = {
    name: dict(zip(("master", "node", "client"), cells, strict=True))
    for name, *cells in re.findall(r"^\| `(\w+)` \|[^|]*\| (yes|no) \| (yes|no) \| (yes|no) \|$", SECTION, re.MULTILINE)
}
LOGIN = CloudLogin("https://cloud.example:5000", "north", "p1", "the-id", "the-credential-s-secret", "s1", "e1")


def holds(text: str, secret: str) -> bool:
    """PEM is indented where it stands in a document, and in base64 in a kubeconfig."""
    plain = re.sub(r"^ +", "", text, flags=re.MULTILINE)
    return secret.strip() in plain or b64encode(secret.encode()).decode() in plain


def value(secret: str, generation: Generation) -> str:
    keys = kubernetes_keys(generation)
    return keys["engine"].get(secret) or str(keys[secret])  # type: ignore[literal-required]


def test_the_table_has_every_secret(facts: Facts, generation: Generation) -> None:
    made = new_generation("demo", 1, datetime.fromisoformat(facts.made_at), KUBERNETES.secrets)
    assert set(TABLE) == set(made) - {"phase", "serial", "engine"} | set(made["engine"])
    assert set(made["engine"]) == set(kubernetes_keys(generation)["engine"])


@pytest.mark.parametrize("role", ["master", "node"])
@pytest.mark.parametrize("secret", TABLE)
def test_a_server_is_given_what_the_table_says(role: str, secret: str, facts: Facts, generation: Generation) -> None:
    text = user_data(KUBERNETES, replace(kubernetes_facts(facts), group=role))
    assert holds(text, value(secret, generation)) is (TABLE[secret][role] == "yes")


@pytest.mark.parametrize("secret", TABLE)
def test_a_client_is_given_what_the_table_says(secret: str, generation: Generation) -> None:
    client = Client("demo", ("demo.example:6443",), [kubernetes_keys(generation)])
    text = "\n".join(KUBERNETES.client_files(client).values())
    assert holds(text, value(secret, generation)) is (TABLE[secret]["client"] == "yes")


@pytest.mark.parametrize("role", ["master", "node"])
def test_no_server_is_given_a_secret_of_another_generation(role: str, facts: Facts) -> None:
    given = kubernetes_facts(facts)
    (now,) = given.generations
    words = {key: f"retired {key}" for key in now if key not in ("phase", "serial")}
    old: Any = {**words, "engine": dict.fromkeys(now["engine"], "retired"), "phase": "previous", "serial": 0}
    text = user_data(KUBERNETES, replace(given, group=role, generations=[old, now]))
    assert set(re.findall(r"retired(?: \w+)?", text)) == retired_keys(role)


@pytest.mark.parametrize(
    "options", [{"cloud_provider": True}, {"volume_driver": "cinder"}, {"keystone_auth": True}, {"version": "1.33.1"}]
)
def test_only_masters_that_need_it_are_given_the_login_to_the_cloud(options: dict[str, Any], facts: Facts) -> None:
    given = replace(kubernetes_facts(facts, options=options), cloud=LOGIN)
    assert LOGIN.credential_secret not in user_data(KUBERNETES, replace(given, group="node"))
    wanted = bool({"cloud_provider", "volume_driver"} & set(options))
    assert (LOGIN.credential_secret in user_data(KUBERNETES, replace(given, group="master"))) is wanted
    assert KUBERNETES.wants_cloud(given.spec) is ("version" not in options)


def test_files_with_secrets_are_for_root_only(facts: Facts) -> None:
    given = replace(kubernetes_facts(facts, options={"cloud_provider": True}), cloud=LOGIN)
    secrets = ("PRIVATE KEY", LOGIN.credential_secret, given.generations[0]["engine"]["encryption"])
    found = [file for file in files(given, "master").values() if any(secret in file["content"] for secret in secrets)]
    assert {file["permissions"] for file in found} == {"0600"}
    assert len(found) == 7, "four keys of authorities and tokens, the join key, the encryption's and the cloud's"
