"""A real OpenStack on one machine: Keystone, Nova, Placement, Neutron, Glance, Cinder, Octavia and Barbican.

The services run from their own packages in an environment of their own, on 127.0.0.1. Nothing here imports them.
"""

from bay.sandbox.catalog import DEFAULT_FIRST_PORT
from bay.sandbox.cloud import Sandbox
from bay.sandbox.errors import SandboxError
from bay.sandbox.status import ServiceStatus, Status

__all__ = ["DEFAULT_FIRST_PORT", "Sandbox", "SandboxError", "ServiceStatus", "Status"]
