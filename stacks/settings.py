"""Where bay keeps things, and what its child processes start with: plain values, from whoever starts an operation."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from bay.components.errors import BayError, InvalidInput, nearest
from bay.stacks.child_environment import PASSPHRASE
from bay.stacks.state_url import absolute_state, folder_of, quote_path

SHARED = ".pulumi"
"""In place of a bay's name: no bay can be called so."""
PROJECT = "bay"
"""Name of the Pulumi project whose stacks are bays."""


FILE, BARBICAN = PLACES = ("file", "barbican")
"""Where the passphrase of a new bay is kept: on this machine, or in Barbican of its project."""

FOLDERS = (platformdirs.user_cache_path, platformdirs.user_data_path, platformdirs.user_config_path)


@dataclass(frozen=True)
class Settings:
    """Folders and state of some bays; InvalidInput for a ``file://`` state that names no folder.

    cache, data, config: folders, made when they are needed. state: URL of the Pulumi backend. environment: what child
    processes start with, as a process gives to its children; the login of the cloud and a bay's passphrase come on top.
    Relative paths in these, and ``~``, are those of this process. secrets: where passphrases of new bays are kept, in a
    ``file`` below data, or in ``barbican``; those that there are stay where they are.
    """

    cache: Path
    data: Path
    config: Path
    state: str
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: str = FILE

    def __post_init__(self) -> None:
        """Make paths absolute: child processes run in other folders."""
        require_place(self.secrets)
        for name in ("cache", "data", "config"):
            object.__setattr__(self, name, getattr(self, name).absolute())
        object.__setattr__(self, "state", absolute_state(self.state))

    @classmethod
    def default(cls, state: str = "", environment: Mapping[str, str] | None = None, secrets: str = FILE) -> "Settings":
        """The user's own folders (XDG's on Linux); state: empty for the folder in which `bay` keeps it.

        BayError for a user who has no home folder, as in a container under a number that is no user's.
        """
        try:
            cache, data, config = (folder("bay") for folder in FOLDERS)
        except RuntimeError:
            raise BayError("this user has no home folder", "set HOME to a folder") from None
        state = state or f"file://{quote_path(str(data / 'state'))}"
        return cls(cache, data, config, state, environment or {"PATH": os.defpath, "HOME": str(Path.home())}, secrets)

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
        """Short name of the state, for files that are kept for each state; Pulumi's options in it make no other."""
        return short_hash(self.state.partition("?")[0] if self.state_folder else self.state)

    @property
    def names_file(self) -> Path:
        """Names of the bays when they were listed last, for a state that is asked over a network."""
        return self.cache / "names" / self.state_key

    @property
    def has_own_passphrase(self) -> bool:
        """Whether the environment names a passphrase of the user's own.

        What `bay env` exported is none, and neither is one of nothing or blanks.
        """
        return bool(self.own_passphrase_file) or bool(self.environment.get(PASSPHRASE, "").strip())

    @property
    def own_passphrase_file(self) -> Path | None:
        """The file that the environment names for a passphrase of the user's own; None where it names none."""
        file = self.environment.get("PULUMI_CONFIG_PASSPHRASE_FILE")
        path = Path(file).absolute() if file else None
        return path if path and not path.is_relative_to(self.data) else None

    def passphrase_file(self, bay: str) -> Path:
        """Where the passphrase of a bay's secrets is kept, mode 0600."""
        return self.data / "passphrases" / self.state_key / bay

    def next_passphrase_file(self, bay: str) -> Path:
        """Where the passphrase is kept that a rotation puts in the place of it; there while one is not finished."""
        return self.data / "passphrases" / self.state_key / f".{bay}.next"

    @property
    def shared_passphrase_file(self) -> Path:
        """The passphrase of stacks that plain `pulumi` makes in a shell after ``eval "$(bay env)"``."""
        return self.passphrase_file(SHARED)

    def lock_file(self, bay: str) -> Path:
        """Held by whoever is changing this bay from this machine."""
        return self.data / "locks" / self.state_key / f"{bay}.lock"


def short_hash(text: str) -> str:
    """12 hexadecimal digits that stand for a text in the name of a file."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def require_place(secrets: str) -> None:
    """InvalidInput for a word that says nothing of where a passphrase is kept."""
    if secrets not in PLACES:
        raise InvalidInput(f"no passphrase is kept in {secrets!r}", nearest(secrets, PLACES))
