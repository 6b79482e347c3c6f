# mypy: disable-error-code="import-not-found,import-untyped,misc"
"""A driver of Magnum whose clusters are bays.

Methods that carry out what a user asked for only note it as a job (`bay.magnum.jobs`) and start a process for it; they
return at once. The conductor's periodic task asks for the status, which is read from the job.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from magnum.common import exception
from magnum.drivers.common import driver
from magnum.objects.fields import ClusterStatus
from oslo_log import log as logging

from bay.components.errors import BayError
from bay.magnum import authorities, clusters, health, logins, options, status, upgrades
from bay.magnum.jobs import DELETE, Job, Values
from bay.magnum.launch import Launcher

LOG = logging.getLogger(__name__)

DISTROS = ("debian", "ubuntu", "fedora-coreos")
"""`os_distro` of images: Magnum asks for a cluster's driver by it, also where the template names the driver."""
COES = ("kubernetes", "swarm", "swarm-mode", "mesos")
"""Magnum 18 to 23 let only the first one through; the others come as labels (`bay.magnum.coe_filter`)."""
HOUR = 60  # minutes
BATCH, MASTERS, UPGRADE = "batch", "masters", "upgrade"


@cache
def launcher() -> Launcher:
    """Of this process."""
    settings = options.settings()
    return Launcher(settings, settings.jobs)


class Driver(driver.Driver):
    """`bay`, in the entry points `magnum.drivers`."""

    @property
    def provides(self) -> list[dict[str, str]]:
        """What clusters it makes."""
        return [{"server_type": "vm", "os": distro, "coe": coe} for coe in COES for distro in DISTROS]

    # What a user asks for: in the conductor, with the user's token in `context`.

    def create_cluster(self, context: Any, cluster: Any, cluster_create_timeout: int | None) -> None:
        """Begin it. Raises for what the bay cannot have: the cluster is CREATE_FAILED then, with the reason."""
        name = clusters.bay_name(cluster)
        request = {
            "bay": name,
            "layers": _refused(lambda: _layers(cluster)),
            "groups": _group_layer(cluster),
            "allow": [],
            "authority": authorities.of_cluster(context, cluster),
            "timeout": (cluster_create_timeout or HOUR) * 60,
        }
        login = _login(context, cluster, request)
        cluster.stack_id = name
        try:
            self._want(cluster, "create", lambda _before: request, login)
        except Exception:
            logins.delete(login)
            raise

    def update_cluster(self, context: Any, cluster: Any, scale_manager: Any = None, rollback: bool = False) -> None:
        """The number of nodes was changed, and is saved already."""
        self._change(cluster)

    def resize_cluster(
        self,
        context: Any,
        cluster: Any,
        resize_manager: Any,
        node_count: int,
        nodes_to_remove: Sequence[str] | None,
        nodegroup: Any = None,
    ) -> None:
        """As `update_cluster`, and these nodes go: servers' ids, names, addresses or indices."""
        self._change(cluster, nodegroup, nodes_to_remove or ())

    def upgrade_cluster(
        self,
        context: Any,
        cluster: Any,
        cluster_template: Any,
        max_batch_size: int,
        nodegroup: Any,
        scale_manager: Any = None,
        rollback: bool = False,
    ) -> None:
        """Of a default group the whole cluster, masters first; of another one the group, to its cluster's template.

        Refused where the bay would refuse it, and nothing is changed: the caller waits for that answer. The cluster has
        the other template once it is upgraded.
        """
        templates = cluster.cluster_template.as_dict(), cluster_template.as_dict()
        wish = _refused(
            lambda: upgrades.upgrade_of(
                cluster.as_dict(), templates, _groups(cluster), nodegroup.as_dict(), max_batch_size
            ),
            exception.NotSupported,
        )
        _refused(lambda: launcher().require_possible(cluster.uuid, wish), exception.NotSupported)
        self._change(cluster, upgrade=wish)
        for group in cluster.nodegroups:
            if nodegroup.is_default and group.status != ClusterStatus.DELETE_IN_PROGRESS:
                group.status = ClusterStatus.UPDATE_IN_PROGRESS
                group.save()

    def delete_cluster(self, context: Any, cluster: Any) -> None:
        """Begin it; what runs is interrupted. A cluster that no job is of has nothing that could be deleted."""
        for group in cluster.nodegroups:
            group.status = ClusterStatus.DELETE_IN_PROGRESS
            group.save()
        self._want(cluster, DELETE, lambda _before: {"bay": clusters.bay_name(cluster)}, {})

    def create_nodegroup(self, context: Any, cluster: Any, nodegroup: Any) -> None:
        """It is in the database already."""
        nodegroup.stack_id = cluster.stack_id
        self._change(cluster, nodegroup)

    def update_nodegroup(self, context: Any, cluster: Any, nodegroup: Any) -> None:
        """What changed is only in the object: the conductor saves it afterwards."""
        nodegroup.save()
        self._change(cluster, nodegroup)

    def delete_nodegroup(self, context: Any, cluster: Any, nodegroup: Any) -> None:
        """The conductor has set its status, and does not save it."""
        nodegroup.save()
        self._change(cluster)

    def validate_master_resize(self, node_count: int) -> None:
        """A bay's masters can be resized, to an odd number."""
        self.validate_master_size(node_count)

    def rotate_credential(self, context: Any, cluster: Any) -> None:
        """A login of the caller's, in place of the one that there is."""
        job = _refused(lambda: launcher().jobs.get(cluster.uuid))
        login = _login(context, cluster, job.request)
        launcher().jobs.set_login(cluster.uuid, login)
        logins.delete(job.login)

    def rotate_ca_certificate(self, context: Any, cluster: Any) -> None:
        """Refused, and Magnum keeps the authority that it had."""
        with authorities.kept(context, cluster):
            raise exception.NotSupported("the bay driver does not rotate the authority of a cluster")

    def create_federation(self, context: Any, federation: Any) -> None:
        """Refused."""
        raise exception.NotSupported("the bay driver has no federations")

    update_federation = create_federation
    delete_federation = create_federation

    # The conductor's periodic tasks: an administrator's context, without a token.

    def update_cluster_status(self, context: Any, cluster: Any, use_admin_ctx: bool = False) -> None:
        """Set and save the status of the cluster and its groups, where it is not what it was."""
        status.update(context, cluster, launcher())

    def get_monitor(self, context: Any, cluster: Any) -> Any:
        """Asks the engine how the nodes are."""
        return health.Monitor(context, cluster, launcher())

    def _change(
        self, cluster: Any, group: Any = None, remove: Sequence[str] = (), upgrade: Values | None = None
    ) -> None:
        allow = [BATCH, MASTERS] if group is not None and group.role == "master" else [BATCH]

        def request(before: Job | None) -> Values:
            """Over the one before: what that asks for and has not got yet is still wanted."""
            left = before.request if before and not before.is_done else {}
            kept = {name: value for name, value in (before.request if before else {}).items() if name != UPGRADE}
            wish = {**upgrade, "alone": not left and not upgrade["group"]} if upgrade else _upgrade_left(before)
            return {
                **kept,
                **({UPGRADE: wish} if wish else {}),
                "groups": _group_layer(cluster),
                "remove": clusters.removals(group, remove, left.get("remove", {})),
                "allow": sorted({*allow, *left.get("allow", ())}),
                "timeout": (cluster.create_timeout or HOUR) * 60,
            }

        self._want(cluster, "update", request, {})

    def _want(self, cluster: Any, operation: str, make: Callable[[Job | None], Values], login: Values) -> None:
        _refused(lambda: launcher().jobs.want(cluster.uuid, operation, make, login))
        launcher().start(cluster.uuid)


