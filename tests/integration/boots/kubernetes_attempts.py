"""What root on a worker of Kubernetes tries, by what it has: keys of the door, its certificate, tokens of its pods."""

import json
from typing import Any

from tests.integration.boots.attacks import ATTACKER, VICTIM, Attempt, at_the_door
from tests.integration.boots.standing import Standing

FORBIDDEN = r"(?i)forbidden|denied|cannot"
ISSUED = r"^state:.*Approved"
NOT_ISSUED = r"^state:$|(?i:forbidden|denied)"


def attempts(bay: Standing) -> list[Attempt]:
    """All of them."""
    return [
        *at_the_door(bay.name, "certificate", lambda name: f'"$(of {name})"'),
        *_certificates(bay),
        *_as_kubelet(bay),
        *_as_network(bay),
        *_at_ports(bay),
    ]


def _certificates(bay: Standing) -> list[Attempt]:
    own = 'join certificate "$NAME" "$PROOF" "$(of "$NAME")"'
    in_again = 'member certificate "$NAME" "$PROOF" "$(of "$NAME")"'

    def at_door(subject: str) -> str:
        return f'join certificate "$NAME" "$PROOF" "$(csr {subject})"'

    master, victim = f"{bay.name}-master-0", f"{bay.name}-{VICTIM}"
    subjects = (
        f"/O=system:nodes/CN=system:node:{victim}",
        f"/O=system:nodes/CN=system:node:{master}",
        f"/O=system:masters/CN=system:node:{bay.name}-{ATTACKER}",
        f"/O=system:nodes/O=system:masters/CN=system:node:{bay.name}-{ATTACKER}",
        "/O=system:masters/CN=kubernetes-admin",
    )
    renewal = 'certified kubelet "/O=system:nodes/CN=system:node:$NAME"'
    return [
        *(
            Attempt(f"have {subject} signed at the door", at_door(subject), control=own, ends=True)
            for subject in subjects
        ),
        Attempt("be let in by the key that stays", in_again, control=own, ends=True),
        *(
            Attempt(
                f"have {subject} approved as a renewal",
                f'certified kubelet "{subject}"',
                NOT_ISSUED,
                control=renewal,
                works=ISSUED,
            )
            for subject in subjects
        ),
        Attempt(
            "have an administrator's certificate signed",
            'certified kubelet "/O=kubeadm:cluster-admins/CN=me" kube-apiserver-client',
            NOT_ISSUED,
            control=renewal,
            works=ISSUED,
        ),
        *(
            Attempt(
                f"become {name} by a bootstrap token, where kubeadm's rights for it are back",
                f'certified bootstrap "/O=system:nodes/CN=system:node:{name}"',
                r"nodes get in by the masters' door",
                works=ISSUED,
                without="policies",
            )
            for name in (victim, master)
        ),
        Attempt(
            "approve its own request",
            """name=stolen-$RANDOM; request $name /CN=me kube-apiserver-client | kubelet create -f - >/dev/null
            kubelet certificate approve $name""",
            FORBIDDEN,
            control=renewal,
            works=ISSUED,
        ),
    ]


