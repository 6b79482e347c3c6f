"""glance-api.conf."""

from bay.sandbox.config.common import Sections, Settings, authtoken, database, default, libraries


def glance(settings: Settings) -> Sections:
    """Images are files of the state folder."""
    images = f"{settings.state}/images"
    return {
        "DEFAULT": default(enabled_backends="file:file"),
        "database": database(settings, "glance"),
        **libraries(settings),
        "glance_store": {"default_backend": "file"},
        "file": {"filesystem_store_datadir": f"{images}/data"},
        "os_glance_staging_store": {"filesystem_store_datadir": f"{images}/staging"},
        "os_glance_tasks_store": {"filesystem_store_datadir": f"{images}/tasks"},
        "paste_deploy": {"flavor": "keystone", "config_file": settings.paste("glance/glance-api-paste.ini")},
        **authtoken(settings, "glance"),
    }
