"""A bay lives through the kill points of its life; what became of each is told from the state and the cloud."""

from collections import Counter
from collections.abc import Callable

import yaml
from openstack.connection import Connection

from bay.stacks.cloud.discovery import list_owned
from tests.integration.bays.harness import Bay, Result
from tests.integration.bays.kill_points import SPECS, Life, Stage
from tests.integration.bays.kills import Axe, Point, state_of, struck
from tests.integration.bays.relay import Relay

Fates = dict[tuple[str, Point], str]
"""(title of the stage, point) -> what became of what the run was doing."""


class Doubled(AssertionError):
    """The cloud has a thing of the bay that its state does not know, or the other way round."""


def live(user: Bay, relay: Relay, life: Life, cloud: Connection, say: Callable[[str], None] = lambda _: None) -> Fates:
    """Take a bay from create to delete, killed at every point on the way; fails where anything is lost or doubled."""
    spec = user.home / f"{life.name}.yaml"
    spec.write_text(yaml.safe_dump(SPECS[life.name]))
    fates: Fates = {}
    for stage in life.stages:
        words = [{"NAME": life.name, "SPEC": str(spec)}.get(word, word) for word in stage.words]
        axes = [_struck(user, relay, life, words, stage, place, say) for place in range(len(stage.points))]
        last = user.run(*words)
        assert last.code == 0, f"{stage.title}: {last}"
        ids = agreed(user, life.name, cloud) if words[0] != "delete" else set()
        fates |= {(stage.title, axe.point): _fate(axe, ids) for axe in axes}
        say(f"{stage.title}: done; {[f'{axe.point}: {_fate(axe, ids)}' for axe in axes]}")
    assert state_of(user, life.name) == []
    return fates


def _struck(
    user: Bay, relay: Relay, life: Life, words: list[str], stage: Stage, place: int, say: Callable[[str], None]
) -> Axe:
    before = {resource["id"] for resource in state_of(user, life.name) if resource.get("id")}
    axe, run = struck(user, relay, words, stage.points[place], stage.later(place))
    result = run.wait()
    assert "Traceback" not in result.err, result
    if stage.points[place].victim in ("pulumi", "plugin"):
        assert result.code == 1, result
        assert result.error
    if place == 0:
        shown = user.run("show", life.name, "-f", "value", "-c", "status")
        assert (shown.code, shown.out[-8:]) == (0, "_FAILED\n"), f"{axe.point}: {shown}"
    say(f"{stage.title}: {axe.point} {len(before)} known before; {' | '.join(_told(result))}")
    return axe


def _told(result: Result) -> list[str]:
    return [line for line in result.err.splitlines() if line.startswith(("the previous run", "adopting", "deleting"))]


def _fate(axe: Axe, ids: set[str]) -> str:
    """What became of the resource whose request was interrupted; ids: of the state, which `agreed` with the cloud."""
    if axe.point.request[0] == "create" and axe.point.when == "after":
        assert axe.made, f"{axe.point}: the cloud created nothing"
        return ADOPTED if axe.made in ids else CREATED_AGAIN
    return FATES[axe.point.request[0], axe.point.when]


ADOPTED, CREATED_AGAIN = "adopted", "deleted, and created again"
FATES = {
    ("create", "before"): "created by the next run",
    ("update", "before"): "updated by the next run",
    ("update", "after"): "updated again, to the same",
    ("delete", "before"): "deleted by the next run",
    ("delete", "after"): "known to be gone",
}
"""What it has to be that agrees, where the cloud holds no trace of which run it was."""

NOT_WHOLE = {"ApplicationCredential", "SecGroup"}
"""Types of which one that was just made is not adopted: its secret is not known, or Neutron's own rules are in it."""


def expected(point: Point) -> frozenset[str]:
    """What may become of the thing."""
    operation, kind = point.request
    if operation != "create" or point.when == "before":
        return frozenset({FATES[operation, point.when]})
    if kind in NOT_WHOLE or point.victim == "plugin":  # Pulumi lives on and notes that nothing was created
        return frozenset({CREATED_AGAIN})
    # So it does where only `bay` died, unless it ends of that first, as it may.
    return frozenset({ADOPTED, CREATED_AGAIN} if point.victim == "bay" else {ADOPTED})


def agreed(user: Bay, name: str, cloud: Connection) -> set[str]:
    """Ids of what the state has, once the cloud has the same, each once and as it should be, and a preview agrees."""
    resources = [r for r in state_of(user, name) if r["type"].startswith("openstack:")]
    known = {r["id"] for r in resources}
    bay_id = next(r["id"] for r in state_of(user, name) if r["type"].endswith(":Identity"))
    marked = {thing.id: f"{kind} {thing.name or thing.id}" for kind, thing in list_owned(cloud, name, bay_id)}
    if extra := [thing for key, thing in marked.items() if key not in known]:
        raise Doubled(f"in the cloud alone: {extra}")
    if lost := [r["urn"] for r in resources if r["id"] not in marked]:
        raise Doubled(f"in the state alone: {lost}")
    doubled = [thing for thing, count in Counter(marked.values()).items() if count > 1]
    assert not doubled, doubled
    for compare in ("preview", "drift"):
        compared = user.run(compare, name)
        assert compared.code == 0, compared
    return known
