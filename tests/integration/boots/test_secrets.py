"""Who finds keys, passwords and join credentials on a server: root alone.

Tried on two masters, one of which began the cluster, and a node of each engine: by a user without rights, in a
container, in one with the host's network (whose root reaches the metadata service: docs/security.md), and as a control
by root. Not in containers of Mesos: who runs tasks there is root on the nodes anyway.
"""

import base64
import json
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bay.components.node.proof import proof, proof_key
from bay.sandbox.services.sandbox_services.nodes import namespaces
from bay.sandbox.services.sandbox_services.nodes.names import Names
from tests.integration.boots.standing import SERVERS, Standing
from tests.integration.boots.story import comes
from tests.waiting import eventually

pytestmark = [
    pytest.mark.boot,
    pytest.mark.sandbox,
    pytest.mark.long,
    pytest.mark.timeout(900, func_only=True),
    pytest.mark.parametrize("standing", ["swarm", "kubernetes-virtual-ip", "mesos"], indirect=True, scope="session"),
]

PLACES = ("master-0", "master-1", "node-0")
NOBODY = "nobody"
PATTERNS = "/run/bay-patterns"
"""What is looked for; readable by all, and left out of the search."""
PUBLIC = ("_cert", "_public_key")
FILES = f"""find / \\( -path /proc -o -path /sys -o -path /dev -o -path {PATTERNS} \\) -prune \\
    -o -type f -newerct {{since}} -readable -print0 2>/dev/null"""
"""What is on a server since it is one; an image holds no secrets of a bay."""
COPIES = r"""find / \( -path /proc -o -path /sys -o -path /usr \) -prune -o \( -path '*config_drive*' \
    -o -name 'user-data*' -o -name 'user_data*' -o -name 'vendor-data*' -o -name obj.pkl \
    -o -name instance-data-sensitive.json \) -type f -size +0 -readable -print 2>/dev/null"""
"""Of user data: what Nova gave, and what cloud-init keeps of it."""
METADATA = "http://169.254.169.254/openstack/latest/user_data"
HANDED_OUT = "user data of a server"
CONTAINER = "docker run --detach {options} localhost/bay/web:1"
POD = {"containers": [{"name": "web", "image": "localhost/bay/web:1", "imagePullPolicy": "IfNotPresent"}]}


def secrets(bay: Standing) -> dict[str, str]:
    """Name -> what a search finds of it: all that the identity holds and is not public, and the user's password."""
    exported = bay.user.shell(f"pulumi stack export --show-secrets --stack {bay.name}", bay=bay.name)
    assert exported.code == 0, exported.err
    resources = json.loads(exported.out)["deployment"]["resources"]
    identity = next(one for one in resources if one["type"] == "pulumi-python:dynamic/bay:Identity")
    generation = json.loads(identity["outputs"]["generations"]["plaintext"])[0]
    login = yaml.safe_load(bay.user.sandbox.clouds_file.read_text())["clouds"]["sandbox"]["auth"]
    words = {f"word of {place}": proof(proof_key(generation), f"{bay.name}-{place}") for place in SERVERS}
    return {**dict(_private(generation)), **words, "proof_key": proof_key(generation), "password": login["password"]}


