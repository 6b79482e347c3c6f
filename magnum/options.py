# mypy: disable-error-code="import-not-found,import-untyped"
"""The section [bay] of magnum.conf."""

import sys
from functools import cache
from typing import Any

import magnum.conf
from oslo_config import cfg

from bay.magnum.settings import Settings

OPTIONS = (
    cfg.StrOpt("folder", default="/var/lib/magnum/bay", help="Folder of this conductor: logs, and what has no other."),
    cfg.StrOpt(
        "database",
        default="",
        secret=True,
        help="SQLAlchemy URL of the jobs; PostgreSQL or MariaDB for several conductors. Empty: SQLite in the folder.",
    ),
    cfg.StrOpt("state", default="", secret=True, help="Pulumi backend of all bays: postgres://, s3://, file://."),
    cfg.StrOpt("cache", default="", help="Folder with Pulumi, where 'bay' built it. Empty: cache in the folder."),
    cfg.StrOpt("key_file", default="", help="Fernet keys for logins in jobs, one a line; the same on each conductor."),
    cfg.StrOpt("passphrase_file", default="", help="Passphrase of all states. Empty: one a bay, in the folder."),
    cfg.StrOpt("python", default=sys.executable, help="Python of the virtual environment with bay."),
    cfg.FloatOpt("lease", default=60.0, min=10.0, help="Seconds after which a silent job is taken over."),
    cfg.ListOpt("access_api", default=["0.0.0.0/0"], help="Who may reach a cluster's API, where no label says it."),
    cfg.ListOpt("health_networks", default=[], help="Private CIDRs whose APIs are asked by the default route, too."),
    cfg.StrOpt("interface", default="public", help="Endpoint of Keystone that bays log in at."),
    cfg.StrOpt("region_name", default="", help="Region of the bays. Empty: [cinder_client] region_name."),
)


def list_opts() -> list[tuple[str, Any]]:
    """For oslo-config-generator, by the entry point ``oslo.config.opts``."""
    return [("bay", list(OPTIONS))]


@cache
def section() -> Any:
    """The section of the running service."""
    magnum.conf.CONF.register_opts(OPTIONS, group="bay")
    return magnum.conf.CONF.bay


def settings() -> Settings:
    """What a runner needs of it."""
    said = section()
    return Settings(
        folder=said.folder,
        database=said.database,
        state=said.state,
        cache=said.cache,
        key_file=said.key_file,
        passphrase_file=said.passphrase_file,
        python=said.python,
        lease=said.lease,
    )
