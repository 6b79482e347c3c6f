"""The bay's own login to the cloud, for engines whose masters ask it for volumes and load balancers."""

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_openstack import identity

from bay.components.network import Network
from bay.components.openstack.resolved import Named
from bay.components.openstack.scope import ProjectScope
from bay.components.ownership import Mark


class CloudLogin(ComponentResource):
    """An application credential of the user who makes the bay, for the bay's project alone; it goes with the bay.

    facts: the fields of `bay.components.engines.CloudLogin`; secret.
    """

    facts: Output[dict[str, str | None]]

    def __init__(
        self,
        name: str,
        login: ProjectScope,
        network: Network,
        external: Named | None,
        mark: Mark,
        opts: ResourceOptions,
        serial: str = "",
    ) -> None:
        """serial: of another credential that is to take the place of the one that there is; its name has it."""
        super().__init__("bay:index:CloudLogin", name, {}, opts)
        credential = identity.ApplicationCredential(
            name,
            name=mark.unique_name(f"{name}.{serial}" if serial else name),
            description=mark.description,
            opts=ResourceOptions(
                parent=self,
                additional_secret_outputs=["secret"],
                ignore_changes=[] if serial else ["name"],  # which says of which rotation it is
            ),
        )
        self.facts = Output.secret(
            Output.all(
                auth_url=login.auth_url,
                region=login.region,
                project_id=login.project_id,
                credential_id=credential.id,
                credential_secret=credential.secret,
                subnet_id=network.subnet_id,
                external_network_id=external.id if external else None,
            )
        )
        self.register_outputs({})
