"""What the configuration files of several services have in common."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bay.sandbox import catalog

Option = str | int | bool
Sections = dict[str, dict[str, Option]]
"""An oslo.config file: section, option, value."""


@dataclass(frozen=True)
class Settings:
    """What the configuration of one sandbox depends on."""

    state: Path
    environment: Path
    """The virtual environment of the services: their paste files are in its etc/."""
    ports: Mapping[str, int]
    secrets: Mapping[str, str]
    boot: bool = False
    """Whether servers boot."""

    def url(self, service: str) -> str:
        """Where a service listens, without the path that the catalog adds."""
        return f"http://{catalog.HOST}:{self.ports[service]}"

    @property
    def auth_url(self) -> str:
        """Keystone's."""
        return self.url("keystone") + "/v3"

    def paste(self, name: str) -> str:
        """A file that came with the package of a service."""
        return str(self.environment / "etc" / name)


def database(settings: Settings, name: str) -> dict[str, Option]:
    """A [database] section: one SQLite file. The time-out, in seconds, is SQLite's own; see services' sqlite module."""
    return {
        "connection": f"sqlite:///{settings.state}/db/{name}.sqlite?timeout=60",
        "sqlite_synchronous": False,
    }


DAY = 86400  # seconds


def default(**options: Option) -> dict[str, Option]:
    """A [DEFAULT] section. There is no broker: a service and those that it calls are threads of one process, so an
    answer that is long in coming comes all the same, when the machine has the time for it."""
    return {"transport_url": "fake://", "rpc_response_timeout": 1800, **options}


def liveness() -> dict[str, Option]:
    """Options of services whose hosts are threads of one process: one that could not report for a minute, because the
    machine is busy, is not down. Nova would leave a deleted server's node running, Cinder would refuse a volume."""
    return {"service_down_time": DAY}


def libraries(settings: Settings) -> Sections:
    """Sections of the common libraries."""
    return {
        "oslo_messaging_notifications": {"driver": "noop"},
        "oslo_concurrency": {"lock_path": f"{settings.state}/lock.d"},
    }


def login(settings: Settings, user: str) -> dict[str, Option]:
    """How a service authenticates, as its own user in the project `service`."""
    return {
        "auth_url": settings.auth_url,
        "auth_type": "password",
        "username": user,
        "password": settings.secrets[user],
        "project_name": "service",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
        "region_name": catalog.REGION,
    }


def authtoken(settings: Settings, user: str) -> Sections:
    """How a service checks the tokens of its callers."""
    section = login(settings, user)
    section |= {"www_authenticate_uri": settings.auth_url, "token_cache_time": 300}
    section["service_token_roles_required"] = True
    known = (*catalog.SERVICES, *catalog.EXTRAS.values())
    section["service_type"] = next(service.type for service in known if service.name == user)
    return {"keystone_authtoken": section}


def render(sections: Sections) -> str:
    """The text of a configuration file."""
    blocks = []
    for name, options in sections.items():
        lines = [f"[{name}]", *(f"{option} = {value}" for option, value in options.items())]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)
