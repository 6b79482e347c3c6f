"""neutron.conf."""

from bay.sandbox import seeds
from bay.sandbox.config.common import Sections, Settings, authtoken, database, default, libraries, login

SERVICE_PLUGINS = "router,port_forwarding,tag"
EXTENSION_DRIVERS = "port_security,dns"
"""What bays and their users may ask for; qos and segments would add a tenth to the time of every port."""


def neutron(settings: Settings) -> Sections:
    """No agents: the mechanism driver `sandbox` binds every port itself."""
    return {
        "DEFAULT": default(
            core_plugin="ml2",
            service_plugins=SERVICE_PLUGINS,
            auth_strategy="keystone",
            state_path=f"{settings.state}/neutron",
            api_paste_config=settings.paste("neutron/api-paste.ini"),
            notify_nova_on_port_status_changes=False,
            notify_nova_on_port_data_changes=False,
            dhcp_agent_notification=False,
            rpc_workers=0,
            rpc_state_report_workers=0,
            api_workers=1,
            max_allowed_address_pair=100,
        ),
        "ml2": {
            "type_drivers": "flat,vxlan",
            "tenant_network_types": "vxlan",
            "mechanism_drivers": "sandbox",
            "extension_drivers": EXTENSION_DRIVERS,
        },
        "ml2_type_vxlan": {"vni_ranges": "1:2000"},
        "ml2_type_flat": {"flat_networks": ",".join(seeds.PHYSICAL_NETWORKS)},
        "quotas": {
            # The other driver locks rows while it counts, which SQLite cannot.
            "quota_driver": "neutron.db.quota.driver_nolock.DbQuotaNoLockDriver",
            **{f"quota_{resource}": limit for resource, limit in seeds.QUOTAS["neutron"].items()},
        },
        "database": database(settings, "neutron"),
        **libraries(settings),
        "nova": login(settings, "nova"),
        "placement": login(settings, "placement"),
        **authtoken(settings, "neutron"),
    }
