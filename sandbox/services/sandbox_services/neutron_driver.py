# mypy: disable-error-code="import-not-found,misc"
"""What Neutron's agents would do: bind ports, report routers and floating IPs up."""

from typing import Any

from neutron.services.l3_router.l3_router_plugin import L3RouterPlugin
from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.plugins import directory
from neutron_lib.plugins.ml2 import api


class SandboxMechanismDriver(api.MechanismDriver):
    """ML2 mechanism driver that binds every port at once, on whatever host it is."""

    def initialize(self) -> None:
        """Wrap the L3 plugin in place: a subclass of it, named in the configuration, would be loaded beside it."""
        L3RouterPlugin.create_floatingip = _report_status(L3RouterPlugin.create_floatingip)
        L3RouterPlugin.update_floatingip = _report_status(L3RouterPlugin.update_floatingip)

    @property
    def connectivity(self) -> str:
        """What ports get."""
        return str(portbindings.CONNECTIVITY_L2)

    def get_workers(self) -> tuple[()]:
        """None."""
        return ()

    def bind_port(self, context: Any) -> None:
        """Bind to the first segment, and up."""
        details = {portbindings.CAP_PORT_FILTER: True, portbindings.OVS_HYBRID_PLUG: False}
        segment = context.segments_to_bind[0][api.ID]
        context.set_binding(segment, portbindings.VIF_TYPE_OVS, details, status=constants.PORT_STATUS_ACTIVE)

    def create_port_postcommit(self, context: Any) -> None:
        """See :func:`_report_router_port`."""
        _report_router_port(context)

    def update_port_postcommit(self, context: Any) -> None:
        """See :func:`_report_router_port`."""
        _report_router_port(context)

    def check_segment_for_agent(self, segment: Any, agent: Any) -> bool:
        """Every host reaches every segment."""
        return True

    def filter_hosts_with_segment_access(
        self, context: Any, segments: Any, candidate_hosts: Any, agent_getter: Any
    ) -> set[str]:
        """Every host reaches every segment."""
        return set(candidate_hosts)


def _report_router_port(context: Any) -> None:
    """Interfaces and gateways of routers have no host to bind to; the L3 agent reports them up."""
    port = context.current
    if port["device_owner"].startswith("network:router") and port["status"] != constants.PORT_STATUS_ACTIVE:
        plugin = directory.get_plugin()
        plugin.update_port_status(context._plugin_context, port["id"], constants.PORT_STATUS_ACTIVE)


def _report_status(real: Any) -> Any:
    def method(self: Any, context: Any, *arguments: Any, **options: Any) -> Any:
        address = real(self, context, *arguments, **options)
        status = constants.FLOATINGIP_STATUS_ACTIVE if address.get("port_id") else constants.FLOATINGIP_STATUS_DOWN
        if address["status"] != status:
            self.update_floatingip_status(context.elevated(), address["id"], status)
            address["status"] = status
        return address

    return method
