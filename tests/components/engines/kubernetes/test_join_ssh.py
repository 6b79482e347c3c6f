"""What a join key opens on a master of Kubernetes, and what it does not; the door itself: common/test_door.py."""

import base64
import json
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.components.engines.door import HERE, furnish_door, knock
from tests.components.engines.kubernetes.machine import CERTIFICATE, KubernetesMachine

CONTROL_PLANE = '{"node-role.kubernetes.io/control-plane":""}'
MEMBERS = {
    "header": {"member_id": "1"},
    "members": [
        {"ID": "10276657743932975437", "name": "demo-master-0", "peerURLs": ["https://10.80.0.10:2380"]},
        {"ID": "20276657743932975437", "peerURLs": ["https://10.80.0.11:2380"], "isLearner": True},
    ],
}


@pytest.fixture
def master(tmp_path: Path) -> KubernetesMachine:
    machine = KubernetesMachine.make(tmp_path, "demo-master-0", member=True)
    furnish_door(machine)
    machine.write("members", json.dumps(MEMBERS, separators=(",", ":")))
    return machine


def request_for(*names: tuple[x509.ObjectIdentifier, str]) -> str:
    """A request for a certificate of that subject, as the scripts send it."""
    subject = x509.Name([x509.NameAttribute(key, value) for key, value in names])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    signed = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return base64.b64encode(signed.public_bytes(serialization.Encoding.DER)).decode()


def of_node(name: str, organisation: str = "system:nodes") -> str:
    return request_for((NameOID.ORGANIZATION_NAME, organisation), (NameOID.COMMON_NAME, f"system:node:{name}"))


def calls(master: KubernetesMachine) -> list[str]:
    """What kubectl was told, without the options that it always has."""
    return [call.partition("--request-timeout 20s ")[2] for call in master.calls("kubectl")]


@pytest.mark.parametrize(("role", "name"), [("node", "demo-node-0"), ("master", "demo-master-1")])
def test_a_key_gets_a_certificate_of_the_callers_own_name(master: KubernetesMachine, role: str, name: str) -> None:
    answer = knock(master, role, "certificate", name, of_node(name))
    assert (answer.returncode, answer.stdout) == (0, f"{CERTIFICATE}\n"), answer.stderr
    created = yaml.safe_load(master.read("created"))
    assert created["kind"] == "CertificateSigningRequest"
    assert created["spec"]["signerName"] == "kubernetes.io/kube-apiserver-client-kubelet"
    assert created["spec"]["usages"] == ["client auth", "digital signature"]
    asked = x509.load_pem_x509_csr(base64.b64decode(created["spec"]["request"]))
    assert asked.subject.rfc4514_string() == f"CN=system:node:{name},O=system:nodes"
    assert calls(master)[-1] == f"certificate approve {created['metadata']['name']}"


@pytest.mark.parametrize(
    "request_",
    [
        of_node("demo-node-1"),
        of_node("demo-master-0"),
        of_node("demo-node-0", "system:masters"),
        request_for((NameOID.COMMON_NAME, "system:node:demo-node-0")),
        request_for((NameOID.ORGANIZATION_NAME, "system:nodes")),
        request_for(
            (NameOID.ORGANIZATION_NAME, "system:nodes"),
            (NameOID.ORGANIZATION_NAME, "system:masters"),
            (NameOID.COMMON_NAME, "system:node:demo-node-0"),
        ),
        request_for(
            (NameOID.ORGANIZATION_NAME, "system:nodes"),
            (NameOID.COMMON_NAME, "system:node:demo-node-0"),
            (NameOID.COMMON_NAME, "system:node:demo-node-1"),
        ),
        request_for(
            (NameOID.COMMON_NAME, "system:node:demo-node-0"),
            (NameOID.ORGANIZATION_NAME, "system:nodes"),
        ),
        request_for((NameOID.COMMON_NAME, "system:node:demo-node-0,O=system:nodes")),
        base64.b64encode(b"no request").decode(),
        "====",
        "",
    ],
)
def test_a_certificate_of_any_other_subject_is_refused_and_nothing_is_touched(
    master: KubernetesMachine, request_: str
) -> None:
    answer = knock(master, "node", "certificate", argument=request_)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert calls(master) == []


