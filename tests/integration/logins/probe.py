"""Reads the login of a shell twice, as plain openstacksdk and as bay; a process of its own, in the user's folder.

openstacksdk decides at its import where clouds.yaml can be, so only a new process reads as a user's would.
"""

import json
import sys
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openstack.connection import Connection


def identity(connection: "Connection") -> dict[str, Any]:
    """Who logs in where; the token is asked for."""
    connection.authorize()
    return {
        "user": connection.session.get_user_id(),
        "project": connection.session.get_project_id(),
        "network": connection.network.get_endpoint(),
    }


def plain(region: str | None) -> dict[str, Any]:
    """As `openstack.connect` of openstacksdk."""
    import openstack

    return identity(openstack.connect(region_name=region, app_name="a test"))


def bay(region: str | None) -> dict[str, Any]:
    """As every command of bay, with what it hands to its child processes."""
    from bay.cli.session import open_bays
    from bay.components.openstack.connection import openstack_errors
    from bay.components.openstack.scope import project_of

    context = open_bays(None, None, region).context
    with openstack_errors("login"):
        project_of(context.cloud)  # what every command begins with
        return {**identity(context.cloud), "children": dict(context.resolved_login.environment())}


def attempt(read: Any, region: str | None) -> dict[str, Any]:
    """The identity, or the error's kind and text."""
    try:
        return dict(read(region))
    except Exception as error:
        return {"refused": type(error).__name__, "reason": str(error)}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    option = sys.argv[1] if len(sys.argv) > 1 else None
    print(json.dumps({"plain": attempt(plain, option), "bay": attempt(bay, option)}))
