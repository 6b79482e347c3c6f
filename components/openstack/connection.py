"""The connection to OpenStack, and its errors in words of what the user can do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bay.components.errors import BayError, nearest
from bay.components.openstack.login import Login

if TYPE_CHECKING:
    from openstack.config import OpenStackConfig
    from openstack.connection import Connection


def connect(login: Login | None = None) -> "Connection":
    """A connection with a login, else with the one of ``OS_CLOUD`` / ``OS_*``; nothing is sent yet."""
    from keystoneauth1.exceptions import AuthPluginException
    from openstack import exceptions

    name = login.cloud if login else None
    try:
        connection = _connection(login)
        auth = connection.config.auth
    except exceptions.ConfigException as error:
        if "was not found" in str(error):
            raise _no_such_cloud(str(name), login) from None
        raise BayError(f"clouds.yaml: {_first_line(error)}", CORRECT) from None
    except AuthPluginException as error:
        raise _login_not_whole(name, _first_line(error)) from None
    except (AttributeError, TypeError, KeyError):  # openstacksdk looks into what it reads without checking it
        raise BayError("clouds.yaml: holds something else than clouds", CORRECT) from None
    if "username" in auth and "password" not in auth:
        raise _login_not_whole(name, "not given: password")
    return connection


def _connection(login: Login | None) -> "Connection":
    import openstack
    from openstack.connection import Connection

    if login is None:
        return openstack.connect(app_name="bay")
    return Connection(config=_config(login).get_one(cloud=login.cloud), app_name="bay")


def _config(login: Login) -> "OpenStackConfig":
    """Of the login's file, or of those where openstacksdk looks; never of this process's OS_* variables."""
    from openstack.config import OpenStackConfig

    files = [str(login.clouds_file)] if login.clouds_file else None
    return OpenStackConfig(config_files=files, load_envvars=False, app_name="bay")


def _no_such_cloud(cloud: str, login: Login | None) -> BayError:
    from openstack.config import OpenStackConfig

    config = _config(login) if login else OpenStackConfig()
    known = sorted(set(config.get_cloud_names()) - {"defaults"})
    hint = nearest(cloud, known) if known else "no clouds.yaml can be read; 'bay sandbox start' starts one to try"
    return BayError(f"there is no cloud {cloud!r}", hint)


def _login_not_whole(cloud: str | None, text: str) -> BayError:
    if cloud is None:
        return BayError(
            "no cloud is named", "use --os-cloud NAME or set OS_CLOUD; 'bay sandbox start' starts one to try"
        )
    missing = text.partition("not given: ")[2]
    return BayError(f"cloud {cloud}: {f'{missing} is missing' if missing else text}", CORRECT)


CORRECT = "a login has auth_url, username, password and project_name: below 'auth:' in clouds.yaml, or as OS_ variables"


@contextmanager
def openstack_errors(doing: str) -> Iterator[None]:
    """Turns what openstacksdk raises inside into a BayError that says what to do."""
    from keystoneauth1 import exceptions as keystone
    from openstack import exceptions as sdk

    try:
        yield
    except (sdk.ServiceDisabledException, keystone.EndpointNotFound) as error:
        raise _no_endpoint(doing, error) from None
    except (keystone.Unauthorized, keystone.AuthorizationFailure):
        raise BayError(
            f"{doing}: the cloud refuses user, password or project",
            "check username, password and project_name of this cloud in clouds.yaml",
        ) from None
    except (keystone.ConnectFailure, keystone.DiscoveryFailure) as error:
        raise BayError(
            f"{doing}: the cloud cannot be reached{_where(error)}",
            "check auth_url in clouds.yaml, network and proxy; 'bay sandbox start' starts the local one",
        ) from None
    except (sdk.SDKException, keystone.ClientException) as error:
        raise BayError(f"{doing}: {_first_line(error)}", "try again; --debug shows the calls") from None


def _no_endpoint(doing: str, error: Exception) -> BayError:
    text = _first_line(error)
    if "catalog is empty" in text:
        return BayError(f"{doing}: the login is for no project", "name project_name of this cloud in clouds.yaml")
    missing = re.search(r"\S+ endpoint for .*not found", text)
    return BayError(
        f"{doing}: the cloud's catalog has no {missing[0].removesuffix(' not found') if missing else 'such service'}",
        "check region_name and interface of this cloud in clouds.yaml",
    )


def _where(error: Exception) -> str:
    """`` at http://cloud:5000/v3: Connection refused``, as far as the error says so."""
    text = str(error)
    address, reason = re.search(r"https?://[^\s:/]+(:\d+)?", text), re.search(r"\[Errno -?\d+\] ([^'\")]+)", text)
    return f"{f' at {address[0]}' if address else ''}: {reason[1] if reason else _first_line(error)}"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