def _private(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        if isinstance(value, dict):
            yield from _private(value)
        elif isinstance(value, str) and "PRIVATE KEY" in value:
            lines = [line for line in value.strip().splitlines() if "-----" not in line]
            yield name, lines[len(lines) // 2]
        elif isinstance(value, str) and len(value) > 15 and not name.endswith((*PUBLIC, "_at")) and " " not in value:
            yield name, value.strip()


JOIN_TOKENS = {"swarm": "docker swarm join-token --quiet worker; docker swarm join-token --quiet manager"}
"""Prints, on a master, what the engine itself lets servers in by; a master of Kubernetes has no tokens to give."""


def join_tokens(bay: Standing) -> dict[str, str]:
    """Those that are good now."""
    if bay.engine not in JOIN_TOKENS:
        return {}
    found = bay.inside("master-0", JOIN_TOKENS[bay.engine]).split()
    return {f"join token {number}": token for number, token in enumerate(found)}


def forms(secret: str) -> list[str]:
    """As it is, and in base64 whatever stands before it."""
    shifted = (base64.b64encode(b"x" * offset + secret.encode()).decode()[4:-4] for offset in range(3))
    return [secret, *shifted]


@pytest.fixture(scope="module")
def patterns(standing: Standing) -> dict[str, str]:
    """The secrets, by name; their forms lie on each server as a file for `grep`."""
    tokens = join_tokens(standing)
    assert bool(tokens) is (standing.engine == "swarm")
    found = {**secrets(standing), **tokens}
    assert {"ca_key", "client_key", "join_node_key", "join_master_key", "password"} <= set(found)
    text = "\n".join(form for secret in found.values() for form in forms(secret))
    for place in PLACES:
        standing.inside(place, f"umask 022; echo {shlex.quote(text)} > {PATTERNS}")
    return found


def search(bay: Standing, place: str, user: str) -> tuple[int, list[str]]:
    """How many files were looked into, and those with a secret."""
    files = FILES.format(since=bay.server(place).created_at)
    count = bay.inside(place, f"{files} | tr -dc '\\0' | wc -c", user)
    hits = bay.inside(place, f"{files} | xargs -0 -r grep -laF -f {PATTERNS} 2>/dev/null", user)
    return int(count), hits.splitlines()


@pytest.mark.parametrize("place", PLACES)
def test_a_user_without_rights_finds_no_secret(standing: Standing, patterns: dict[str, str], place: str) -> None:
    count, hits = search(standing, place, NOBODY)
    control, found = search(standing, place, "root")
    print(f"{standing.kind} {place}: {len(patterns)} secrets; {NOBODY} reads {count} new files, root {control}")
    assert found, "the search finds nothing at all"
    assert hits == []
    assert count > 20
    seen = "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null"
    assert int(standing.inside(place, f"{seen} | wc -c", NOBODY)) > 100
    assert standing.inside(place, f"{seen} | grep -acF -f {PATTERNS}", NOBODY) == "0"


@pytest.mark.parametrize("place", PLACES)
def test_a_user_without_rights_reads_no_user_data(standing: Standing, place: str) -> None:
    assert standing.inside(place, COPIES, NOBODY) == ""
    assert "user_data" in standing.inside(place, COPIES)
    assert (
        standing.inside(
            place,
            "find /etc/bay -name '*key*' -type f -readable ! -name '*.pub' ! -name executor-key.pem 2>/dev/null",
            NOBODY,
        )
        == ""
    )


@pytest.fixture(scope="module")
def containers(standing: Standing) -> dict[tuple[str, str], int]:
    """(server, "plain" or "host") -> process, as the server numbers it, of a container whose user is root."""
    if standing.engine == "kubernetes":
        _daemon_sets(standing)
    elif standing.engine == "swarm":
        for place in PLACES:
            for options in ("", "--network host"):
                standing.inside(place, CONTAINER.format(options=options))
    else:
        return {}  # also the metadata service is then tried without them
    found: dict[tuple[str, str], int] = {}

    def seen() -> bool:
        for place in PLACES:
            own = standing.inside(place, "readlink /proc/1/ns/net")
            for process in standing.inside(place, "pgrep -x web").split():
                net = standing.inside(place, f"readlink /proc/{process}/ns/net")
                found[place, "host" if net == own else "plain"] = int(process)
        return len(found) == 2 * len(PLACES)

    eventually(seen, 180)
    return found


def _daemon_sets(bay: Standing) -> None:
    bay.type(
        "kubectl create namespace open; kubectl label namespace open pod-security.kubernetes.io/enforce=privileged"
    )
    for name, host in (("plain", False), ("host", True)):
        spec = {**POD, "hostNetwork": host, "tolerations": [{"operator": "Exists"}]}
        labels = {"app": name}
        template = {"metadata": {"labels": labels}, "spec": spec}
        document = {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": {"name": name},
            "spec": {"selector": {"matchLabels": labels}, "template": template},
        }
        bay.type(f"printf %s '{json.dumps(document)}' | kubectl apply --namespace open -f -")
        bay.type(f"kubectl rollout status daemonset/{name} --namespace open --timeout=150s")


def test_containers_find_no_secret(
    standing: Standing, patterns: dict[str, str], containers: dict[tuple[str, str], int]
) -> None:
    if not containers:
        pytest.skip("who runs tasks on Mesos is root on the nodes")
    for (place, kind), process in containers.items():
        tree = f"-H /proc/{process}/root"  # -H: it is a link
        files = f"find {tree} -path '*/proc' -prune -o -path '*/sys' -prune -o -type f -print0 2>/dev/null"
        count = int(standing.inside(place, f"{files} | tr -dc '\\0' | wc -c"))
        hits = standing.inside(place, f"{files} | xargs -0 -r grep -laF -f {PATTERNS} 2>/dev/null")
        assert (count > 0, hits) == (True, ""), (place, kind)
        environment = f"cat /proc/{process}/environ /proc/{process}/cmdline | grep -acF -f {PATTERNS}"
        assert standing.inside(place, environment) == "0"
        print(f"{standing.kind} {place}: {len(patterns)} secrets, {count} files of the {kind} container, none found")


def test_only_root_reaches_the_metadata_service(
    standing: Standing, containers: dict[tuple[str, str], int], metadata: None
) -> None:
    for place in PLACES:
        ask = f"curl --silent --max-time 3 {METADATA} || echo refused"
        comes(HANDED_OUT, lambda place=place, ask=ask: standing.inside(place, ask), 30)
        assert standing.inside(place, ask, NOBODY) == "refused", place
    for (place, kind), process in containers.items():
        enter = f"nsenter --target {process} --net --mount --pid"
        got = standing.inside(place, f"{enter} /usr/local/bin/web get {METADATA} 2>/dev/null || echo refused")
        assert got == (HANDED_OUT if kind == "host" else "refused"), (place, kind)
        user = f"nsenter --target {process} --net setpriv --reuid=65534 --regid=65534 --clear-groups"
        got = standing.inside(place, f"{user} curl --silent --max-time 3 {METADATA} || echo refused")
        assert got == "refused", (place, kind, "a user who is not root")


@pytest.fixture
def metadata(standing: Standing, tmp_path: Path) -> Iterator[None]:
    """A metadata service where Neutron's agent would be, at the router: the sandbox has none."""
    router = standing.cloud.network.find_router(standing.name, ignore_missing=False)
    namespace = Names.of(standing.user.sandbox.state.absolute()).router(router.id)
    file = tmp_path / METADATA.partition("169.254.169.254/")[2]
    file.parent.mkdir(parents=True)
    file.write_text(HANDED_OUT)
    address = ("169.254.169.254/32", "dev", "lo")
    subprocess.run(["ip", "-n", namespace, "address", "add", *address], check=True)
    words = [sys.executable, "-m", "http.server", "80", "--bind", "169.254.169.254", "--directory", str(tmp_path)]
    with subprocess.Popen(
        ["nsenter", f"--net={namespaces.path(namespace)}", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        yield
        server.kill()
    subprocess.run(["ip", "-n", namespace, "address", "del", *address], check=True)
