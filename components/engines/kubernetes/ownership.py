"""What cloud-provider-openstack (1.34) writes into the things that it makes; its cluster name is the bay's id here.

Read in its source: pkg/openstack/loadbalancer.go, loadbalancer_sg.go, pkg/ingress, pkg/csi/cinder/controllerserver.go.
A security group's name (``lb-sg-<uid of the Service>-...``) names no cluster, so its description is what counts. Names
are cut at 255 characters, after the id.
"""

from bay.components.engines.ownership_rules import OwnershipRule

CINDER_CLUSTER = "metadata.cinder.csi.openstack.org/cluster"

OF_SERVICES = (
    OwnershipRule("floating IP", "description", "Floating IP for Kubernetes external service * from cluster {bay_id}"),
    OwnershipRule("load balancer", "name", "kube_service_{bay_id}_*"),
    OwnershipRule("load balancer", "description", "Kubernetes external service * from cluster {bay_id}"),
    # A Service may share a load balancer that somebody else made: only its listeners are the bay's.
    OwnershipRule("listener", "tags", "kube_service_{bay_id}_*"),
    OwnershipRule("security group", "description", "Security Group for * Service LoadBalancer in cluster {bay_id}"),
)
OF_INGRESSES = (
    OwnershipRule("floating IP", "description", "Floating IP for Kubernetes ingress * from cluster {bay_id}"),
    OwnershipRule("load balancer", "name", "kube_ingress_{bay_id}_*"),
    OwnershipRule("security group", "description", "Security group created for Ingress * from cluster {bay_id}"),
)
"""Of octavia-ingress-controller, which is not installed here; who installs it gives it the bay's id as cluster name."""

OF_VOLUMES = (
    OwnershipRule("backup", CINDER_CLUSTER, "{bay_id}"),
    OwnershipRule("snapshot", CINDER_CLUSTER, "{bay_id}"),
    OwnershipRule("volume", CINDER_CLUSTER, "{bay_id}"),
)

OWNERSHIP_RULES = (*OF_SERVICES, *OF_INGRESSES, *OF_VOLUMES)
