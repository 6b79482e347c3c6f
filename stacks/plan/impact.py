"""What the running engine would feel of a change, in its own words."""

from collections.abc import Iterator

from bay.components.engines import ENGINES, Engine
from bay.components.text import some
from bay.stacks.plan.risks import STOPPED, Scene
from bay.stacks.plan.types import TAKEN, Operation

RESIZED: tuple[Operation, ...] = ("resize",)


def feels(scene: Scene) -> tuple[str, ...]:
    """A sentence for each thing; none for a bay that is not there yet."""
    if not scene.exists:
        return ()
    engine = ENGINES[scene.spec.coe]
    return (*_masters(scene, engine), *_nodes(scene, engine))


def _masters(scene: Scene, engine: Engine) -> Iterator[str]:
    there = scene.servers.get("master", frozenset())
    struck = {change.name for change in scene.struck("master", STOPPED)}
    terms, left = engine.terms, len(there) - len(struck)
    if struck and not left:
        yield f"the API is not reachable meanwhile; {terms.meanwhile}"
    elif struck:
        majority = len(there) // 2 + 1
        lost = "" if left >= majority else f", less than the {majority} it needs: {terms.meanwhile}"
        yield f"{terms.keeper} has {left} of {len(there)} members meanwhile{lost}; API calls to the others fail"
    new = len(scene.spec.masters.indices) - len(there)
    if there and new > 0:
        yield f"{terms.keeper} grows from {len(there)} to {len(there) + new} members"


def _nodes(scene: Scene, engine: Engine) -> Iterator[str]:
    terms = engine.terms
    any_stays = any(members.count for name, members in scene.spec.groups.items() if name != "master")
    for group in scene.servers:
        if group == "master":
            continue
        gone = [change.name for change in scene.struck(group, TAKEN)]
        stopped = [change.name for change in scene.struck(group, RESIZED)]
        if gone:
            yield f"{terms.work} on {some(gone)} {terms.moves}"
        if stopped:
            yield f"{terms.work} on {some(stopped)} {terms.moves}; the nodes come back once Nova has resized them"
        if gone and len(gone) == len(scene.servers[group]) and not any_stays:
            yield f"no node is left for {terms.work}"
