"""What bay is called where packages are installed from: the name ``bay`` is another project's there."""

from importlib.metadata import version

DISTRIBUTION = "openstack-bay"


def installed_version() -> str:
    """Of bay, as it is installed here."""
    return version(DISTRIBUTION)
