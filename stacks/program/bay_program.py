"""The Pulumi program of a bay: one stack, one Bay, and what other tools read of it."""

from collections.abc import Collection

import pulumi

from bay.components.bay import Bay
from bay.components.node.certificates import Authority
from bay.components.openstack.resolved import ResolvedSpec
from bay.components.ownership import Owner
from bay.components.spec import BaySpec

PROTECTED = pulumi.ResourceOptions(protect=True)
"""What `bay delete` lifts by itself; a program of a user's own decides for itself."""


def program(
    name: str,
    spec: BaySpec,
    *,
    managed_by: Owner,
    resolved: ResolvedSpec | None = None,
    allow: Collection[str] = (),
    resized: Collection[str] = (),
    as_new: bool = False,
    authority: Authority | None = None,
    credential_serial: str = "",
    rotation: str = "",
) -> None:
    """Declare the bay and export its outputs; `client_files` is secret. allow: losses that were asked for.

    resized, as_new, authority, credential_serial, rotation: see `Bay`.
    """
    bay = Bay(
        name,
        spec,
        resolved=resolved,
        managed_by=managed_by,
        allow=allow,
        resized=resized,
        as_new=as_new,
        authority=authority,
        credential_serial=credential_serial,
        rotation=rotation,
        opts=PROTECTED,
    )
    pulumi.export("id", bay.bay_id)
    pulumi.export("name", name)
    pulumi.export("model", spec.model)
    pulumi.export("coe", spec.coe)
    pulumi.export("api_address", bay.api_address)
    pulumi.export("api_addresses", bay.api_addresses)
    pulumi.export("masters", pulumi.Output.all(*bay.ports["master"].addresses))
    nodes = [server for group, made in bay.servers.items() if group != "master" for server in made.servers.values()]
    pulumi.export("nodes", pulumi.Output.all(*(server.access_ip_v4 for server in nodes)))
    pulumi.export("network", bay.network.name)
    pulumi.export("client_files", bay.client_files)
    if bay.identity_store:
        pulumi.export("certificate_container", bay.identity_store.container)
        pulumi.export("certificate_authority", bay.identity_store.authority)
