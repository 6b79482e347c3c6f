"""barbican.conf, and the paste file in which Barbican's token filter is told to read it."""

from pathlib import Path

from bay.sandbox.config.common import Sections, Settings, authtoken, database, default, libraries
from bay.sandbox.secret import MASTER_KEY

FILTER = "keystonemiddleware.auth_token:filter_factory"


def barbican(settings: Settings) -> Sections:
    """Secrets are kept in the database, encrypted with the sandbox's master key."""
    return {
        "DEFAULT": default(host_href=settings.url("barbican"), db_auto_create=False),
        "database": {"connection": database(settings, "barbican")["connection"]},
        **libraries(settings),
        "queue": {"enable": False},
        "secretstore": {"enabled_secretstore_plugins": "store_crypto"},
        "crypto": {"enabled_crypto_plugins": "simple_crypto"},
        "simple_crypto_plugin": {"kek": settings.secrets[MASTER_KEY]},
        **authtoken(settings, "barbican"),
    }


def barbican_paste(packaged: str, configuration: Path) -> str:
    """The packaged paste file, with the place of barbican.conf added to its token filter."""
    lines = f"{FILTER}\noslo_config_project = barbican\noslo_config_file = {configuration}"
    return packaged.replace(FILTER, lines)