def _layers(cluster: Any) -> list[Values]:
    template = cluster.cluster_template
    return clusters.layers(cluster.as_dict(), template.as_dict(), _groups(cluster), options.section().access_api)


def _groups(cluster: Any) -> list[Any]:
    """Those that stay, read anew: the conductor may have changed one of them since the object was made."""
    return [group.as_dict() for group in cluster.nodegroups if group.status != ClusterStatus.DELETE_IN_PROGRESS]


def _group_layer(cluster: Any) -> Values:
    return clusters.group_layer(_groups(cluster), cluster.cluster_template.image_id)


def _upgrade_left(before: Job | None) -> Values:
    """One that is not carried out yet, or that Magnum was not told of: another change comes on top of it."""
    if before is None or (before.is_done and (before.reported == before.done or not before.outcome["ok"])):
        return {}
    return {**before.request[UPGRADE], "alone": False} if UPGRADE in before.request else {}


def _login(context: Any, cluster: Any, request: Values) -> Values:
    return dict(_refused(lambda: logins.create(context, cluster, unrestricted=_is_kubernetes(request))))


def _is_kubernetes(request: Values) -> bool:
    return any(layer.get("coe") == "kubernetes" for layer in request.get("layers", ()))


def _refused(ask: Callable[[], Any], kind: Any = exception.InvalidParameterValue) -> Any:
    """Errors of bay in one line, which Magnum shows as the reason of the cluster's status.

    kind: NotSupported is answered to the user, and leaves the status as it was.
    """
    try:
        return ask()
    except BayError as error:
        hint = f"; {error.hint}" if error.hint else ""
        raise kind(f"{error.message}{hint}") from None
