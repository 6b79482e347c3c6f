"""octavia.conf."""

from bay.sandbox import seeds
from bay.sandbox.config.common import Sections, Settings, authtoken, database, default, libraries, login

PROVIDERS = "amphora:Load balancers of the sandbox, octavia:Another name of amphora"


def octavia(settings: Settings) -> Sections:
    """The API and no worker: what amphorae would do, a driver and a thread in the API's own process do."""
    return {
        "DEFAULT": default(),
        "api_settings": {
            "auth_strategy": "keystone",
            "enabled_provider_drivers": PROVIDERS,
            "default_provider_driver": "amphora",
        },
        "controller_worker": {
            "amphora_driver": "amphora_noop_driver",
            "compute_driver": "compute_noop_driver",
            "image_driver": "image_noop_driver",
            "volume_driver": "volume_noop_driver",
            "network_driver": "allowed_address_pairs_driver",
        },
        "oslo_messaging": {"topic": "octavia"},
        "certificates": {"cert_manager": "barbican_cert_manager"},
        "quotas": {f"default_{resource}_quota": limit for resource, limit in seeds.QUOTAS["octavia"].items()},
        "database": database(settings, "octavia"),
        **libraries(settings),
        "service_auth": login(settings, "octavia"),
        "neutron": login(settings, "octavia"),
        **authtoken(settings, "octavia"),
    }
