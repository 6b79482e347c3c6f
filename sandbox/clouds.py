"""The sandbox's own clouds.yaml."""

import yaml

from bay.sandbox import catalog, seeds
from bay.sandbox.config import Settings


def clouds_yaml(settings: Settings) -> str:
    """Text of a clouds.yaml with an entry for each of :data:`seeds.CLOUDS`."""
    entries = {}
    for cloud, (project, user) in seeds.CLOUDS.items():
        auth = {
            "auth_url": settings.auth_url,
            "project_name": project,
            "username": user,
            "password": settings.secrets[user],
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        }
        entries[cloud] = {"auth": auth, "region_name": catalog.REGION, "identity_api_version": 3}
    return yaml.safe_dump({"clouds": entries}, sort_keys=False)
