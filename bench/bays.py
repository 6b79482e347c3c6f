"""`bay create` and `bay delete` as a person runs them: whole processes, with a state folder of their own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

BAY = Path(sys.executable).with_name("bay")


@dataclass(frozen=True)
class BayCommand:
    """One bay of one master and some nodes; `folder` holds state and passphrase, `cloud` names the cloud.

    more: options of `bay create`.
    """

    name: str
    nodes: int
    folder: Path
    cloud: dict[str, str]
    more: tuple[str, ...] = ()

    @property
    def environment(self) -> dict[str, str]:
        """This process's own, but for state and cloud."""
        return {**os.environ, "XDG_DATA_HOME": str(self.folder), "BAY_STATE": self.state, **self.cloud}

    @property
    def state(self) -> str:
        """URL of the state."""
        return f"file://{self.folder}/state"

    @property
    def creation(self) -> list[str]:
        """The command that is measured."""
        return [str(BAY), "create", self.name, "--model", "swarm", "--nodes", str(self.nodes), *self.more]

    def make(self) -> None:
        """Returns when all servers are ACTIVE."""
        self._run(self.creation)

    def delete(self) -> None:
        """Everything, also after a `make` that failed; nothing where there is no such bay."""
        try:
            self._run([str(BAY), "delete", self.name, "--yes"])
        except subprocess.CalledProcessError as error:
            if "there is no bay" not in error.stderr:
                raise

    def _run(self, command: list[str]) -> None:
        subprocess.run(command, env=self.environment, stderr=subprocess.PIPE, text=True, check=True)
