"""What a bay's spec says, from a cluster, its template and its node groups: plain values of Magnum's objects in, layers
of a spec out. The table of docs/magnum.md is the only one that is asked."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bay.components.errors import InvalidInput
from bay.components.magnum.template import convert, rows

Values = dict[str, Any]

DEFAULT_GROUPS = {"default-master": "master", "default-worker": "node"}
MODEL, ACCESS = "bay_model", "bay_access_api"
HIDDEN = {"coe": "bay_coe", "network_driver": "bay_network_driver", "volume_driver": "bay_volume_driver"}
"""Attributes of a template that Magnum would refuse, and the labels in which `bay.magnum.coe_filter` keeps them."""
OWN_LABELS = (MODEL, ACCESS, *HIDDEN.values())
OF_A_CLUSTER = (
    *("fixed_network", "fixed_subnet", "floating_ip_enabled", "master_lb_enabled"),
    *("docker_volume_size", "flavor_id", "master_flavor_id"),
)
"""Attributes of a cluster that win over those of its template."""
NOT_OF_A_SPEC = ("public", "hidden", "driver", "keypair_id", "labels", "project_id")
"""Attributes of a template that say nothing of a cluster, or that a cluster has of its own."""
GROUP = re.compile(r"[a-z][a-z0-9]{0,14}")


def bay_name(cluster: Mapping[str, Any]) -> str:
    """Of a cluster: part of host names and unique in the state, where a cluster's own name is neither."""
    plain = re.sub(r"[^a-z0-9]+", "-", (cluster["name"] or "").lower()).strip("-")[:27].rstrip("-")
    if not re.match("[a-z]", plain):
        plain = "bay"
    return f"{plain}-{cluster['uuid'].replace('-', '')[:12]}"


def group_name(group: Mapping[str, Any]) -> str:
    """Of a node group in the bay's spec."""
    name: str = DEFAULT_GROUPS.get(group["name"], group["name"])
    reserved = name in DEFAULT_GROUPS.values() and not group["is_default"]
    if GROUP.fullmatch(name) and not reserved:
        return name
    return f"g{group['uuid'].replace('-', '')[:12]}"


def layers(
    cluster: Mapping[str, Any], template: Mapping[str, Any], groups: Sequence[Mapping[str, Any]], access: Sequence[str]
) -> list[Values]:
    """Of the spec of a new bay, lowest first. access: CIDRs for the API, where no label says it.

    InvalidInput for the first value of the template or a label that has no field: nothing is left out in silence.
    """
    labels = labels_of(cluster, template)
    model, engine = kind(labels, template)
    own = {name: labels.pop(name) for name in OWN_LABELS if name in labels}
    document = {**_of_template(template), **{k: cluster[k] for k in OF_A_CLUSTER if cluster.get(k) is not None}}
    if engine != template["coe"]:  # Magnum took it for another one, and gave it that one's drivers
        document |= {name: own.get(HIDDEN[name]) for name in ("network_driver", "volume_driver")}
    made = convert({**document, "coe": engine, "labels": labels})
    if made.remarks:
        raise InvalidInput("; ".join(made.remarks), "docs/magnum.md says what has no counterpart, and what to do")
    reach = own[ACCESS].split(";") if ACCESS in own else access
    said: Values = {"model": model, **group_layer(groups, template["image_id"])}
    if cluster.get("keypair"):
        said["keypair"] = cluster["keypair"]
    return [{"access": {"api": [word.strip() for word in reach if word.strip()]}}, made.values, said]


def kind(labels: Mapping[str, str], template: Mapping[str, Any]) -> tuple[str, str]:
    """Model and engine of a template, or of a cluster with labels of its own."""
    coe = labels.get(HIDDEN["coe"], template["coe"])
    model = labels.get(MODEL) or {"swarm-mode": "swarm"}.get(coe, coe)
    return model, _engine(model, coe)


def group_layer(groups: Sequence[Mapping[str, Any]], image: str) -> Values:
    """What Magnum changes of a cluster that exists: its groups. Those that are to go are left out by the caller.

    image: of the cluster's template; a group with the same one has none of its own, and is upgraded with the rest.
    """
    by_name = {group_name(group): _group(group, image) for group in groups}
    return {"masters": by_name.pop("master"), "nodes": by_name.pop("node"), "node_groups": by_name}


def _group(group: Mapping[str, Any], image: str) -> Values:
    values: Values = {"count": group["node_count"], "flavor": group["flavor_id"]}
    if group["role"] != "master":
        limits = {"min": group.get("min_node_count") or 0, "max": group.get("max_node_count")}
        values |= {name: limit for name, limit in limits.items() if limit or not group["is_default"]}  # else: labels
        if group.get("node_taints"):
            values["taints"] = [_taint(taint) for taint in group["node_taints"]]
    if group.get("node_labels"):
        values["labels"] = dict(group["node_labels"])
    if not group["is_default"]:
        values["image"] = group["image_id"] if group["image_id"] != image else None
        if group.get("docker_volume_size"):
            values["engine_volume"] = group["docker_volume_size"]
    return values


def _taint(taint: Mapping[str, str]) -> str:
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint['key']}{value}:{taint['effect']}"


def labels_of(cluster: Mapping[str, Any], template: Mapping[str, Any]) -> dict[str, str]:
    """A cluster with labels of its own has not those of its template, but for ours, which say what it is."""
    of_template, own = template.get("labels") or {}, cluster.get("labels")
    kept = {name: value for name, value in of_template.items() if name in OWN_LABELS}
    return {**kept, **(of_template if own is None else own)}


def _of_template(template: Mapping[str, Any]) -> Values:
    known = {row.name for row in rows() if row.kind == "template"} - set(NOT_OF_A_SPEC)
    return {name: value for name, value in template.items() if name in known}


def _engine(model: str, coe: str) -> str:
    """The engine of a built-in model is the word that its name begins with; of a site's own, the template's."""
    word = model.partition("-")[0]
    return word if word in ("kubernetes", "swarm", "mesos") else coe


def removals(group: Mapping[str, Any] | None, nodes: Sequence[str], before: Mapping[str, Sequence[str]]) -> Values:
    """Nodes that are to go: of this wish, and of those before that were not carried out yet."""
    found = {name: list(words) for name, words in before.items()}
    if nodes:
        name = group_name(group) if group else "node"
        found[name] = list(dict.fromkeys([*found.get(name, []), *map(str, nodes)]))
    return found


def addresses(groups: Sequence[Mapping[str, Any]], servers: Sequence[Mapping[str, Any]]) -> Iterator[list[str]]:
    """Of each group in turn: the addresses of its servers."""
    for group in groups:
        yield [server["address"] for server in servers if server["group"] == group_name(group) and server["address"]]
