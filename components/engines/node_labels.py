"""Labels and taints that an engine's API changes on nodes which run: what a spec wants, and the calls that do it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from bay.components.spec import BaySpec


@dataclass(frozen=True)
class Labelling:
    """What bay gives a node; it has others beside these, of users and the engine. taints: ``KEY[=VALUE]:EFFECT``."""

    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[str, ...] = ()


@dataclass(frozen=True)
class NodePatch:
    """One call that makes a node's labelling what it is to be: PATCH of `path` with a JSON `body`.

    GET of the same path reads that node alone. Refused by the API (409) where the node was changed after it
    was read.
    """

    server: str
    path: str
    body: Mapping[str, Any]


class NodeLabels(Protocol):
    """An engine's `node_labels`, where its API changes labels of nodes that run."""

    @property
    def question(self) -> str:
        """Path of the API that lists the nodes."""

    @property
    def content_type(self) -> str:
        """Of the body of a `NodePatch`."""

    def wanted(self, bay: str, spec: "BaySpec", group: str) -> Labelling:
        """What a new node of a group gets, in the words of `at_boot`."""

    def at_boot(self, user_data: str) -> Labelling | None:
        """What a server was told to register itself with; None where its user data does not say."""

    def as_fields(self, labelling: Labelling, group: str) -> dict[str, Any]:
        """Fields of a group in the spec with which a new node of it gets this labelling."""

    def names(self, answer: Any) -> Sequence[str]:
        """Servers that the answer to `question` (JSON) has as nodes."""

    def answer_of(self, node: Any) -> Any:
        """What the answer to `question` is where this node, as GET of a patch's path gives it, is the only one."""

    def patches(
        self, answer: Any, wanted: Mapping[str, Labelling], before: Mapping[str, Labelling]
    ) -> Sequence[NodePatch]:
        """What makes the nodes of an answer what is wanted, by server; none for those that are so already.

        before: what each may have of bay's that is not wanted any more. What users gave a node stays.
        """
