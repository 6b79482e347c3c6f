# mypy: disable-error-code="import-not-found,misc"
"""Octavia's provider driver: it accepts everything; octavia_worker does the rest."""

from typing import Any

from octavia.api.drivers.noop_driver import driver
from octavia_lib.api.drivers import exceptions


class SandboxProviderDriver(driver.NoopProviderDriver):
    """Stands behind each provider that the configuration offers."""

    def create_vip_port(self, *arguments: Any) -> None:
        """Leave the port of the virtual IP to Octavia, which makes a real one in Neutron."""
        message = "Octavia makes the port of the virtual IP."
        raise exceptions.NotImplementedError(user_fault_string=message, operator_fault_string=message)
