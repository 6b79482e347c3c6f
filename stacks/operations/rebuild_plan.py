"""What a rebuild does with which server, and in which order: pure, from a state and what is outdated in it."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from bay.components.disruption import max_unavailable_repair
from bay.components.errors import BayError, InvalidInput, nearest
from bay.components.spec import BaySpec
from bay.components.text import join_names
from bay.stacks.approval import Risk
from bay.stacks.operations.batches import Batch, split
from bay.stacks.operations.outdated import Comparison
from bay.stacks.operations.outdated_labels import LABELS
from bay.stacks.plan.only_master import fate_of_master
from bay.stacks.plan.types import DISRUPTIVE, Change
from bay.stacks.state.snapshot import RecordedServer, StateSnapshot

How = Literal["replace", "resize", "relabel", "leave", "finish"]
"""replace: by a new server; resize: give the server that is there the flavor, since its disk must stay; relabel: give
its node labels and taints while it runs; leave: as it is, with the reason; finish: what an earlier run left undone."""

ONLY_MASTER = "the only master, with its control-plane data on its own disk; --lose-data replaces it"


@dataclass(frozen=True)
class RebuildAction:
    """One server, or a resource that an earlier run left undone, and what is done with it."""

    action: How
    type: str
    name: str
    urn: str
    reason: str

    @property
    def loses_disk(self) -> bool:
        """Whether it is another server afterwards."""
        return self.action == "replace"

    def row(self, batch: int | None) -> dict[str, Any]:
        """As `bay rebuild --dry-run` prints it; batch: 0 is before the first one, None is left as it is."""
        return {"batch": batch, "action": self.action, "type": self.type, "name": self.name, "reason": self.reason}


@dataclass(frozen=True)
class Selection:
    """Which servers are rebuilt. group, nodes: only these, all where empty. max_unavailable: ``2`` or ``25%`` of a
    group; empty: as a repair. lose_data: an only master too, whose data goes with it."""

    group: str = ""
    nodes: Collection[str] = ()
    max_unavailable: str = ""
    lose_data: bool = False


@dataclass(frozen=True)
class RebuildPlan:
    """batches: servers, masters first. finished: what an earlier run left undone, all at once before them. skipped:
    outdated servers that stay. fields: of the spec that change, as ``image: debian-13``. refusal: why a rebuild would
    not do it: quotas are too low, servers are unhealthy, or masters would lose their quorum. relabelled: servers that
    stay, and get labels before the batches.
    """

    bay: str
    batches: tuple[Batch[RebuildAction], ...] = ()
    finished: tuple[RebuildAction, ...] = ()
    skipped: tuple[RebuildAction, ...] = ()
    fields: tuple[str, ...] = ()
    refusal: BayError | None = None
    relabelled: tuple[RebuildAction, ...] = ()

    @property
    def risks(self) -> tuple[Risk, ...]:
        """None that would have to be allowed: what it must not do, the rebuild refuses by itself."""
        return ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.batches or self.finished or self.relabelled or self.fields)

    @property
    def names(self) -> list[str]:
        """Of the servers that are replaced or resized, in their order."""
        return [name for batch in self.batches for name in batch.names]

    @property
    def disruption(self) -> str:
        """What it takes away, in words; may be empty."""
        if not self.batches:
            return ""
        count = f"{len(self.batches)} batches" if len(self.batches) > 1 else "1 batch"
        deeds: dict[str, list[str]] = {}
        for action in (action for batch in self.batches for action in batch.actions):
            deeds.setdefault(action.action, []).append(action.name)
        what = " and ".join(f"{deed} {join_names(names, 6)}" for deed, names in deeds.items())
        return f"{what} of bay {self.bay} in {count}"

    @property
    def summary(self) -> str:
        """A line for people."""
        new = f"{join_names(self.fields)}; " if self.fields else ""
        outdated = len(self.names) + len(self.relabelled) + len(self.skipped)
        servers = "no server is" if not outdated else "1 server is" if outdated == 1 else f"{outdated} servers are"
        return f"{new}{servers} outdated"

    @property
    def rows(self) -> list[dict[str, Any]]:
        """As `bay rebuild --dry-run` prints it."""
        rows = [action.row(0) for action in (*self.finished, *self.relabelled)]
        rows += [action.row(number) for number, batch in enumerate(self.batches, 1) for action in batch.actions]
        return rows + [action.row(None) for action in self.skipped]


def plan_rebuild(
    state: StateSnapshot,
    spec: BaySpec,
    found: Comparison,
    selection: Selection,
    fields: Collection[str] = (),
    unhealthy: Collection[str] = (),
) -> RebuildPlan:
    """Batches of the outdated servers that are selected; of a group the unhealthy ones first, which are no loss.

    InvalidInput for a group or server that the bay does not have; BayError where the last change is unfinished and
    would take servers away.
    """
    _require_selectable(state, spec, selection)
    batch_size("", selection.max_unavailable)
    _require_harmless(state, found.unfinished)
    ordered = sorted(state.servers, key=lambda one: (one.group != "master", one.group, one.name not in unhealthy))
    due = [server for server in ordered if server.name in found.reasons and _is_selected(server, selection)]
    actions = {server.name: _action(server, spec, found, selection) for server in due}
    changed = {name: action for name, action in actions.items() if action.loses_disk or action.action == "resize"}
    return RebuildPlan(
        state.name,
        tuple(split(ordered, changed, lambda g, all: batch_size(g, selection.max_unavailable, len(all)))),
        tuple(RebuildAction("finish", c.type, c.name, c.urn, c.operation) for c in found.unfinished),
        tuple(action for action in actions.values() if action.action == "leave"),
        tuple(fields),
        relabelled=tuple(action for action in actions.values() if action.action == "relabel"),
    )


def batch_size(group: str, max_unavailable: str, servers: int = 1) -> int:
    """Servers of a group of so many that may be unavailable at the same time: masters one by one.

    max_unavailable: ``2``, or a share as ``25%``, rounded down but at least one (as Kubernetes' maxUnavailable, which
    may not be 0 where there is no surge); empty: as for a repair. InvalidInput for anything else.
    """
    if group == "master":
        return 1
    if not max_unavailable:
        return max_unavailable_repair(servers)
    match = re.fullmatch(r"([0-9]{1,4})(%?)", max_unavailable)
    number, percent = (int(match[1]), bool(match[2])) if match else (0, False)
    if number < 1 or (percent and number > 100):
        raise InvalidInput(
            f"{max_unavailable!r} is no number of servers, or share of a group, that may be unavailable",
            "a number from 1, or a share from 1% to 100%, for example --max-unavailable 25%",
        )
    return max(1, servers * number // 100) if percent else number


def _action(server: RecordedServer, spec: BaySpec, found: Comparison, selection: Selection) -> RebuildAction:
    own = found.reasons[server.name]
    resource = ("Instance", server.name, server.urn)
    if own == (LABELS,) and server.name in found.relabelled:
        return RebuildAction("relabel", *resource, LABELS)
    may_go = server.group != "master" or selection.lose_data
    fate = "replace" if may_go else fate_of_master(spec, own)
    return RebuildAction(fate, *resource, ", ".join(own) + (f"; {ONLY_MASTER}" if fate == "leave" else ""))


def _is_selected(server: RecordedServer, selection: Selection) -> bool:
    in_group = not selection.group or server.group == selection.group
    return in_group and (not selection.nodes or server.name in selection.nodes)


def _require_selectable(state: StateSnapshot, spec: BaySpec, selection: Selection) -> None:
    known = [server.name for server in state.servers]
    for name in selection.nodes:
        if name not in known:
            raise InvalidInput(f"bay {state.name} has no node {name!r}", nearest(name, known))
    if selection.group and selection.group not in spec.groups:
        raise InvalidInput(
            f"bay {state.name} has no group {selection.group!r}", nearest(selection.group, list(spec.groups))
        )


def _require_harmless(state: StateSnapshot, unfinished: Collection[Change]) -> None:
    there = {server.name for server in state.servers}
    going = [c.name for c in unfinished if c.type == "Instance" and c.name in there and c.operation in DISRUPTIVE]
    if going:
        raise BayError(
            f"bay {state.name}: its last change is unfinished: it would still take away {join_names(going)}",
            f"'bay update {state.name}' finishes it",
        )
