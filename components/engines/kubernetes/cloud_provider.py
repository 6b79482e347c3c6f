"""The cloud's own load balancers and volumes: cloud-provider-openstack, as its own project installs it (1.34).

Its login is in a Secret that only pods on masters mount; a node's part of Cinder's driver needs none.
"""

from typing import Any

from bay.components.engines import CloudLogin
from bay.components.engines.kubernetes.manifests import (
    KUBERNETES_IMAGES,
    Document,
    account,
    host_paths,
    host_pod,
    image,
    metadata,
    mounts,
    rule,
    workload,
)
from bay.components.engines.kubernetes.options import KubernetesOptions

MANAGER = "openstack-cloud-controller-manager"
CONTROLLER, NODE = "csi-cinder-controllerplugin", "csi-cinder-nodeplugin"
DRIVER = "cinder.csi.openstack.org"
SOCKETS = f"/var/lib/kubelet/plugins/{DRIVER}"
ON_MASTERS = {
    "nodeSelector": {"node-role.kubernetes.io/control-plane": ""},
    "tolerations": [{"operator": "Exists"}],
}
CONFIG = {"name": "config", "secret": {"secretName": "cloud-config"}}
CONFIG_FILE = "--cloud-config=/etc/config/cloud.conf"
TRUST = host_paths({"trust": "/etc/ssl/certs"})


def manifests(options: KubernetesOptions, login: CloudLogin, bay_id: str) -> list[Document]:
    """What the options ask for. bay_id: the mark by which load balancers and volumes can be told to be the bay's."""
    found: list[Document] = [_secret(login)]
    if options.cloud_provider:
        found += [*account(MANAGER, _manager_rules()), workload("DaemonSet", MANAGER, _manager(options, bay_id))]
    if options.volume_driver == "cinder":
        found += [
            _driver(),
            _storage_class(),
            *account(CONTROLLER, _controller_rules()),
            workload("Deployment", CONTROLLER, _controller(options, bay_id), replicas=1),
            *account(NODE, [rule("", "events", "get list watch create update patch")]),
            workload("DaemonSet", NODE, _node(options)),
        ]
    return found


def _secret(login: CloudLogin) -> Document:
    network = {"subnet-id": login.subnet_id, "floating-network-id": login.external_network_id}
    sections = {
        "Global": {
            "auth-url": login.auth_url,
            "region": login.region,
            "application-credential-id": login.credential_id,
            "application-credential-secret": login.credential_secret,
        },
        "LoadBalancer": {name: value for name, value in network.items() if value},
    }
    text = "".join(
        f"[{name}]\n" + "".join(f'{k}="{v}"\n' for k, v in values.items()) for name, values in sections.items()
    )
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata("cloud-config"),
        "stringData": {"cloud.conf": text},
    }


def _manager_rules() -> list[Document]:
    return [
        rule("coordination.k8s.io", "leases", "get create update"),
        rule("", "events", "create patch update"),
        rule("", "nodes", "*"),
        rule("", "nodes/status services/status", "patch"),
        rule("", "services", "list patch update watch"),
        rule("", "serviceaccounts", "create get"),
        rule("", "serviceaccounts/token", "create"),
        rule("", "endpoints", "create get list watch update"),
        rule("", "configmaps secrets", "get list watch"),
    ]


def _manager(options: KubernetesOptions, bay_id: str) -> Document:
    command = f"/bin/{MANAGER} --v=1 --cluster-name={bay_id} {CONFIG_FILE} --cloud-provider=openstack"
    run = {
        "name": MANAGER,
        "image": _image(options, f"provider-os/{MANAGER}", options.versions.cloud_provider),
        "args": [*command.split(), "--use-service-account-credentials=false", "--bind-address=127.0.0.1"],
        "volumeMounts": mounts({"config": "/etc/config", "trust": "/etc/ssl/certs"}),
    }
    pod = host_pod(MANAGER, **ON_MASTERS, containers=[run], volumes=[CONFIG, *TRUST])
    return {**pod, "securityContext": {"runAsUser": 1001}}


