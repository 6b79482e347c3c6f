"""nova.conf: API, conductor, scheduler and compute hosts of one process."""

from bay.sandbox import catalog, seeds
from bay.sandbox.config.common import (
    Option,
    Sections,
    Settings,
    authtoken,
    database,
    default,
    libraries,
    liveness,
    login,
)

# Not ComputeFilter: a host that could not report for a minute because the machine is busy is not down.
FILTERS = (
    "ComputeCapabilitiesFilter",
    "ImagePropertiesFilter",
    "ServerGroupAntiAffinityFilter",
    "ServerGroupAffinityFilter",
)


def nova(settings: Settings) -> Sections:
    """Nobody plugs virtual interfaces here, so a build does not wait for them; periodic repairs are off."""
    return {
        "DEFAULT": _compute(settings),
        "api": {"auth_strategy": "keystone"},
        "api_database": database(settings, "nova_api"),
        "database": database(settings, "nova"),
        **libraries(settings),
        "glance": {"api_servers": settings.url("glance")},
        "vnc": {"enabled": False},
        "scheduler": {"discover_hosts_in_cells_interval": -1},
        "filter_scheduler": {
            "track_instance_changes": False,
            "shuffle_best_same_weighed_hosts": True,
            "enabled_filters": ",".join(FILTERS),
        },
        "quota": dict(seeds.QUOTAS["nova"]),
        **_clients(settings),
        **authtoken(settings, "nova"),
    }


def _compute(settings: Settings) -> dict[str, Option]:
    return default(
        host="sandbox-compute-1",
        my_ip=catalog.HOST,
        state_path=f"{settings.state}/nova",
        compute_driver="sandbox.BootDriver" if settings.boot else "sandbox.SandboxDriver",
        resume_guests_state_on_host_boot=settings.boot,
        reserved_host_memory_mb=0,
        vif_plugging_is_fatal=False,
        vif_plugging_timeout=0,
        force_config_drive=False,
        sync_power_state_interval=-1,
        heal_instance_info_cache_interval=-1,
        scheduler_instance_sync_interval=-1,
        max_concurrent_builds=0,
        block_device_allocate_retries_interval=1,
        block_device_allocate_retries=600,  # a volume that cannot be made says so: until then it is waited for
        **liveness(),
    )


def _clients(settings: Settings) -> Sections:
    clients: Sections = {name: login(settings, "nova") for name in ("placement", "neutron", "cinder", "keystone")}
    clients["service_user"] = login(settings, "nova") | {"send_service_user_token": True}
    return clients