def _as_kubelet(bay: Standing) -> list[Attempt]:
    """By the worker's own certificate."""
    victim, master = f"{bay.name}-{VICTIM}", f"{bay.name}-master-0"
    label = "kubelet label --overwrite node"
    own_label = f'{label} "$NAME" topology.kubernetes.io/zone=here'
    own_secret, own_token = f"kubelet get secret of-{ATTACKER}", f"of-{ATTACKER}"
    own_uid = "$(kubelet get pod of-{place} --output 'jsonpath={{.metadata.uid}}' | sed 's/code .*//')"

    def token(place: str) -> str:
        bound = f'--bound-object-kind Pod --bound-object-name of-{place} --bound-object-uid "$uid"'
        return f"uid={own_uid.format(place=place)}; kubelet create token of-{place} {bound}"

    mirror = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "mirror", "annotations": {"kubernetes.io/config.mirror": "x"}},
        "spec": {"containers": [{"name": "web", "image": "localhost/bay/web:1"}]},
    }

    def created(document: dict[str, Any]) -> str:
        return f"kubelet create -f - <<'END'\n{json.dumps(document)}\nEND"

    def on(node: str, **more: Any) -> dict[str, Any]:
        return {**mirror, "spec": {**mirror["spec"], "nodeName": node, **more}}  # type: ignore[dict-item]

    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"{bay.name}-node-9"}}
    whoami = "kubelet auth whoami"
    secret_works = rf"^of-{ATTACKER} "
    return [
        Attempt(
            "read a secret of another's pod", f"kubelet get secret of-{VICTIM}", FORBIDDEN, own_secret, secret_works
        ),
        Attempt("list secrets", "kubelet get secrets --namespace kube-system", FORBIDDEN, own_secret, secret_works),
        Attempt("get a token of another's pod", token(VICTIM), FORBIDDEN, token(ATTACKER), r"^ey"),
        Attempt(
            f"get a token of {own_token} for no pod",
            f"kubelet create token {own_token}",
            FORBIDDEN,
            token(ATTACKER),
            r"^ey",
        ),
        *(
            Attempt(f"give itself the label {one}", f'{label} "$NAME" {one}', FORBIDDEN, control=own_label)
            for one in ("node-role.kubernetes.io/control-plane=", "node-restriction.kubernetes.io/x=y")
        ),
        *(
            Attempt(
                f"give {name} a label", f"{label} {name} topology.kubernetes.io/zone=x", FORBIDDEN, control=own_label
            )
            for name in (victim, master)
        ),
        *(
            Attempt(f"remove {name}", f"kubelet delete node {name}", FORBIDDEN, control=own_label)
            for name in (victim, master)
        ),
        Attempt("make a node", created(node), FORBIDDEN, control=own_label),
        Attempt("delete another's pod", f"kubelet delete pod of-{VICTIM} --wait=false", FORBIDDEN, control=own_label),
        Attempt("put a pod on another", created(on(victim)), FORBIDDEN, control=whoami),
        Attempt(
            "put a pod on itself that has an account",
            created(on(f"{bay.name}-{ATTACKER}", serviceAccountName="default")),
            FORBIDDEN,
            control=whoami,
        ),
        Attempt("be somebody else", "kubelet --as kubernetes-admin get nodes", FORBIDDEN, control=whoami),
        Attempt(
            "make itself an administrator",
            "kubelet create clusterrolebinding x --clusterrole=cluster-admin --user=x",
            FORBIDDEN,
            control=whoami,
        ),
    ]


def _as_network(bay: Standing) -> list[Attempt]:
    """By the token of flannel's pod on the worker."""
    victim, own = f"{bay.name}-{VICTIM}", f"{bay.name}-{ATTACKER}"
    master_label = {"metadata": {"labels": {"node-role.kubernetes.io/control-plane": ""}}}
    address = {"status": {"addresses": [{"type": "InternalIP", "address": "10.80.0.250"}]}}
    annotation = {"metadata": {"annotations": {"flannel.alpha.coreos.com/public-ip-overwrite": "10.80.0.250"}}}

    def patch(name: str, change: dict[str, Any]) -> str:
        return f"patch {name} '{json.dumps(change)}'"

    taken: dict[str, Any] = {
        "refused": r"ValidatingAdmissionPolicy 'bay-own-node'",
        "works": "^http 200",
        "without": "policies",
    }
    return [
        Attempt("label itself as a master by the network's account", patch(own, master_label), **taken),
        Attempt("label another as a master by the network's account", patch(victim, master_label), **taken),
        Attempt("give itself another's address by the network's account", patch(own, address), **taken),
        Attempt("give another an address by the network's account", patch(victim, address), **taken),
        Attempt("send another's packets elsewhere by the network's account", patch(victim, annotation), **taken),
        Attempt(
            "do by the network's account what that need not",
            f"network delete node {victim}",
            FORBIDDEN,
            control=patch(own, {"metadata": {"annotations": {"flannel.alpha.coreos.com/note": "x"}}}),
            works="^http 200",
        ),
    ]


def _at_ports(bay: Standing) -> list[Attempt]:
    """What listens on the other servers; each answers the same question where it comes from a proper place."""
    victim = bay.address(VICTIM)
    own = 'ask "https://127.0.0.1:10250/healthz"'
    probe = 'timeout 3 bash -c "</dev/tcp/$MASTER/{port}" 2>&1 && echo open || echo closed'
    return [
        Attempt("read another's pods at its kubelet", f'ask "https://{victim}:10250/pods"', "^http 403", own, "^http"),
        Attempt("read a master's pods at its kubelet", 'ask "https://$MASTER:10250/pods"', "^http 403", own, "^http"),
        *(
            Attempt(
                f"reach port {port} of a master", probe.format(port=port), "^closed", probe.format(port=6443), "^open"
            )
            for port in (2379, 2380, 10257, 10259)
        ),
        Attempt(
            "read the cluster's data without a name",
            '"${C[@]}" "https://$BAY_CLUSTER/api/v1/namespaces/kube-public/configmaps/cluster-info"',
            "^http 401",
            control='"${C[@]}" "https://$BAY_CLUSTER/readyz"',
            works="^ok",
        ),
    ]
