"""Labels and taints of Kubernetes nodes that run.

A kubelet sets labels and taints only as it registers its Node for the first time; from then on they are the API's.
Annotations note which of them are bay's, as Cluster API notes those of its machines: so that one of bay's goes when it
is wanted no more, and one that a user set stays.
"""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bay.components.engines.kubernetes.options import options_of
from bay.components.engines.node_labels import Labelling, NodePatch

if TYPE_CHECKING:
    from bay.components.spec import BaySpec

OWN = ("bay.name", "bay.group")
"""Labels of every node of a bay."""
LABELS, TAINTS = "bay.labels", "bay.taints"
"""Annotations: keys of the labels, and ``KEY:EFFECT`` of the taints, that bay has set on a node that ran."""
ARGUMENT = "node-labels"

_SETTING = re.compile(r"^\s*(BAY_KUBELET_ARGS|BAY_TAINTS)=(.*)$", re.MULTILINE)


def labels_of(bay: str, spec: "BaySpec", group: str) -> dict[str, str]:
    """Labels that a kubelet registers with, unless the engine's options name others."""
    return {"bay.name": bay, "bay.group": group, **spec.groups[group].labels}


@dataclass(frozen=True)
class KubernetesNodeLabels:
    """See `bay.components.engines.node_labels.NodeLabels`."""

    question: str = "/api/v1/nodes"
    content_type: str = "application/merge-patch+json"

    def wanted(self, bay: str, spec: "BaySpec", group: str) -> Labelling:
        """What the spec says, or the kubelet's argument where the options name it."""
        said = options_of(spec).kubelet_args.get(ARGUMENT)
        labels = labels_of(bay, spec, group) if said is None else _pairs(said)
        return Labelling(labels, tuple(getattr(spec.groups[group], "taints", ())))

    def at_boot(self, user_data: str) -> Labelling | None:
        """From the settings of the scripts, which are lines of the user data."""
        found = dict(reversed(_SETTING.findall(user_data)))  # the first of a name: the settings stand before all else
        try:
            words = shlex.split(found["BAY_KUBELET_ARGS"])[0].split()
            taints = shlex.split(found["BAY_TAINTS"])[0].split()
        except (LookupError, ValueError):
            return None
        arguments = dict(word.partition("=")[::2] for word in words)
        return Labelling(_pairs(arguments.get(ARGUMENT, "")), tuple(taints))

    def as_fields(self, labelling: Labelling, group: str) -> dict[str, Any]:
        """Without the labels that every node has; masters have no taints of the spec's."""
        labels = {key: value for key, value in labelling.labels.items() if key not in OWN}
        return {"labels": labels, **({} if group == "master" else {"taints": labelling.taints})}

    def names(self, answer: Any) -> Sequence[str]:
        """Of the nodes."""
        return [str(node["metadata"]["name"]) for node in answer["items"]]

    def answer_of(self, node: Any) -> Any:
        """A list of it."""
        return {"items": [node]}

    def patches(
        self, answer: Any, wanted: Mapping[str, Labelling], before: Mapping[str, Labelling]
    ) -> Sequence[NodePatch]:
        """A merge patch of each node that differs; the annotations alone are no difference."""
        found = []
        for node in answer["items"]:
            name = str(node["metadata"]["name"])
            if name in wanted:
                body = _body(node, wanted[name], before.get(name, Labelling()))
                if body is not None:
                    found.append(NodePatch(name, f"{self.question}/{name}", body))
        return found


def _pairs(text: str) -> dict[str, str]:
    """``a=1,b=2`` as a kubelet reads it."""
    return dict(pair.partition("=")[::2] for pair in text.split(",") if pair)


def _body(node: Mapping[str, Any], wanted: Labelling, before: Labelling) -> dict[str, Any] | None:
    metadata, notes = node["metadata"], node["metadata"].get("annotations") or {}
    has = metadata.get("labels") or {}
    ours = {*before.labels, *filter(None, notes.get(LABELS, "").split(","))}
    labels: dict[str, str | None] = {key: value for key, value in wanted.labels.items() if has.get(key) != value}
    labels |= {key: None for key in ours - wanted.labels.keys() if key in has}
    there = (node.get("spec") or {}).get("taints") or []
    taints = _taints(there, wanted.taints, [*before.taints, *filter(None, notes.get(TAINTS, "").split(","))])
    if not labels and taints is None:
        return None
    noted = {
        LABELS: ",".join(sorted(wanted.labels)),
        TAINTS: ",".join(sorted(_id(t) for t in map(_taint, wanted.taints))),
    }
    body: dict[str, Any] = {
        "metadata": {"resourceVersion": metadata["resourceVersion"], "labels": labels, "annotations": noted}
    }
    return body if taints is None else {**body, "spec": {"taints": taints}}


def _taints(
    there: Sequence[Mapping[str, Any]], wanted: Iterable[str], before: Iterable[str]
) -> list[Mapping[str, Any]] | None:
    """All taints that the node is to have, since a patch replaces the list; None where it has just these."""
    new = {_id(taint): taint for taint in map(_taint, wanted)}
    ours = {_id(_taint(text)) for text in before}
    has = {_id(taint): taint for taint in there}
    if all(_value(has.get(id)) == _value(taint) for id, taint in new.items()) and not (ours - new.keys()) & has.keys():
        return None
    return [*_kept(has, new, ours), *(taint for id, taint in new.items() if _value(has.get(id)) != _value(taint))]


def _kept(
    has: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]], ours: Iterable[str]
) -> Iterator[Mapping[str, Any]]:
    """Those of others, and those that are as they are to be: with the time at which a NoExecute one was added."""
    gone = set(ours)
    for id, taint in has.items():
        if (id in new and _value(taint) == _value(new[id])) or (id not in new and id not in gone):
            yield taint


def _taint(text: str) -> dict[str, str]:
    """``KEY[=VALUE]:EFFECT`` as the API has it."""
    pair, _, effect = text.rpartition(":")
    key, _, value = pair.partition("=")
    return {"key": key, "effect": effect, **({"value": value} if value else {})}


def _id(taint: Mapping[str, Any]) -> str:
    """Kubernetes tells taints apart by these two."""
    return f"{taint['key']}:{taint['effect']}"


def _value(taint: Mapping[str, Any] | None) -> str | None:
    """None for no taint."""
    return None if taint is None else str(taint.get("value") or "")
