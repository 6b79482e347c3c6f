"""A bay's application credentials in Keystone: which there are, which are accepted, and their end."""

from typing import TYPE_CHECKING, Any

from bay.components.errors import BayError
from bay.components.openstack.connection import openstack_errors
from bay.stacks.cloud.kind_lists import Listing, application_credentials

if TYPE_CHECKING:
    from openstack.connection import Connection


def list_credentials(cloud: "Connection", bay_id: str) -> list[str]:
    """Ids of those with a bay's mark, of the user who asks: nobody sees another's."""
    with openstack_errors("listing application credentials"):
        return [one.id for one in application_credentials(Listing(cloud, "", bay_id))]


def delete_credential(cloud: "Connection", id: str) -> None:
    """Delete one of the user's own; one that is gone already is none the less."""
    identity: Any = cloud.identity
    with openstack_errors("deleting an application credential"):
        identity.delete_application_credential(cloud.current_user_id, id, ignore_missing=True)


def is_accepted(cloud: "Connection", id: str, secret: str) -> bool:
    """Whether Keystone gives a token for a credential: it is asked. BayError where Keystone does not say."""
    from keystoneauth1.exceptions import ClientException, NotFound, Unauthorized
    from keystoneauth1.identity.v3 import ApplicationCredential
    from keystoneauth1.session import Session

    url = cloud.config.auth.get("auth_url")
    auth = ApplicationCredential(auth_url=url, application_credential_id=id, application_credential_secret=secret)
    session = Session(auth=auth, verify=cloud.session.verify, cert=cloud.session.cert, timeout=30)
    try:
        return bool(session.get_token())
    except (Unauthorized, NotFound):
        return False
    except ClientException as error:
        raise BayError(
            f"Keystone does not say whether a credential is accepted: {error}", "run the same again"
        ) from None