def _driver() -> Document:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSIDriver",
        "metadata": {"name": DRIVER},
        "spec": {"attachRequired": True, "podInfoOnMount": True, "volumeLifecycleModes": ["Persistent", "Ephemeral"]},
    }


def _storage_class() -> Document:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "cinder", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": DRIVER,
        "allowVolumeExpansion": True,
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def _controller_rules() -> list[Document]:
    read, storage = "get list watch", "storage.k8s.io"
    return [
        rule("", "persistentvolumes", f"{read} create delete patch"),
        rule("", "persistentvolumeclaims", f"{read} update"),
        rule("", "persistentvolumeclaims/status", "patch"),
        rule("", "nodes pods", read),
        rule("", "events", "list watch create update patch"),
        rule(storage, "storageclasses csinodes", read),
        rule(storage, "volumeattachments", f"{read} patch"),
        rule(storage, "volumeattachments/status", "patch"),
        rule("coordination.k8s.io", "leases", f"{read} delete update create"),
    ]


def _controller(options: KubernetesOptions, bay_id: str) -> Document:
    versions, elected = options.versions, ("--timeout=3m", "--leader-election=true")
    filesystem = "--default-fstype=ext4"
    provisioner = (*elected, filesystem, "--feature-gates=Topology=true", "--extra-create-metadata")
    plugin = _plugin(options, f"--cluster={bay_id}", CONFIG_FILE, "--provide-node-service=false", "--pvc-annotations")
    return {
        **ON_MASTERS,
        "serviceAccountName": CONTROLLER,
        "priorityClassName": "system-cluster-critical",
        "containers": [
            _sidecar(options, "csi-attacher", versions.csi_attacher, *elected, filesystem),
            _sidecar(options, "csi-provisioner", versions.csi_provisioner, *provisioner),
            _sidecar(options, "csi-resizer", versions.csi_resizer, *elected, "--handle-volume-inuse-error=false"),
            {**plugin, "volumeMounts": mounts({"socket": "/csi", "config": "/etc/config", "trust": "/etc/ssl/certs"})},
        ],
        "volumes": [{"name": "socket", "emptyDir": {}}, CONFIG, *TRUST],
    }


def _node(options: KubernetesOptions) -> Document:
    registrar = _sidecar(
        options,
        "csi-node-driver-registrar",
        options.versions.csi_registrar,
        f"--kubelet-registration-path={SOCKETS}/csi.sock",
    )
    registrar["volumeMounts"] += mounts({"registration": "/registration"})
    seen = [
        *mounts({"socket": "/csi"}),
        {"name": "kubelet", "mountPath": "/var/lib/kubelet", "mountPropagation": "Bidirectional"},
        {"name": "devices", "mountPath": "/dev", "mountPropagation": "HostToContainer"},
    ]
    plugin = {**_plugin(options, "--provide-controller-service=false"), "volumeMounts": seen}
    # On the server's own network, where root may ask the metadata service which server this is.
    return host_pod(
        NODE,
        containers=[registrar, {**plugin, "securityContext": {"privileged": True}}],
        volumes=[
            *host_paths({"socket": SOCKETS}),
            *host_paths(
                {"registration": "/var/lib/kubelet/plugins_registry", "kubelet": "/var/lib/kubelet"}, "Directory"
            ),
            *host_paths({"devices": "/dev"}, "Directory"),
        ],
    )


def _sidecar(options: KubernetesOptions, name: str, tag: str, *arguments: str) -> dict[str, Any]:
    return {
        "name": name,
        "image": _image(options, f"sig-storage/{name}", tag),
        "args": ["--csi-address=/csi/csi.sock", *arguments],
        "volumeMounts": mounts({"socket": "/csi"}),
    }


def _plugin(options: KubernetesOptions, *arguments: str) -> dict[str, Any]:
    return {
        "name": "cinder-csi-plugin",
        "image": _image(options, "provider-os/cinder-csi-plugin", options.versions.cloud_provider),
        "args": ["/bin/cinder-csi-plugin", "--endpoint=unix://csi/csi.sock", *arguments],
    }


def _image(options: KubernetesOptions, name: str, tag: str) -> str:
    return image(options, f"{KUBERNETES_IMAGES}/{name}", tag)
