"""The environment of a `bay` command: the only module that reads it."""

import os
from collections.abc import Mapping
from pathlib import Path

import yaml

from bay.components.openstack.login import Login
from bay.stacks.login import CHILD
from bay.stacks.settings import Settings

SANDBOX = "sandbox"


def settings(state: str | None = None) -> Settings:
    """Folders of the user (XDG's on Linux), the state of --state or BAY_STATE, and what child processes start with."""
    children = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    return Settings.default(state or os.environ.get("BAY_STATE", ""), children)


def login_variables() -> list[str]:
    """OS_* variables of this shell: children get their login by a file, and none of these."""
    return sorted(name for name in os.environ if name.startswith("OS_"))


def login(here: Settings, cloud: str | None = None, region: str | None = None) -> Login:
    """The login that any OpenStack client would take: options, then OS_* variables, then clouds.yaml.

    ``sandbox`` is the local one, and so are its other names where the user has no cloud of that name.
    """
    name = (cloud or os.environ.get("OS_CLOUD") or "").removesuffix(CHILD) or None
    region = region or os.environ.get("OS_REGION_NAME") or None
    if name and _is_of_sandbox(name, here):
        return Login(name, here.sandbox_state / "clouds.yaml", region)
    return Login(name, region=region, uses_environment=True)


def _is_of_sandbox(cloud: str, here: Settings) -> bool:
    named = os.environ.get("OS_CLIENT_CONFIG_FILE")
    if named and cloud in _clouds_in(Path(named)):
        return False
    if cloud == SANDBOX:
        return True
    if cloud not in _clouds_in(here.sandbox_state / "clouds.yaml"):
        return False
    return cloud not in Login(uses_environment=True).config.get_cloud_names()


def _clouds_in(file: Path) -> Mapping[str, object]:
    try:
        return dict(yaml.safe_load(file.read_text())["clouds"])
    except (OSError, yaml.YAMLError, TypeError, KeyError):
        return {}  # openstacksdk says what is wrong with it
