"""What a site decides: the section [bay] of magnum.conf, as plain values that a runner gets, too."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bay.magnum.jobs import Jobs, read_keys

KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")
"""Variables of a conductor that its workers have, too, beside the proxies'."""


@dataclass(frozen=True)
class Settings:
    """Where jobs, bays and Pulumi are; see docs/magnum-service.md.

    folder: of the conductor's own: logs, passphrases, logins while they are used. database: URL of the jobs. state: URL
    of the Pulumi backend. key_file: what the secrets of jobs are encrypted with. python: of the virtual environment
    with bay. lease: seconds after which a silent runner is taken for dead.
    """

    folder: str
    database: str = ""
    state: str = ""
    cache: str = ""
    key_file: str = ""
    passphrase_file: str = ""
    python: str = ""
    lease: float = 60.0

    @property
    def jobs(self) -> Jobs:
        """The table of jobs, made if it is not there yet."""
        url = self.database or f"sqlite:///{self.folder}/jobs.sqlite"
        Path(self.folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        jobs = Jobs(url, read_keys(Path(self.key_file or f"{self.folder}/jobs.key")))
        jobs.create_table()
        return jobs

    def own_folder(self, cluster: str) -> Path:
        """Of one cluster, on this host."""
        return Path(self.folder) / "clusters" / cluster

    def place(self, cluster: str) -> dict[str, Any]:
        """Where a worker finds the bays (`bay.stacks.worker_request.Place`)."""
        own = self.own_folder(cluster)
        environment = {name: value for name, value in os.environ.items() if name in KEPT or _is_proxy(name)}
        if self.passphrase_file:
            environment["PULUMI_CONFIG_PASSPHRASE_FILE"] = self.passphrase_file
        return {
            "cache": self.cache or f"{self.folder}/cache",
            "data": f"{self.folder}/data",
            "config": f"{self.folder}/config",
            "state": self.state or f"file://{self.folder}/state",
            "cloud": "magnum",
            "clouds_file": str(own / "clouds.yaml"),
            "environment": {"PATH": os.defpath, "HOME": str(own), **environment},
        }


def _is_proxy(name: str) -> bool:
    return name.lower() in ("http_proxy", "https_proxy", "no_proxy")
