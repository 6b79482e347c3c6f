# mypy: disable-error-code="import-not-found,import-untyped"
"""The certificate authorities that Magnum makes for each cluster: a bay takes the first one as its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from magnum.conductor.handlers.common import cert_manager
from magnum.objects import Cluster
from oslo_log import log as logging

LOG = logging.getLogger(__name__)

REFERENCES = ("ca_cert_ref", "magnum_cert_ref", "etcd_ca_cert_ref", "front_proxy_ca_cert_ref")
LEFT_BY_MAGNUM = ("etcd_ca_cert_ref", "front_proxy_ca_cert_ref")
"""What a cluster's deletion forgets."""


def of_cluster(context: Any, cluster: Any) -> dict[str, str]:
    """Key and certificate, as a worker takes them: Magnum signs with them, so the bay's API has to accept them."""
    found = cert_manager.get_cluster_ca_certificate(cluster, context)
    return {"key": _text(found.get_decrypted_private_key()), "certificate": _text(found.get_certificate())}


def _text(value: str | bytes) -> str:
    return (value.decode() if isinstance(value, bytes) else value).rstrip("\n") + "\n"


def delete_left(context: Any, cluster: Any) -> None:
    """Delete those that Magnum leaves when a cluster goes."""
    for reference in LEFT_BY_MAGNUM:
        _delete(context, cluster, cluster[reference])


def _delete(context: Any, cluster: Any, reference: str | None) -> None:
    if not reference:
        return
    try:
        manager = cert_manager.cert_manager.get_backend().CertManager
        manager.delete_cert(reference, resource_ref=cluster.uuid, context=context)
    except Exception as error:  # the cluster goes all the same
        LOG.warning("a certificate of cluster %s is left: %s", cluster.uuid, error)


@contextmanager
def kept(context: Any, cluster: Any) -> Iterator[None]:
    """In a rotation: where the block fails, the cluster's own authorities stay in place.

    The conductor makes new ones, and puts them on the object, before it asks the driver.
    """
    try:
        yield
    except Exception:
        before = Cluster.get_by_uuid(context, cluster.uuid)
        for reference in REFERENCES:
            if cluster[reference] != before[reference]:
                _delete(context, cluster, cluster[reference])
                cluster[reference] = before[reference]
        raise
