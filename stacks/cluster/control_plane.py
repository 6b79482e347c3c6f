"""The masters of a bay: what no change may make of them, and the quorum that keeps the engine alive."""

from collections.abc import Collection, Mapping

from bay.components.engines import ENGINES
from bay.components.engines.upgrades import upgrade_rules
from bay.components.errors import BayError
from bay.components.spec import BaySpec
from bay.components.text import join_names
from bay.stacks.cluster.health import UNHEALTHY
from bay.stacks.cluster.members import members_of
from bay.stacks.state.snapshot import RecordedServer, StateSnapshot


def require_compatible(state: StateSnapshot, spec: BaySpec, never_launched: Collection[RecordedServer] = ()) -> None:
    """BayError where a change to `spec` would make it a bay of another engine, or other masters than it can have.

    never_launched: servers that never ran, and are no loss.
    """
    if state.spec is not None and state.is_complete and spec.coe != state.spec.coe:
        raise BayError(
            f"bay {state.name}: its container engine, {ENGINES[state.spec.coe].title}, cannot be changed",
            f"create another bay with --set coe={spec.coe}",
        )
    engine = ENGINES[spec.coe]
    _require_same_version(state, spec)
    there = {one.name for one in state.servers if one.role == "master" and one not in never_launched}
    wanted = {f"{state.name}-master-{index}" for index in spec.masters.indices}
    if state.is_complete and engine.fixed_masters and wanted != there:
        raise BayError(
            f"bay {state.name}: the number of masters of {engine.title} cannot be changed",
            f"create another bay with --masters {len(wanted)}",
        )
    _require_changeable(state, spec, there, wanted)


def _require_changeable(state: StateSnapshot, spec: BaySpec, there: set[str], wanted: set[str]) -> None:
    """BayError where masters of a running bay would come or go that its engine, or its endpoint, cannot have do so."""
    members = members_of(spec.coe)
    if members is None or state.spec is None or not state.is_complete or not there or there == wanted:
        return
    engine, name = ENGINES[spec.coe].title, state.name
    if spec.masters.count != state.spec.masters.count and (reason := members.fixed(state.spec, spec)):
        raise BayError(
            f"bay {name}: the number of masters cannot become {spec.masters.count}: {reason}",
            f"create another bay with --masters {spec.masters.count}; one with --set endpoint.kind=virtual-ip, or "
            "load-balancer, can have any number later",
        )
    lowest = min((index_of(one) for one in there - wanted), default=0)
    if any(index_of(one) > lowest for one in there & wanted) and there - wanted:
        raise BayError(
            f"bay {name}: masters leave {engine} from the highest number on, since every server knows the lowest ones",
            f"'bay scale {name} N --group master' has them leave, 'bay repair {name} --node NODE' replaces one",
        )


def index_of(server: str) -> int:
    """Number of a server, the last part of its name."""
    return int(server.rpartition("-")[2])


def _require_same_version(state: StateSnapshot, spec: BaySpec) -> None:
    """BayError where a plain change would set another version of the engine, whose rules only an upgrade looks at."""
    rules = upgrade_rules(ENGINES[spec.coe])
    if state.spec is None or not state.is_complete or rules is None or not rules.option:
        return
    old, new = (one.options.get(rules.option) for one in (state.spec, spec))
    if old != new:
        raise BayError(
            f"bay {state.name}: options.{rules.option}: {rules.program} {old} becomes {new} by an upgrade alone",
            f"'bay upgrade {state.name} --version {new}' looks at its rules, and replaces the servers in order",
        )


def unhealthy_masters(state: StateSnapshot, statuses: Mapping[str, str], health: Mapping[str, str]) -> frozenset[str]:
    """Names of the masters that do not run, or that the engine calls unhealthy; see below."""
    masters = [one for one in state.servers if one.role == "master"]
    return frozenset(n.name for n in masters if statuses.get(n.id) != "ACTIVE" or health.get(n.name) == UNHEALTHY)


def majority(count: int) -> int:
    """Members of `count` that a quorum needs: more than half, in Raft, etcd and ZooKeeper alike."""
    return count // 2 + 1


def is_majority(healthy: int, count: int) -> bool:
    """Whether so many masters keep the engine of `count` alive."""
    return healthy >= majority(count)


def require_quorum(
    state: StateSnapshot, going: Collection[str], statuses: Mapping[str, str], health: Mapping[str, str]
) -> None:
    """BayError unless the masters beside the `going` ones are a quorum: they run, and are not said to be unhealthy.

    statuses: Nova's, by server id. health: the engine's, by server name; empty where it cannot be asked.
    """
    masters = [one.name for one in state.servers if one.role == "master"]
    count = len({*masters, *going})
    if count == 1:
        raise BayError(
            f"bay {state.name}: control-plane data is lost with {join_names(sorted(going))}, its only master",
            f"save what is in it, then 'bay delete {state.name}' and create it again; --lose-data overrides this",
        )
    others = [name for name in masters if name not in going]
    unhealthy = [name for name in others if name in unhealthy_masters(state, statuses, health)]
    left = len(others) - len(unhealthy)
    if not is_majority(left, count):
        without = f"without {join_names(sorted(going))} only {left} of {count} masters would be healthy"
        first = f"bring back {join_names(unhealthy)} first; " if unhealthy else ""
        raise BayError(
            f"bay {state.name}: {without}; quorum needs {majority(count)}",
            f"{first}--lose-data overrides this, and control-plane data may be lost",
        )
