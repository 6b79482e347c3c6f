"""A login to a cloud, as bay and its child processes are handed it: a name in a clouds.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Login:
    """cloud: name in a clouds.yaml; None for none given. clouds_file: None where openstacksdk looks for it itself."""

    cloud: str | None = None
    clouds_file: Path | None = None

    def environment(self) -> Mapping[str, str]:
        """For a child process. A password in its environment can end in the state (the OpenStack plugin stores its
        configuration), so it gets the name and the file only."""
        file = {"OS_CLIENT_CONFIG_FILE": str(self.clouds_file)} if self.clouds_file else {}
        return {**file, **({"OS_CLOUD": self.cloud} if self.cloud else {})}
