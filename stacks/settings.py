"""Where bay keeps things, and what its child processes start with: plain values, from whoever starts an operation."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

SHARED = ".pulumi"
"""In place of a bay's name: no bay can be called so."""


@dataclass(frozen=True)
class Settings:
    """Folders and state of some bays.

    cache, data, config: folders, made when they are needed. state: URL of the Pulumi backend. environment: what child
    processes start with, as a process gives to its children; the login of the cloud and a bay's passphrase come on top.
    """

    cache: Path
    data: Path
    config: Path
    state: str
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def default(cls, state: str = "", environment: Mapping[str, str] | None = None) -> "Settings":
        """The user's own folders (XDG's on Linux); state: empty for the folder in which `bay` keeps it."""
        data = platformdirs.user_data_path("bay")
        return cls(
            cache=platformdirs.user_cache_path("bay"),
            data=data,
            config=platformdirs.user_config_path("bay"),
            state=state or f"file://{data / 'state'}",
            environment=environment or {"PATH": os.defpath, "HOME": str(Path.home())},
        )

    @property
    def path(self) -> str:
        """Where programs are."""
        return self.environment.get("PATH", os.defpath)

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
        return folder_of(self.state)

    @property
    def state_key(self) -> str:
        """Short name of the state, for files that are kept for each state."""
        return short_hash(self.state)

    @property
    def has_own_passphrase(self) -> bool:
        """Whether the environment names a passphrase of the user's own; what `bay env` exported is none."""
        file = self.environment.get("PULUMI_CONFIG_PASSPHRASE_FILE")
        own_file = bool(file) and not Path(str(file)).is_relative_to(self.data)
        return own_file or bool(self.environment.get("PULUMI_CONFIG_PASSPHRASE"))

    def passphrase_file(self, bay: str) -> Path:
        """Where the passphrase of a bay's secrets is kept, mode 0600."""
        return self.data / "passphrases" / self.state_key / bay

    @property
    def shared_passphrase_file(self) -> Path:
        """The passphrase of stacks that plain `pulumi` makes in a shell after ``eval "$(bay env)"``."""
        return self.passphrase_file(SHARED)

    def lock_file(self, bay: str) -> Path:
        """Held by whoever is changing this bay from this machine."""
        return self.data / "locks" / self.state_key / f"{bay}.lock"


def folder_of(state: str) -> Path | None:
    """Folder of a ``file://`` state, None for every other backend."""
    folder = state.removeprefix("file://")
    return Path(folder).expanduser() if folder != state else None


def short_hash(text: str) -> str:
    """12 hexadecimal digits that stand for a text in the name of a file."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]
