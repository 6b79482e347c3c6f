"""magnum.conf, and the paste file with the filter for engines that Magnum's own API refuses."""

import sys
from pathlib import Path

from bay.sandbox import catalog
from bay.sandbox.config.common import Sections, Settings, authtoken, database, default, libraries, login

PIPELINE = "authtoken api_v1"
FILTER = """
[filter:bay_coe]
paste.filter_factory = bay.magnum.coe_filter:factory
"""
POLLING = 30  # seconds between looks at the health of all clusters


def magnum(settings: Settings, cache: Path) -> Sections:
    """Certificates are kept in Barbican; ``cache`` is bay's, where Pulumi is."""
    folder = settings.state / "magnum"
    return {
        "DEFAULT": default(),
        "api": {
            "host": catalog.HOST,
            "port": settings.ports["magnum"],
            "api_paste_config": str(settings.state / "etc" / "magnum" / "api-paste.ini"),
        },
        "conductor": {"workers": 1},
        "certificates": {"cert_manager_type": "barbican"},
        "barbican_client": {"region_name": catalog.REGION},
        "cinder_client": {"region_name": catalog.REGION},
        "kubernetes": {"health_polling_interval": POLLING},
        "database": {"connection": database(settings, "magnum")["connection"]},
        **libraries(settings),
        "oslo_policy": {"policy_file": str(settings.state / "etc" / "magnum" / "policy.yaml")},
        "keystone_auth": login(settings, "magnum"),
        **authtoken(settings, "magnum"),
        "drivers": {"default_driver": "bay"},
        "bay": {"folder": str(folder), "cache": str(cache), "python": sys.executable, "lease": 20},
    }


def magnum_paste(packaged: str) -> str:
    """The packaged paste file with our filter behind its token filter."""
    return packaged.replace(PIPELINE, PIPELINE.replace(" ", " bay_coe ")) + FILTER
