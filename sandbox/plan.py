"""What the services' processes are told: one JSON file, the only thing that passes from here into their environment."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bay.components.private_files import write_private
from bay.sandbox import catalog, config, install, seeds
from bay.sandbox.config import Settings
from bay.sandbox.layout import Layout

SERVICES_CODE = Path(__file__).parent / "services"
SCHEMA_CODE = SERVICES_CODE / "sandbox_services" / "schemas.py"


def schema() -> str:
    """Digest of what the databases' schema depends on; another one cannot read this sandbox's databases."""
    return _digest(install.REQUIREMENTS, SCHEMA_CODE)


def write(settings: Settings, layout: Layout, cache: Path, block: int) -> str:
    """Write the plan and the services' configuration; return the build, a digest of all that a service starts from.

    ``block`` chooses the ranges of the networks, see :func:`seeds.ranges`. A service that runs from another build has
    to be started again. Raises OSError where the files cannot be written.
    """
    plan, files = _plan(settings, cache, block), config.files(settings)
    build = hashlib.sha256(_digest(*sorted(SERVICES_CODE.rglob("*.py"))).encode())
    build.update(json.dumps([plan, files], sort_keys=True).encode())
    for path, text in files.items():
        write_private(layout.state / path, text)
    write_private(layout.plan, json.dumps(plan | {"build": build.hexdigest()[:16]}, indent=1))
    return build.hexdigest()[:16]


def _plan(settings: Settings, cache: Path, block: int) -> dict[str, Any]:
    services = {}
    for service in catalog.SERVICES:
        url = settings.url(service.name) + service.path
        services[service.name] = asdict(service) | {"port": settings.ports[service.name], "url": url}
    return {
        "state": str(settings.state),
        "template": str(cache / "databases" / schema()),
        "host": catalog.HOST,
        "region": catalog.REGION,
        "services": services,
        "passwords": {user: settings.secrets[user] for user in (*seeds.USERS, *catalog.NAMES)},
        "projects": seeds.PROJECTS,
        "member_roles": seeds.MEMBER_ROLES,
        "readers": seeds.READERS,
        "reader_roles": seeds.READER_ROLES,
        "flavors": seeds.FLAVORS,
        "images": seeds.IMAGES,
        "networks": seeds.networks(block),
        "node_images": str(cache.absolute() / "nodes") if settings.boot else None,
    }


def _digest(*files: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
