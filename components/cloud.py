"""The connection to OpenStack, and its errors in words of what the user can do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bay.components.errors import BayError

if TYPE_CHECKING:
    from openstack.connection import Connection


def connect(cloud: str | None = None) -> "Connection":
    """A connection to the named cloud, else to the one of ``OS_CLOUD`` / ``OS_*``; nothing is sent yet."""
    import openstack
    from openstack import exceptions

    try:
        with explained("connecting"):
            return openstack.connect(cloud=cloud, app_name="bay")
    except exceptions.ConfigException as error:
        text = str(error)
        if "was not found" in text:
            raise BayError(
                text, f"name one of: {', '.join(known_clouds()) or 'there is none in clouds.yaml'}"
            ) from None
        raise BayError(f"the cloud's configuration is not usable: {text}", "correct clouds.yaml") from None


def known_clouds() -> list[str]:
    """Names in the clouds.yaml files that openstacksdk reads."""
    import openstack.config

    return sorted(openstack.config.OpenStackConfig().get_cloud_names())


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turns what openstacksdk raises inside into a BayError that says what to do."""
    from keystoneauth1 import exceptions as keystone
    from openstack import exceptions as sdk

    try:
        yield
    except sdk.ConfigException:
        raise  # `connect` says which clouds there are
    except (keystone.Unauthorized, keystone.AuthorizationFailure) as error:
        raise BayError(
            f"{doing}: the cloud refuses the login: {_first_line(error)}",
            "check user, password and project of this cloud in clouds.yaml",
        ) from None
    except (keystone.MissingRequiredOptions, keystone.MissingAuthPlugin) as error:
        raise BayError(
            f"{doing}: no cloud is configured: {_first_line(error)}",
            "say --os-cloud NAME or set OS_CLOUD; 'bay sandbox start' makes one to try",
        ) from None
    except keystone.EndpointNotFound as error:
        raise BayError(
            f"{doing}: the cloud's catalog lacks an endpoint: {_first_line(error)}",
            "check region_name and interface of this cloud in clouds.yaml",
        ) from None
    except (keystone.ConnectFailure, keystone.DiscoveryFailure, keystone.ConnectTimeout) as error:
        raise BayError(
            f"{doing}: the cloud cannot be reached: {_first_line(error)}",
            "check auth_url in clouds.yaml, the network and the proxy settings, then try again",
        ) from None
    except sdk.SDKException as error:
        raise BayError(f"{doing}: {_first_line(error)}", "try again; --debug shows the calls") from None


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
