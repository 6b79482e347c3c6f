"""Which cloud a user means: read by openstacksdk, and by nothing else."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openstack.config import OpenStackConfig
    from openstack.config.cloud_region import CloudRegion


@dataclass(frozen=True)
class Login:
    """Which cloud is meant, as for any OpenStack client.

    cloud: name in a clouds.yaml; None for the only one there is. clouds_file: None where openstacksdk looks for it.
    region: in place of the cloud's first. cacert: certificates of the authority to trust, where its entry names
    none. uses_environment: whether OS_* variables of this process count.
    """

    cloud: str | None = None
    clouds_file: Path | None = None
    region: str | None = None
    cacert: Path | None = None
    uses_environment: bool = False

    @property
    def config(self) -> "OpenStackConfig":
        """All that openstacksdk finds; raises what it raises."""
        from openstack.config import OpenStackConfig

        files = [str(self.clouds_file)] if self.clouds_file else None
        return OpenStackConfig(config_files=files, load_envvars=self.uses_environment, app_name="bay")

    def resolve(self) -> "CloudRegion":
        """The cloud with everything merged: profiles, secure files, regions; raises what openstacksdk raises."""
        cloud = self.config.get_one(cloud=self.cloud, region_name=self.region)
        if self.cacert and not cloud.config.get("cacert"):
            cloud.config["cacert"] = str(self.cacert)
        return cloud
