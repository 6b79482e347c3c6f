"""Keys of a Kubernetes bay: what masters, nodes and clients are given."""

from base64 import b64encode
from datetime import datetime

from bay.components.engines import Client
from bay.components.engines.kubernetes.manifests import dump
from bay.components.node import certificates
from bay.components.node.cloudinit import File
from bay.components.node.credentials import Generation, Secret

KEYS = "/etc/bay/pki"
"""Folder of the keys as given; each attempt of kubeadm takes a copy, since its reset removes that."""

SECRETS = {
    "etcd": Secret.AUTHORITY,
    "front_proxy": Secret.AUTHORITY,
    "service_account": Secret.KEY,
    "encryption": Secret.BYTES,
}

ADMINISTRATORS = "kubeadm:cluster-admins"
"""The group that kubeadm makes administrators; unlike system:masters its power can be taken away."""


def files(keys: Generation, role: str) -> list[File]:
    """A node gets the authority's certificate; a master everything that kubeadm signs with, under kubeadm's names."""
    authority = File(f"{KEYS}/ca.crt", keys["ca_cert"])
    if role != "master":
        return [authority]
    own = keys["engine"]
    private = {
        "ca.key": keys["ca_key"],
        "etcd/ca.key": own["etcd_key"],
        "front-proxy-ca.key": own["front_proxy_key"],
        "sa.key": own["service_account_key"],
    }
    public = {
        "etcd/ca.crt": own["etcd_cert"],
        "front-proxy-ca.crt": own["front_proxy_cert"],
        "sa.pub": public_key(own["service_account_key"]),
    }
    return [
        authority,
        *(File(f"{KEYS}/{name}", content) for name, content in public.items()),
        *(File(f"{KEYS}/{name}", content, "0600") for name, content in private.items()),
    ]


def public_key(private: str) -> str:
    """The public half of a private key, both PEM."""
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(private.encode(), password=None).public_key()
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.PEM, spki).decode()


def client_config(client: Client, keys: Generation) -> str:
    """A kubeconfig: for each address a cluster and a context, the first one is the one in use."""
    names = [client.bay, *(f"{client.bay}-{i}" for i in range(1, len(client.addresses)))]
    clusters = [
        {
            "name": name,
            "cluster": {"server": f"https://{address}", "certificate-authority-data": _base64(keys["ca_cert"])},
        }
        for name, address in zip(names, client.addresses, strict=True)
    ]
    user = {
        "client-certificate-data": _base64(client_certificate(client.bay, keys)),
        "client-key-data": _base64(keys["client_key"]),
    }
    return dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": clusters,
            "users": [{"name": client.bay, "user": user}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": client.bay}} for name in names],
            "current-context": names[0],
        }
    )


def turned_to(config: str, address: str) -> str:
    """A kubeconfig whose current context is that of an address of it."""
    import yaml

    document = yaml.safe_load(config)
    server = f"https://{address}"
    current = next(one["name"] for one in document["clusters"] if one["cluster"]["server"] == server)
    return dump({**document, "current-context": current})


def client_certificate(bay: str, keys: Generation) -> str:
    """Of an administrator. What the identity holds names no group: then for the same key, valid from the same time."""
    if names_group(keys["client_cert"], ADMINISTRATORS):
        return keys["client_cert"]
    issuer = certificates.Authority(keys["ca_key"], keys["ca_cert"])
    return certificates.client(issuer, keys["client_key"], f"{bay} client", _made_at(keys), ADMINISTRATORS)


def names_group(certificate: str, group: str) -> bool:
    """Whether a certificate's holder is in a group."""
    from cryptography import x509

    subject = x509.load_pem_x509_certificate(certificate.encode()).subject
    return group in [one.value for one in subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)]


def _made_at(keys: Generation) -> datetime:
    from cryptography import x509

    return x509.load_pem_x509_certificate(keys["ca_cert"].encode()).not_valid_before_utc + certificates.CLOCK_SKEW


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()