@pytest.mark.parametrize(
    ("role", "name", "node", "code", "deleted"),
    [
        ("node", "demo-node-1", "RUnknown L{} 10.80.0.9", 0, ["delete node demo-node-1"]),
        ("node", "demo-node-1", "RFalse L{} 10.80.0.9", 0, ["delete node demo-node-1"]),
        ("node", "demo-node-1", "R L", 0, ["delete node demo-node-1"]),
        ("node", "demo-node-0", "RTrue L{} 10.80.0.9", 4, []),
        ("node", "demo-node-0", "RTrue L{} 10.80.0.9 fd00::9", 4, []),
        # The same server, whose disk is new.
        ("node", "demo-node-0", f"RTrue L{{}} {HERE}", 0, ["delete node demo-node-0"]),
        ("node", "demo-node-7", "", 0, ["delete node demo-node-7"]),
        ("node", "demo-node-1", f"RUnknown L{CONTROL_PLANE} 10.80.0.11", 2, []),
        ("master", "demo-master-1", f"RUnknown L{CONTROL_PLANE} 10.80.0.11", 0, ["delete node demo-master-1"]),
        ("master", "demo-master-1", f"RTrue L{CONTROL_PLANE} 10.80.0.11", 4, []),
    ],
)
@pytest.mark.parametrize("verb", ["forget", "certificate"])
def test_no_entry_is_removed_that_is_up_somewhere_else_and_masters_only_for_masters(
    master: KubernetesMachine, verb: str, role: str, name: str, node: str, code: int, deleted: list[str]
) -> None:
    master.write("node", node)
    answer = knock(master, role, verb, name, of_node(name) if verb == "certificate" else "")
    assert answer.returncode == code, answer.stderr
    assert [call for call in calls(master) if "delete" in call] == [f"{call} --ignore-not-found" for call in deleted]
    assert (answer.stdout == f"{CERTIFICATE}\n") is (verb == "certificate" and code == 0)


def test_a_master_built_anew_loses_its_place_in_etcd_even_if_it_never_had_a_name(master: KubernetesMachine) -> None:
    master.write("node", f"RUnknown L{CONTROL_PLANE}")
    assert knock(master, "master", "forget", "demo-master-1").returncode == 0
    (call,) = master.calls("curl")
    assert '--data {"ID":"20276657743932975437"} https://127.0.0.1:2379/v3/cluster/member/remove' in call


def test_a_master_without_a_place_in_etcd_has_none_to_lose(master: KubernetesMachine) -> None:
    assert knock(master, "master", "forget", "demo-master-2").returncode == 0
    assert master.calls("curl") == []


def test_one_that_came_later_than_this_master_is_known_by_its_address(master: KubernetesMachine) -> None:
    """Masters keep the list of those that there were when they were created."""
    later = {"ID": "30276657743932975437", "name": "demo-master-4", "peerURLs": [f"https://{HERE}:2380"]}
    members = {**MEMBERS, "members": [*MEMBERS["members"], later]}
    master.write("members", json.dumps(members, separators=(",", ":")))
    assert knock(master, "master", "forget", "demo-master-4").returncode == 0
    (call,) = master.calls("curl")
    assert '--data {"ID":"30276657743932975437"} https://127.0.0.1:2379/v3/cluster/member/remove' in call


def test_a_node_moves_nobody_out_of_etcd(master: KubernetesMachine) -> None:
    assert knock(master, "node", "forget", "demo-node-1").returncode == 0
    assert master.calls("curl") == []


@pytest.mark.parametrize(("left", "code"), [("", 3), ("etc/bay/attempt", 5), ("var/lib/etcd/member/wal", 5)])
def test_a_master_without_a_cluster_says_so_and_one_in_trouble_says_something_else(
    master: KubernetesMachine, left: str, code: int
) -> None:
    (master.folder / "etc/bay/member").unlink()
    if left:
        master.write(left, "")
    asked = knock(master, "master", "certificate", "demo-master-1", of_node("demo-master-1"))
    assert asked.returncode == code


@pytest.mark.parametrize("fails", ["create", "approve", "get certificatesigningrequests"])
def test_a_master_whose_api_is_down_does_not_say_that_it_has_no_cluster(master: KubernetesMachine, fails: str) -> None:
    master.fake("kubectl", f'case "$*" in *"{fails}"*) exit 1 ;; esac\n')
    assert knock(master, "node", "certificate", argument=of_node("demo-node-0")).returncode == 5


def test_a_certificate_that_the_controllers_do_not_sign_is_not_given(master: KubernetesMachine) -> None:
    (master.folder / "certificate").unlink()
    answer = knock(master, "node", "certificate", argument=of_node("demo-node-0"))
    assert (answer.returncode, answer.stdout) == (5, "")
    assert len(master.calls("sleep")) == 7


def test_a_master_whose_etcd_is_down_removes_nothing_and_says_so(master: KubernetesMachine) -> None:
    (master.folder / "members").unlink()
    assert knock(master, "master", "forget", "demo-master-1").returncode == 5
    assert [call for call in calls(master) if "delete" in call] == []


@pytest.mark.parametrize("verb", ["token", "drain", "wake"])
def test_what_is_of_another_engine_or_role_is_refused(master: KubernetesMachine, verb: str) -> None:
    assert knock(master, "node", verb, argument="20").returncode == 2
    assert calls(master) == []
    assert master.calls("kubeadm") == []


def test_a_master_that_cannot_ask_for_the_entry_removes_nothing(master: KubernetesMachine) -> None:
    master.fake("kubectl", 'note\ncase "$*" in *"get node"*) exit 1 ;; esac\n')
    assert knock(master, "node", "forget", "demo-node-1").returncode == 5
    assert [call for call in calls(master) if "delete" in call] == []
