# mypy: disable-error-code="import-not-found,import-untyped"
"""What Magnum is told of a cluster, from its job alone: the object in hand may be older than what another conductor
has begun since."""

import shutil
import time
from typing import Any

from magnum.objects.fields import ClusterStatus
from oslo_log import log as logging

from bay.magnum import authorities, clusters, logins
from bay.magnum.jobs import DELETE, Job
from bay.magnum.launch import Launcher

LOG = logging.getLogger(__name__)

LOST = 120.0
"""Seconds in which a conductor notes a job after it has written a status. One that died between the two left a cluster
which is IN_PROGRESS for ever; it is told the last outcome again."""
SCHEMES = {"kubernetes": "https", "swarm": "tcp"}
"""The client puts the address into DOCKER_HOST, or into a kubeconfig."""
_waiting: dict[str, tuple[tuple[str, int], float]] = {}
"""Cluster -> its status and the job that was done last, and since when they are so, by the monotonic clock."""


def update(context: Any, cluster: Any, launcher: Launcher) -> None:
    """Set and save it, where the job's outcome is news; start a runner where there is none and something is wanted."""
    job = launcher.jobs.find(cluster.uuid)
    if job is None:
        if _is_lost(cluster, 0):
            _waiting.pop(cluster.uuid)
            _fail(cluster, "its conductor ended before it was begun: delete it, and create it again")
        return
    launcher.ensure(job)
    if not job.is_done or (job.reported == job.done and not _is_lost(cluster, job.done)):
        return
    _waiting.pop(cluster.uuid, None)
    if job.outcome["operation"] == DELETE and job.outcome["ok"]:
        _end(context, cluster, launcher, job)
        return
    _tell(cluster, job)
    launcher.jobs.report(cluster.uuid, job.done)


def _is_lost(cluster: Any, done: int) -> bool:
    """Whether nothing is heard of what it is said to be doing."""
    seen = cluster.status, done
    if _waiting.get(cluster.uuid, (None, 0.0))[0] != seen:
        _waiting[cluster.uuid] = seen, time.monotonic()
    return time.monotonic() - _waiting[cluster.uuid][1] > LOST


def _fail(cluster: Any, reason: str) -> None:
    verb = cluster.status.partition("_")[0]
    cluster.status, cluster.status_reason = f"{verb}_FAILED", reason
    cluster.save()


def _end(context: Any, cluster: Any, launcher: Launcher, job: Job) -> None:
    """The bay is gone: what Magnum and Keystone keep of it goes, too. The conductor deletes the rows."""
    authorities.delete_left(context, cluster)
    logins.delete(job.login)
    cluster.status, cluster.status_reason = ClusterStatus.DELETE_COMPLETE, None
    cluster.save()
    launcher.jobs.forget(cluster.uuid)
    shutil.rmtree(launcher.settings.own_folder(cluster.uuid), ignore_errors=True)


def _tell(cluster: Any, job: Job) -> None:
    outcome, verb = job.outcome, cluster.status.partition("_")[0]
    end = "COMPLETE" if outcome["ok"] else "FAILED"
    if "upgraded" in outcome:
        _follow(cluster, outcome["upgraded"])
    if "servers" in outcome:
        is_by_count = verb == "UPDATE" and ("upgrade" not in job.request or "upgraded" in outcome)
        _tell_groups(cluster, outcome, verb, is_by_count)
    if outcome.get("api_address"):
        cluster.api_address = f"{_scheme(cluster)}://{outcome['api_address']}"
    cluster.status = f"{verb}_{end}"
    cluster.status_reason = None if outcome["ok"] else outcome["reason"]
    cluster.save()


def _follow(cluster: Any, upgraded: dict[str, Any]) -> None:
    """The template that it was upgraded to, and the images of the groups that have followed; saved by the caller."""
    before = cluster.cluster_template.image_id
    for group in cluster.nodegroups:
        if clusters.group_name(group) == upgraded["group"] if upgraded["group"] else _has_image(group, before):
            group.image_id = upgraded["image"]
            if group.is_default:
                group.labels = upgraded["labels"]
            group.save()
    if not upgraded["group"]:
        cluster.cluster_template_id, cluster.labels = upgraded["template"], upgraded["labels"]
        cluster.coe_version = f"v{upgraded['version']}"


def _has_image(group: Any, image: str) -> bool:
    return bool(group.is_default or group.image_id == image)


def _tell_groups(cluster: Any, outcome: dict[str, Any], verb: str, is_by_count: bool) -> None:
    """Each by its own servers, where their number tells it: what failed of another one is none of its."""
    groups = list(cluster.nodegroups)
    for group, own in zip(groups, clusters.addresses(groups, outcome["servers"]), strict=True):
        if group.status == ClusterStatus.DELETE_IN_PROGRESS and not own and verb != "DELETE":
            group.destroy()
            continue
        group.node_addresses = own
        if group.status and group.status.endswith("IN_PROGRESS"):
            whole = outcome["ok"] or (is_by_count and len(own) == group.node_count)
            group.status = f"{group.status.partition('_')[0]}_{'COMPLETE' if whole else 'FAILED'}"
            group.status_reason = None if whole else outcome.get("reason")
        group.save()


def _scheme(cluster: Any) -> str:
    labels = {**(cluster.cluster_template.labels or {}), **(cluster.labels or {})}
    word = labels.get(clusters.MODEL) or labels.get("bay_coe") or cluster.cluster_template.coe
    return SCHEMES.get(word.partition("-")[0], "http")
