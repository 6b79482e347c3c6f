"""The environment: the only module that reads it, and the one that prepares it for child processes."""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from bay.components.errors import BayError

CLOUD_VARIABLES = ("OS_CLOUD", "OS_CLIENT_CONFIG_FILE")
SANDBOX_PREFIX = "sandbox"
SHARED = ".pulumi"
"""In place of a bay's name: no bay can be called so."""


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
    def state_key(self) -> str:
        """Short name of the state, for files that are kept for each state."""
        return hashlib.sha256(self.state.encode()).hexdigest()[:12]

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
    if not settings.state.startswith("file://"):
        return
    folder = Path(settings.state.removeprefix("file://")).expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise BayError(
            f"state folder {folder}: {error.strerror}",
            "make it writable, or name another with --state or BAY_STATE",
        ) from None


def pin_cloud(settings: Settings) -> dict[str, str]:
    """Name the cloud by OS_CLOUD and OS_CLIENT_CONFIG_FILE only, here and for children; returns what it set.

    A password in a child's environment can end in the state (the OpenStack plugin stores its
    configuration), so a login given by OS_* variables is moved to a private clouds.yaml first.
    """
    pinned: dict[str, str] = {}
    if settings.cloud is not None:
        pinned["OS_CLOUD"] = settings.cloud
        if settings.cloud.split("-")[0] == SANDBOX_PREFIX and "OS_CLIENT_CONFIG_FILE" not in os.environ:
            pinned["OS_CLIENT_CONFIG_FILE"] = str(settings.sandbox_state / "clouds.yaml")
    elif os.environ.get("OS_AUTH_URL"):
        pinned["OS_CLOUD"] = "openrc"
        pinned["OS_CLIENT_CONFIG_FILE"] = str(_write_openrc_cloud(settings.data / "clouds.yaml"))
    for name in leftover_variables(os.environ):
        del os.environ[name]
    os.environ.update(pinned)
    return pinned


def leftover_variables(environ: Mapping[str, str]) -> list[str]:
    """OS_* variables that a child must not see."""
    return [name for name in environ if name.startswith("OS_") and name not in CLOUD_VARIABLES]


def _write_openrc_cloud(path: Path) -> Path:
    """The login of the OS_* variables as a clouds.yaml of one cloud, mode 0600."""
    auth: dict[str, str] = {}
    cloud: dict[str, str] = {}
    for name in leftover_variables(os.environ):
        key, value = name.removeprefix("OS_").lower(), os.environ[name]
        place = cloud if key in ("region_name", "interface", "identity_api_version", "auth_type", "cacert") else auth
        place[key] = value
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = yaml.safe_dump({"clouds": {"openrc": {"auth": auth, **cloud}}})
    write_private(path, text)
    return path


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:  # made with mode 0600
        file.write(text)
    os.replace(file.name, path)


def here() -> Settings:
    """Settings of this process, for commands that need no cloud."""
    return read(os.environ)
