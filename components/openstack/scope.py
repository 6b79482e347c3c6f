"""Whose login this is: the cloud, region and project of a token, and whether a bay belongs to it.

Without this check a refresh under another project's login drops every resource from the state.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from bay.components.errors import BayError
from bay.components.openstack.connection import connect, openstack_errors

if TYPE_CHECKING:
    from openstack.connection import Connection


READING_ROLES = {"reader", "load-balancer_observer"}
"""Keystone's, and Octavia's."""


@dataclass(frozen=True)
class ProjectScope:
    """What a bay remembers of the login that made it.

    auth_url: normalised. region: empty where the cloud has none. project_id: of the token.
    """

    auth_url: str
    region: str
    project_id: str


def current_scope() -> ProjectScope:
    """The login of this process: OS_CLOUD or OS_* decide, as for any OpenStack client. Asks for a token."""
    with openstack_errors("finding out the project of the login"):
        return scope_of(connect())


def scope_of(connection: "Connection") -> ProjectScope:
    """The login of a connection. Asks for a token, if it has none yet."""
    return ProjectScope(
        auth_url=normalised(connection.config.auth.get("auth_url", "")),
        region=connection.config.region_name or "",
        project_id=connection.current_project_id or "",
    )


def project_of(connection: "Connection") -> tuple[str, str]:
    """(id, name) of the login's project. Asks for a token, if there is none yet."""
    with openstack_errors("finding out the project of the login"):
        # Of the token: a configuration with an application credential names no project.
        access = cast(Any, connection.session.auth).get_access(connection.session)
    return access.project_id or "", access.project_name or ""


def may_only_read(connection: "Connection") -> bool:
    """Whether the login's roles let it look and change nothing, as that of a job which previews requests."""
    access = cast(Any, connection.session.auth).get_access(connection.session)
    return bool(access.role_names) and set(access.role_names) <= READING_ROLES


def normalised(auth_url: str) -> str:
    """``HTTPS://Cloud:5000/v3/`` -> ``https://cloud:5000``: spellings of one Keystone compare equal."""
    parts = urlsplit(auth_url.strip())
    path = parts.path.rstrip("/").removesuffix("/v3").removesuffix("/v2.0")
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{path}"


def is_same_project(recorded: Mapping[str, str], now: Mapping[str, str] | ProjectScope) -> bool:
    """Whether both are the same cloud, region and project."""
    return _place(recorded) == _place(asdict(now) if isinstance(now, ProjectScope) else now)


def require_same_project(bay: str, recorded: Mapping[str, str], now: Mapping[str, str] | ProjectScope) -> None:
    """BayError unless both are the same cloud, region and project."""
    if is_same_project(recorded, now):
        return
    there = asdict(now) if isinstance(now, ProjectScope) else now
    raise BayError(
        f"bay {bay} belongs to {_words(recorded)}, but the login is for {_words(there)}",
        f"use the login that created {bay}: set OS_CLOUD or --os-cloud",
    )


def _place(login: Mapping[str, str]) -> tuple[str, str, str]:
    return normalised(login["auth_url"]), login["region"], login["project_id"]


def _words(login: Mapping[str, str]) -> str:
    region = f" (region {login['region']})" if login["region"] else ""
    return f"project {login['project_id']} at {normalised(login['auth_url'])}{region}"
