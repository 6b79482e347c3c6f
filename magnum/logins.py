# mypy: disable-error-code="import-not-found,import-untyped"
"""The login of a cluster: an application credential of the user who makes it, for the project of the cluster alone."""

import secrets
from http import HTTPStatus
from typing import Any

from magnum.common import clients
from magnum.common import context as magnum_context
from oslo_log import log as logging

from bay.components.errors import BayError
from bay.magnum import options

LOG = logging.getLogger(__name__)

Values = dict[str, Any]

HINT = "ask with a password, or with an application credential that is unrestricted"


def create(context: Any, cluster: Any, *, unrestricted: bool) -> Values:
    """A new application credential, as an entry of a clouds.yaml, and whose it is.

    unrestricted: one that may make another, which the masters of a Kubernetes bay log in with. BayError where Keystone
    lets the user make none.
    """
    said = options.section()
    client = clients.OpenStackClients(context)
    try:
        made = client.keystone().client.create_application_credential(
            context.user_id,
            name=f"magnum-{cluster.uuid}-{secrets.token_hex(4)}",
            description=f"Magnum cluster {cluster.name}",
            unrestricted=unrestricted,
        )
    except Exception as error:  # openstacksdk's, or keystoneauth's: Magnum chooses the client
        if HTTPStatus.FORBIDDEN in (getattr(error, "status_code", None), getattr(error, "http_status", None)):
            raise BayError("Keystone lets this user make no login for the cluster", HINT) from error
        raise
    return {
        "auth_type": "v3applicationcredential",
        "auth": {
            "auth_url": client.url_for(service_type="identity", interface=said.interface),
            "application_credential_id": made.id,
            "application_credential_secret": made.secret,
        },
        "region_name": said.region_name or client.cinder_region_name(),
        "identity_api_version": 3,
        "user_id": context.user_id,
    }


def delete(login: Values) -> None:
    """Delete it in Keystone, as the service's own user: only an administrator may delete another user's."""
    if not login:
        return
    try:
        client = clients.OpenStackClients(magnum_context.make_admin_context()).keystone().client
        client.delete_application_credential(login["user_id"], login["auth"]["application_credential_id"])
    except Exception as error:  # it gives nothing to whoever has no secret of it
        LOG.warning("an application credential is left: %s", error)
