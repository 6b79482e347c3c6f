"""cinder.conf: API, scheduler and one volume service of one process."""

from bay.sandbox import catalog, seeds
from bay.sandbox.config.common import Sections, Settings, authtoken, database, default, libraries, liveness, login


def cinder(settings: Settings) -> Sections:
    """The scheduler waits scheduler_driver_init_wait_time for volume services at start: 60 s if not told otherwise."""
    return {
        "DEFAULT": default(
            auth_strategy="keystone",
            host="sandbox",
            my_ip=catalog.HOST,
            state_path=f"{settings.state}/cinder",
            enabled_backends="sandbox",
            default_volume_type="__DEFAULT__",
            api_paste_config=settings.paste("cinder/api-paste.ini"),
            resource_query_filters_file=settings.paste("cinder/resource_filters.json"),
            glance_api_servers=settings.url("glance"),
            osapi_volume_workers=1,
            report_interval=10,
            periodic_fuzzy_delay=0,
            scheduler_driver_init_wait_time=1,
            **liveness(),
            **{f"quota_{resource}": limit for resource, limit in seeds.QUOTAS["cinder"].items()},
        ),
        "sandbox": {
            "volume_driver": "sandbox_services.cinder_driver.SandboxVolumeDriver",
            "volume_backend_name": "sandbox",
            "target_helper": "fake",
            "max_over_subscription_ratio": 1000,
            "image_volume_cache_enabled": False,
        },
        "database": database(settings, "cinder"),
        **libraries(settings),
        "coordination": {"backend_url": f"file://{settings.state}/cinder/coordination"},
        "nova": login(settings, "nova"),
        "service_user": login(settings, "cinder") | {"send_service_user_token": True},
        **authtoken(settings, "cinder"),
    }
