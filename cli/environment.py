"""The environment of a `bay` command: the only module that reads it."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import yaml

from bay.components.openstack.login import Login
from bay.stacks.settings import Settings, short_hash, write_private

CLOUD_VARIABLES = ("OS_CLOUD", "OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE")
AUTH = {
    *("auth_url", "username", "user_id", "password", "passcode", "token", "system_scope", "default_domain"),
    *("project_name", "project_id", "domain_name", "domain_id", "user_domain_name", "user_domain_id"),
    *("project_domain_name", "project_domain_id"),
    *("application_credential_id", "application_credential_name", "application_credential_secret"),
}
"""What the OpenStack plugin reads below ``auth`` of a clouds.yaml; openstacksdk takes the rest from above it too."""
PASSWORDS = {"password", "passcode", "token", "application_credential_secret"}
SANDBOX_PREFIX = "sandbox"
OPENRC = "openrc"
"""Name of the cloud whose login comes from OS_* variables."""


def settings(state: str | None = None) -> Settings:
    """Folders of the user (XDG's on Linux), the state of --state or BAY_STATE, and what child processes start with."""
    children = {name: value for name, value in os.environ.items() if name not in leftover_variables()}
    return Settings.default(state or os.environ.get("BAY_STATE", ""), children)


def leftover_variables() -> list[str]:
    """OS_* variables that a child must not see: its login comes by file."""
    return sorted(name for name in os.environ if name.startswith("OS_") and name not in CLOUD_VARIABLES)


def login(here: Settings, cloud: str | None = None) -> Login:
    """The login of --os-cloud, else of OS_CLOUD, else of the OS_* variables of an openrc file.

    A password in a child's environment can end in the state (the OpenStack plugin stores its configuration), so a login
    of OS_* variables is moved to a private clouds.yaml first.
    """
    name = cloud or os.environ.get("OS_CLOUD") or None
    if name is not None:
        file = _clouds_file(here, name)
        return Login(name, file.absolute() if file else None)
    if os.environ.get("OS_AUTH_URL"):
        return Login(OPENRC, _write_openrc_cloud(here.data / "clouds"))
    return Login()


def _clouds_file(here: Settings, cloud: str) -> Path | None:
    """The clouds.yaml that the user named; the sandbox's own for its clouds; one in this folder; None: the user's."""
    named = os.environ.get("OS_CLIENT_CONFIG_FILE")
    sandbox = cloud.split("-")[0] == SANDBOX_PREFIX
    if named and not (sandbox and cloud not in _clouds_in(Path(named))):
        return Path(named)
    if sandbox:
        return here.sandbox_state / "clouds.yaml"
    nearby = Path("clouds.yaml")
    return nearby if nearby.exists() else None


def _clouds_in(file: Path) -> Mapping[str, object]:
    try:
        return dict(yaml.safe_load(file.read_text())["clouds"])
    except (OSError, yaml.YAMLError, TypeError, KeyError):
        return {}  # openstacksdk says what is wrong with it


def _write_openrc_cloud(folder: Path) -> Path:
    """The login of the OS_* variables as a clouds.yaml of one cloud, mode 0600.

    One file for each login, since two shells may work with two projects at the same time.
    """
    values = {name.removeprefix("OS_").lower(): os.environ[name] for name in leftover_variables()}
    auth = {key: value for key, value in values.items() if key in AUTH}
    cloud = {key: value for key, value in values.items() if key not in AUTH}
    kept = json.dumps({key: value for key, value in values.items() if key not in PASSWORDS})
    path = folder / f"{short_hash(kept)}.yaml"
    write_private(path, yaml.safe_dump({"clouds": {OPENRC: {"auth": auth, **cloud}}}))
    return path
