"""Upgrades: what a worker is asked for so that a cluster follows another template, and whether it would do that.

Plain values of Magnum's objects in. Of a template, an upgrade takes the image and the version, of its model also the
versions of add-ons; everything else of it is for new clusters.
"""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from bay.components.errors import InvalidInput
from bay.components.magnum.template import rows
from bay.magnum.clusters import group_name, kind, labels_of, layers
from bay.magnum.jobs import Job
from bay.magnum.settings import Settings
from bay.magnum.work import Work
from bay.stacks.worker_client import NotInTime

Values = dict[str, Any]

PATIENCE = 40.0
"""Seconds for the bay's answer: Magnum's API waits for the driver, by default 60 (`rpc_response_timeout`)."""
VERSION = "version"
"""The option of a spec that a label of Magnum names."""


def upgrade_of(
    cluster: Mapping[str, Any],
    templates: tuple[Mapping[str, Any], Mapping[str, Any]],
    groups: Sequence[Mapping[str, Any]],
    group: Mapping[str, Any],
    batch: int | None,
) -> Values:
    """`upgrade` of a job's request; InvalidInput for a template that the cluster cannot follow.

    templates: that of the cluster, and that which it is to have. group: a default one means the whole cluster, another
    one itself. batch: servers of a group that are replaced at the same time.
    """
    before, after = templates
    if after.get("driver") not in (None, before.get("driver")):
        raise InvalidInput(
            f"template {after['name']} is of the driver {after['driver']}", "name one of the same driver"
        )
    labels = labels_after(cluster, before, after)
    model, engine = kind(labels_of({"labels": labels}, after), after)
    old_model, old_engine = kind(labels_of(cluster, before), before)
    if engine != old_engine:
        raise InvalidInput(f"template {after['name']} is of {engine}, and the cluster of {old_engine}", "name another")
    values = layers({**cluster, "labels": labels}, after, groups, ())[1]
    return {
        "template": after["uuid"],
        "labels": labels,
        "image": after["image_id"],
        "version": str(values.get("options", {}).get(VERSION, "")),
        "model": model if model != old_model else "",
        "max_unavailable": str(batch or ""),
        "group": "" if group["is_default"] else group_name(group),
    }


def labels_after(cluster: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, str]:
    """Of a cluster with another template: its own stay, those it has of the template and versions are the new one's."""
    own, old, new = ({**(one.get("labels") or {})} for one in (cluster, before, after))
    if cluster.get("labels") is None or own == old:
        return new
    versions = {row.name for row in rows() if row.kind == "label" and row.fields == (f"options.{VERSION}",)}
    is_merged = old.items() <= own.items()
    taken = new if is_merged else {name: value for name, value in new.items() if name in versions}
    kept = {
        name: value
        for name, value in own.items()
        if name not in versions and not (is_merged and old.get(name) == value)
    }
    return {**taken, **kept}


def require_possible(settings: Settings, job: Job, upgrade: Values) -> None:
    """BayError where the bay would refuse it. Without an answer in time nothing is said: the job itself finds out."""
    operation, values = Work.upgrade_request(upgrade)
    login = f"clouds-{secrets.token_hex(4)}.yaml"
    with Work.started(settings, job, login) as work, suppress(NotInTime), work.worker.limited(PATIENCE):
        work.ask(f"{operation}_plan", **values)
