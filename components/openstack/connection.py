"""The connection to OpenStack, and its errors in words of what the user can do."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import BufferingHandler
from typing import TYPE_CHECKING

from bay.components.errors import BayError, Forbidden, Unreachable, nearest
from bay.components.openstack.login import Login

if TYPE_CHECKING:
    from openstack.config.cloud_region import CloudRegion
    from openstack.connection import Connection


def connect(login: Login | None = None) -> "Connection":
    """A connection with a login, else with the one of ``OS_CLOUD`` / ``OS_*``; nothing is sent yet."""
    from bay.components.openstack.listed import LeanConnection

    return LeanConnection(config=resolve_login(login or Login(uses_environment=True)))


def resolve_login(login: Login) -> "CloudRegion":
    """The cloud as openstacksdk reads it; BayError with its reason where it cannot be logged in so."""
    from keystoneauth1.exceptions import AuthPluginException
    from openstack import exceptions

    try:
        resolved = login.resolve()
        auth = resolved.auth
    except exceptions.ConfigException as error:
        if "was not found" in str(error):
            raise _no_such_cloud(login) from None
        raise BayError(f"clouds.yaml: {_first_line(error)}", CORRECT) from None
    except AuthPluginException as error:
        raise _login_not_whole(login, _first_line(error)) from None
    except TypeError as error:
        if unknown := UNKNOWN_OPTION.search(str(error)):
            raise _login_not_whole(login, f"{unknown[1]} is nothing that this auth_type knows") from None
        raise BayError("clouds.yaml: holds something else than clouds", CORRECT) from None
    except (AttributeError, KeyError):  # openstacksdk looks into what it reads without checking it
        raise BayError("clouds.yaml: holds something else than clouds", CORRECT) from None
    _ask_again_where_busy(resolved)
    if str(resolved.config.get("auth_type")) in PASSWORD_TYPES and "password" not in auth:
        raise _login_not_whole(login, "not given: password")
    return resolved


BUSY = [429, 500, 502, 503, 504]
"""Answers of a cloud, or of what stands before it, that has too much to do: the same question is answered later."""
ASKED_AGAIN = 5
"""Times: with growing pauses 15 s in all, or as long as the cloud says (Retry-After)."""


def _ask_again_where_busy(resolved: "CloudRegion") -> None:
    """Below keystoneauth, whose own retries leave out tokens and the discovery of versions."""
    from keystoneauth1.session import TCPKeepAliveAdapter
    from urllib3.util import Retry

    again = Retry(
        total=None,
        connect=0,
        read=0,
        other=0,
        status=ASKED_AGAIN,
        status_forcelist=BUSY,
        allowed_methods=None,
        backoff_factor=0.5,
        raise_on_status=False,
    )
    for scheme in ("https://", "http://"):
        resolved.get_session().session.mount(scheme, TCPKeepAliveAdapter(max_retries=again))


UNKNOWN_OPTION = re.compile(r"__init__\(\) got an unexpected keyword argument '(\w+)'")
"""What keystoneauth's plugins say of a key below ``auth`` that is not theirs."""
PASSWORD_TYPES = ("password", "v2password", "v3password")


def _no_such_cloud(login: Login) -> BayError:
    with _warnings("openstack.config") as skipped:
        known = sorted(set(login.config.get_cloud_names()) - {"defaults"})
    if skipped:
        return BayError(f"there is no cloud {login.cloud!r}: {_first_line(skipped[0])}", "correct that file")
    none = "no clouds.yaml can be read; 'bay sandbox start' starts one to try"
    return BayError(f"there is no cloud {login.cloud!r}", nearest(str(login.cloud), known) if known else none)


@contextmanager
def _warnings(logger: str) -> Iterator[list[str]]:
    """What a library says in its log alone, while this lasts: openstacksdk so skips files that are no YAML."""
    handler = BufferingHandler(capacity=100)
    texts: list[str] = []
    logging.getLogger(logger).addHandler(handler)
    try:
        yield texts
    finally:
        logging.getLogger(logger).removeHandler(handler)
        texts += [record.getMessage() for record in handler.buffer]


def _login_not_whole(login: Login, text: str) -> BayError:
    config = login.config
    if login.cloud is None and config.default_cloud != config.envvar_key:
        return BayError(
            "no cloud is named", "name one with --os-cloud or OS_CLOUD; 'bay sandbox start' starts one to try"
        )
    whose = f"cloud {login.cloud}" if login.cloud else "OS_ variables"
    missing = text.partition("not given: ")[2]
    return BayError(f"{whose}: {f'{missing} is missing' if missing else text}", CORRECT)


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
    except keystone.SSLError as error:
        raise BayError(f"{doing}: TLS{_where(error)}", CERTIFICATES) from None
    except (keystone.ConnectFailure, keystone.DiscoveryFailure) as error:
        raise Unreachable(
            f"{doing}: the cloud cannot be reached{_where(error)}",
            "check auth_url in clouds.yaml, network and proxy; 'bay sandbox start' starts the local one",
        ) from None
    except (sdk.ForbiddenException, keystone.Forbidden) as error:
        raise Forbidden(
            f"{doing}: the cloud's policy does not allow it: {_policy(error)}",
            "ask the operator of the cloud for the rule, or use a login whose role has it",
        ) from None
    except (sdk.SDKException, keystone.ClientException) as error:
        raise BayError(f"{doing}: {_first_line(error)}", "try again; --debug shows the calls") from None
    except OSError as error:
        if "TLS" not in str(error):  # of requests, where a file of certificates or keys cannot be used
            raise
        raise BayError(f"{doing}: {_first_line(error)}", CERTIFICATES) from None


def _policy(error: Exception) -> str:
    """``os_compute_api:os-console-output`` where the cloud names the rule, else its words."""
    text = _first_line(error)
    rule = re.search(r"(?:rule:|allow |')([a-z_-]+:[a-z_:-]+|(?:create|get|update|delete)_[a-z_]+)", text)
    return rule[1] if rule else text


def _no_endpoint(doing: str, error: Exception) -> BayError:
    text = _first_line(error)
    if "catalog is empty" in text:
        return BayError(f"{doing}: the login is for no project", "name project_name of this cloud in clouds.yaml")
    missing = re.search(r"\S+ endpoint for .*not found", text)
    return BayError(
        f"{doing}: the cloud's catalog has no {missing[0].removesuffix(' not found') if missing else 'such service'}",
        "check region_name and interface of this cloud in clouds.yaml",
    )


CERTIFICATES = (
    "name the certificates of its authority with cacert of this cloud in clouds.yaml, OS_CACERT or REQUESTS_CA_BUNDLE"
)


def _where(error: Exception) -> str:
    """`` at http://cloud:5000/v3: Connection refused``, as far as the error says so."""
    text = str(error)
    address = re.search(r"https?://[^\s:/]+(:\d+)?", text)
    reason = re.search(r"\[(?:Errno -?\d+|SSL: \w+)\] ([^'\")]+)", text)
    return f"{f' at {address[0]}' if address else ''}: {reason[1] if reason else _first_line(error)}"


def _first_line(error: Exception | str) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
