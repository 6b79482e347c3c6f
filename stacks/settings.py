"""The environment: the only module that reads it, and the one that prepares it for child processes."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from bay.components.errors import BayError

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
SHARED = ".pulumi"
"""In place of a bay's name: no bay can be called so."""


ROOM = 64 * 2**20
"""Bytes: the states of some hundred nodes, each kept three times (state, backup, history)."""


@dataclass(frozen=True)
class Settings:
    """Folders, state and cloud of one run of `bay`.

    state: URL of the Pulumi backend. cloud: name in a clouds.yaml, None for none given.
    """

    cache: Path
    data: Path
    config: Path
    state: str
    cloud: str | None
    path: str
    passphrase_given: bool

    @property
    def sandbox_state(self) -> Path:
        """Folder of the local OpenStack's databases, logs and clouds.yaml."""
        return self.data / "sandbox"

    @property
    def models(self) -> Path:
        """The user's own models."""
        return self.config / "models"

    @property
    def state_folder(self) -> Path | None:
        """Folder of a ``file://`` state, None for every other backend."""
        folder = self.state.removeprefix("file://")
        return Path(folder).expanduser() if folder != self.state else None

    @property
    def state_key(self) -> str:
        """Short name of the state, for files that are kept for each state."""
        return _short_hash(self.state)

    def passphrase_file(self, bay: str) -> Path:
        """Where the passphrase of a bay's secrets is kept, mode 0600."""
        return self.data / "passphrases" / self.state_key / bay

    @property
    def shared_passphrase_file(self) -> Path:
        """The passphrase of stacks that plain `pulumi` makes in a shell after ``eval "$(bay env)"``."""
        return self.passphrase_file(SHARED)

    def lock_file(self, bay: str) -> Path:
        """Held by the `bay` that is changing this bay from this machine."""
        return self.data / "locks" / self.state_key / f"{bay}.lock"


def read(environ: Mapping[str, str], cloud: str | None = None, state: str | None = None) -> Settings:
    """Settings from the XDG folders, BAY_STATE and OS_CLOUD; options win."""
    home = Path(environ.get("HOME") or Path.home())
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local/share") / "bay"
    return Settings(
        cache=Path(environ.get("XDG_CACHE_HOME") or home / ".cache") / "bay",
        data=data,
        config=Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "bay",
        state=state or environ.get("BAY_STATE") or f"file://{data / 'state'}",
        cloud=cloud or environ.get("OS_CLOUD") or None,
        path=environ.get("PATH", os.defpath),
        passphrase_given=_passphrase_given(environ, data),
    )


def _passphrase_given(environ: Mapping[str, str], data: Path) -> bool:
    """Whether the user named a passphrase of their own; what `bay env` exported is none."""
    file = environ.get("PULUMI_CONFIG_PASSPHRASE_FILE")
    own_file = bool(file) and not Path(str(file)).is_relative_to(data)
    return own_file or bool(environ.get("PULUMI_CONFIG_PASSPHRASE"))


def ensure_local_state(settings: Settings) -> None:
    """Make the folder of a ``file://`` state; BayError where it cannot be written."""
    folder = settings.state_folder
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise BayError(
            f"state folder {folder}: {error.strerror}",
            "make it writable, or name another with --state or BAY_STATE",
        ) from None


def ensure_room(settings: Settings) -> None:
    """BayError where the disk of a ``file://`` state is nearly full.

    A state that fills up in the middle of a run is cut off, and the engine tries to write it for ever.
    """
    folder = settings.state_folder
    free = shutil.disk_usage(folder).free if folder else ROOM
    if free < ROOM:
        raise BayError(
            f"state folder {folder}: {free >> 20} MiB are free, and a change of a bay may need {ROOM >> 20}",
            "make room, or name another with --state or BAY_STATE",
        )


def pin_cloud(settings: Settings) -> dict[str, str]:
    """Name the cloud by OS_CLOUD and OS_CLIENT_CONFIG_FILE only, here and for children; returns what it set.

    A password in a child's environment can end in the state (the OpenStack plugin stores its
    configuration), so a login given by OS_* variables is moved to a private clouds.yaml first.
    """
    pinned: dict[str, str] = {}
    if settings.cloud is not None:
        pinned["OS_CLOUD"] = settings.cloud
        file = _clouds_file(settings, settings.cloud)
        if file is not None:
            pinned["OS_CLIENT_CONFIG_FILE"] = str(file.absolute())  # children have other working folders
    elif os.environ.get("OS_AUTH_URL"):
        pinned["OS_CLOUD"] = OPENRC
        pinned["OS_CLIENT_CONFIG_FILE"] = str(_write_openrc_cloud(settings.data / "clouds"))
    for name in leftover_variables():
        del os.environ[name]
    os.environ.update(pinned)
    return pinned


def leftover_variables() -> list[str]:
    """OS_* variables that a child must not see."""
    return sorted(name for name in os.environ if name.startswith("OS_") and name not in CLOUD_VARIABLES)


def _clouds_file(settings: Settings, cloud: str) -> Path | None:
    """The clouds.yaml that the user named; the sandbox's own for its clouds; one in this folder; None: the user's."""
    named = os.environ.get("OS_CLIENT_CONFIG_FILE")
    sandbox = cloud.split("-")[0] == SANDBOX_PREFIX
    if named and not (sandbox and cloud not in _clouds_in(Path(named))):
        return Path(named)
    if sandbox:
        return settings.sandbox_state / "clouds.yaml"
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
    login = json.dumps({key: value for key, value in values.items() if key not in PASSWORDS})
    path = folder / f"{_short_hash(login)}.yaml"
    write_private(path, yaml.safe_dump({"clouds": {OPENRC: {"auth": auth, **cloud}}}))
    return path


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:  # made with mode 0600
        file.write(text)
    os.replace(file.name, path)


def here(cloud: str | None = None, state: str | None = None) -> Settings:
    """Settings of this process; options win."""
    return read(os.environ, cloud, state)


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
