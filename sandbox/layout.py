"""Where things are inside the state folder of a sandbox."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The paths of one state folder."""

    state: Path

    @property
    def lock(self) -> Path:
        """Held by whoever starts, stops or resets this sandbox."""
        return self.state / "lock"

    @property
    def passwords(self) -> Path:
        """Of all users, and Barbican's master key; JSON."""
        return self.state / "passwords.json"

    @property
    def clouds(self) -> Path:
        """The sandbox's clouds.yaml."""
        return self.state / "clouds.yaml"

    @property
    def plan(self) -> Path:
        """What the services' processes are told; JSON."""
        return self.state / "etc" / "plan.json"

    @property
    def etc(self) -> Path:
        """Configuration of the services, written anew by each start."""
        return self.state / "etc"

    @property
    def home(self) -> Path:
        """HOME of the services' processes."""
        return self.state / "home"

    @property
    def log(self) -> Path:
        """One file a service."""
        return self.state / "log"

    @property
    def run(self) -> Path:
        """One record a process."""
        return self.state / "run"

    @property
    def database(self) -> Path:
        """SQLite files."""
        return self.state / "db"

    @property
    def schema(self) -> Path:
        """Digest of what made the databases; there when they are complete."""
        return self.database / "schema"

    @property
    def seeded(self) -> Path:
        """What was put into the databases; there when all of it is in."""
        return self.database / "seeded"

    @property
    def booting(self) -> Path:
        """Whether servers boot, and which ranges the networks have; JSON."""
        return self.state / "booting.json"

    @property
    def extras(self) -> Path:
        """Names of the services beside those that every sandbox has; JSON."""
        return self.state / "extras.json"

    @property
    def keys(self) -> Path:
        """Keystone's Fernet keys."""
        return self.state / "keys"
