"""The environment of a `bay` command: the only module that reads it."""

import os
from collections.abc import Mapping
from pathlib import Path

import platformdirs
import yaml

from bay.components.openstack.login import Login
from bay.stacks.child_environment import PASSPHRASE, loopback_exemption
from bay.stacks.login import CHILD
from bay.stacks.settings import FILE, Settings

SANDBOX = "sandbox"


def settings(state: str | None = None, secrets: str | None = None) -> Settings:
    """Folders of the user (XDG's on Linux), the state of --state or BAY_STATE, and what child processes start with.

    secrets: of --secrets, else of BAY_SECRETS.

    From then on nothing in this process asks a proxy for this machine either: where proxies are named, that is often
    for everything, and what runs here is out of their reach.
    """
    os.environ.update(loopback_exemption(os.environ))
    children = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    kept = secrets or os.environ.get("BAY_SECRETS") or FILE
    return Settings.default(state or os.environ.get("BAY_STATE", ""), children, kept)


def log_folder() -> Path | None:
    """Where the logs of runs are kept (XDG_STATE_HOME on Linux); None for a user without a home folder."""
    try:
        return platformdirs.user_state_path("bay")
    except RuntimeError:
        return None


def withheld_variables() -> list[str]:
    """Variables of this shell that children do not get.

    Those are OS_*, since they get their login by a file, and a passphrase of nothing, which is none.
    """
    empty = [PASSPHRASE] if not os.environ.get(PASSPHRASE, "-").strip() else []
    return sorted([*empty, *(name for name in os.environ if name.startswith("OS_"))])


def login(here: Settings, cloud: str | None = None, region: str | None = None) -> Login:
    """The login that any OpenStack client would take: options, then OS_* variables, then clouds.yaml.

    ``sandbox`` is the local one, and so are its other names where the user has no cloud of that name.
    """
    name = (cloud or os.environ.get("OS_CLOUD") or "").removesuffix(CHILD) or None
    region = region or os.environ.get("OS_REGION_NAME") or None
    if name and _is_of_sandbox(name, here):
        return Login(name, here.sandbox_state / "clouds.yaml", region)
    cacert = os.environ.get("OS_CACERT") if name else None  # with no cloud named, it is one variable of the login
    return Login(name, region=region, cacert=_file(cacert), uses_environment=True)


def clouds_file() -> Path | None:
    """The clouds.yaml that the environment names (OS_CLIENT_CONFIG_FILE); None where it names none."""
    return _file(os.environ.get("OS_CLIENT_CONFIG_FILE"))


def _file(path: str | None) -> Path | None:
    return Path(path).expanduser().absolute() if path else None


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
        return dict(yaml.safe_load(file.read_text(encoding="utf-8"))["clouds"])
    except (OSError, yaml.YAMLError, TypeError, KeyError):
        return {}  # openstacksdk says what is wrong with it
