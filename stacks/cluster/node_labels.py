"""Labels and taints of a bay's nodes that run, by the engine's API, where it changes them and answers from here."""

import json
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from bay.components.engines import ENGINES
from bay.components.engines.node_labels import Labelling, NodeLabels, NodePatch
from bay.components.spec import BaySpec
from bay.stacks.cluster import api
from bay.stacks.cluster.access import access_of
from bay.stacks.cluster.boot_data import user_data_of

if TYPE_CHECKING:
    from bay.stacks.stack import BayStack

TIMEOUT = 20.0
"""Seconds for a change of one node."""
AT_ONCE = 8
"""Nodes that are changed at the same time."""
ATTEMPTS = 6
"""Of a change of one node, which the engine itself may change meanwhile."""


def node_labels_of(coe: str) -> NodeLabels | None:
    """How an engine changes labels of nodes that run; None for one that cannot, or is older than this."""
    found: NodeLabels | None = getattr(ENGINES[coe], "node_labels", None)
    return found


@dataclass(frozen=True)
class NodesApi:
    """The API that answers from here, and what it said of the nodes. labels: how its engine changes theirs."""

    client: api.Client
    labels: NodeLabels
    answer: Any

    @property
    def nodes(self) -> Sequence[str]:
        """Servers that are in the engine."""
        return self.labels.names(self.answer)

    def patches(
        self, wanted: Mapping[str, Labelling], before: Mapping[str, Labelling] | None = None
    ) -> Sequence[NodePatch]:
        """What would make the nodes what is wanted. before: what was bay's and may be wanted no more, by server."""
        return self.labels.patches(self.answer, wanted, before or {})

    def carry_out(self, wanted: Mapping[str, Labelling], before: Mapping[str, Labelling]) -> dict[str, str]:
        """Change the nodes that differ; server -> what is wrong, of those that could not be."""
        due = [patch.server for patch in self.patches(wanted, before)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            told = pool.map(lambda server: self._change(server, wanted[server], before.get(server)), due)
            return {server: wrong for server, wrong in zip(due, told, strict=True) if wrong}

    def _change(self, server: str, wanted: Labelling, before: Labelling | None) -> str:
        """What is wrong; empty once the node is as it is to be. A node that is gone has nothing to change."""
        now, status = self, 0
        try:
            for _attempt in range(ATTEMPTS):
                due = now.patches({server: wanted}, {server: before} if before else {})
                if not due:
                    return ""
                (patch,) = due
                reply = self.client.call(
                    patch.path,
                    method="PATCH",
                    body=patch.body,
                    content_type=self.labels.content_type,
                    timeout=TIMEOUT,
                )
                status = reply.status
                if status in (HTTPStatus.OK, HTTPStatus.NOT_FOUND):
                    return ""
                if status != HTTPStatus.CONFLICT:
                    break
                read = self.client.call(patch.path, timeout=TIMEOUT)
                if read.status != HTTPStatus.OK:
                    return "" if read.status == HTTPStatus.NOT_FOUND else self._wrong(read.status)
                now = replace(self, answer=self.labels.answer_of(json.loads(read.body)))
        except api.ERRORS as error:
            return api.problem(self.client.address, error)
        return self._wrong(status)

    def _wrong(self, status: int) -> str:
        return f"{self.client.address}: HTTP {status}"


def open_nodes_api(bay: "BayStack") -> NodesApi | str:
    """The API of a bay's engine, or why labels of its nodes cannot be changed from here, as a part of a sentence."""
    spec = bay.state.spec
    if spec is not None and node_labels_of(spec.coe) is None:
        return f"{ENGINES[spec.coe].title} sets labels only when a server is created"
    access = access_of(bay)
    if isinstance(access, str):
        return access
    labels = node_labels_of(access.spec.coe)
    assert labels is not None, "asked above"
    return _first_answer(labels, access.addresses, access.files)


def _first_answer(labels: NodeLabels, addresses: Sequence[str], files: Mapping[str, str]) -> NodesApi | str:
    if not files.keys() >= api.NEEDED:
        return "the engine gives its clients no certificate to ask with"
    wrong = "the state has no address of the API"
    for address in addresses:
        try:
            client = api.Client(address, files)
            reply = client.call(labels.question)
            if reply.status == HTTPStatus.OK:
                found = NodesApi(client, labels, json.loads(reply.body))
                _ = found.nodes
                return found
            wrong = f"{address}: HTTP {reply.status}"
        except (*api.ERRORS, TypeError, AttributeError) as error:
            wrong = api.problem(address, error)
    return f"the API does not answer from here: {wrong}"


def wanted_labels(bay: "BayStack", spec: BaySpec, servers: Collection[str]) -> dict[str, Labelling]:
    """What new servers in the place of these would get; none of an engine that cannot change them."""
    labels = node_labels_of(spec.coe)
    groups = {one.name: one.group for one in bay.state.servers if one.name in servers and one.group in spec.groups}
    if labels is None:
        return {}
    of_group = {group: labels.wanted(bay.name, spec, group) for group in set(groups.values())}
    return {name: of_group[group] for name, group in groups.items()}


def boot_labels(bay: "BayStack", servers: Collection[str]) -> dict[str, Labelling]:
    """What servers were told to register themselves with, as far as their user data in the state says it.

    Needs the bay's passphrase.
    """
    spec = bay.state.spec
    labels = node_labels_of(spec.coe) if spec else None
    if labels is None or not servers:
        return {}
    told = {name: labels.at_boot(text) for name, text in user_data_of(bay, servers).items()}
    return {name: labelling for name, labelling in told.items() if labelling is not None}
