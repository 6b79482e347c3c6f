"""The bay's certificates in Barbican, for other tools of the project: whatever takes a container's reference."""

from collections.abc import Mapping
from typing import Any

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_openstack import keymanager

from bay.components.node.credentials import Generation, current
from bay.components.ownership import Mark

PEM = "text/plain"


class IdentityStore(ComponentResource):
    """A certificate container with the key and certificate of a client, and the authority's certificate beside them.

    It follows the keys that the bay uses now: with other keys come other secrets and another container, and the old
    ones go afterwards. The authority's key is not in it: with that, clients can be signed that no state records.

    container, authority: references in Barbican, of the container and of the secret with the authority's certificate.
    """

    container: Output[str]
    authority: Output[str]

    def __init__(self, name: str, generations: Output[Any], mark: Mark, opts: ResourceOptions) -> None:
        super().__init__("bay:index:IdentityStore", name, {}, opts)
        self.mark, self.keys = mark, generations.apply(_pems)
        authority = self._secret(f"{name}-ca", "certificate", "ca_cert")
        certificate = self._secret(f"{name}-client", "certificate", "client_cert")
        key = self._secret(f"{name}-client-key", "private", "client_key")
        refs = {"certificate": certificate, "private_key": key, "intermediates": authority}
        container = keymanager.ContainerV1(
            f"{name}-client",
            name=mark.unique_name(f"{name}-client"),
            type="certificate",
            secret_refs=[
                keymanager.ContainerV1SecretRefArgs(name=part, secret_ref=secret.secret_ref)
                for part, secret in refs.items()
            ],
            # Barbican has no change of a certificate container.
            opts=ResourceOptions(parent=self, replace_on_changes=["secretRefs"]),
        )
        self.container, self.authority = container.container_ref, authority.secret_ref
        self.register_outputs({})

    def _secret(self, name: str, kind: str, part: str) -> keymanager.SecretV1:
        return keymanager.SecretV1(
            name,
            name=self.mark.unique_name(name),
            secret_type=kind,
            payload=Output.secret(self.keys.apply(lambda keys: keys[part])),
            payload_content_type=PEM,
            opts=ResourceOptions(parent=self),
        )


def _pems(generations: list[Generation]) -> Mapping[str, Any]:
    return current(generations)
