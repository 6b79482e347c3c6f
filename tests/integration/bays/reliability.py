"""docs/reliability.md: every kill point of the campaign, and what the next run made of it."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.integration.bays.campaign import Fates
from tests.integration.bays.harness import CHECKOUT
from tests.integration.bays.kill_points import Life, Stage
from tests.integration.bays.kills import Point

FILE: Path = CHECKOUT / "docs" / "reliability.md"

HEAD = """\
# Killed anywhere, it goes on

`bay`, the Pulumi engine and its plugin may die at any moment. The next command that changes the bay finds the
operations that were pending, says what they were, and looks for what they made by the mark `bay:id`:

- **It was being made, and is whole:** adopted. It goes into the state with its id; the engine reads the rest from the
  cloud.
- **It was being made, and is not whole or cannot be told:** deleted, and made anew. So it is with a server in ERROR, a
  security group that still has Neutron's own rules, an application credential, whose secret is told only once, and with
  what an engine that lived on noted as failed, since the cloud's answer was lost.
- **It was being made, and is not there:** made.
- **It was being changed:** read from the cloud; then what still differs is changed.
- **It was being deleted:** deleted, if it is still there.
- **A server or volume that no run was making:** the command stops with an error. The state may be an old copy.

`bay show` and `bay preview` say what is pending and touch nothing. Whatever the command was, the same one goes on; so
it does after a cloud that was away or a full disk (a test types these lines, and kills all under the first one):

```sh
bay create physics --model swarm --nodes 1 --no-wait   # is killed
bay show physics -f value -c status -c status_reason   # CREATE_FAILED, and what it was making
bay preview physics                                    # says so too, and what is left to do
bay create physics --model swarm --nodes 1 --no-wait   # the same command goes on
bay drift physics                                      # the cloud has what the state has
bay delete physics --yes                               # would have done at any moment
```

Where a write found the disk full and left the state's file short, the engine's own copy of a step before takes its
place, which is said; what it lacks is found by the mark too. With `pulumi up` alone the file stays short until the next
`bay` command.

[Decision 5](decisions/0005-cut-off-runs.md) says why.

## The campaign

`tests/bays/test_campaign.py` takes {lives} bays from create to delete and kills them at {points} requests on the way:
{victims}.
The tests' own door between plugin and cloud (`tests/bays/relay.py`) sends SIGKILL when the first request of its kind
arrives, before it is passed on, or when the cloud has said that it is done, before that is passed on. The same command
then runs again, up to the next point, and at last to its end. Other requests in flight at that moment are cut off as
they are.

After each command that went through, the cloud has every thing of the bay that the state has and no other with its
mark, none twice; `bay preview` shows no change and `bay drift` no difference. In the end all projects of the cloud hold
what they held before. Whether a thing was adopted is told from its id; the rest of the last column is what it must have
been for all to agree.

{result}

`UPDATE_GOLDEN=1 pytest -m long tests/bays/test_campaign.py` writes this page. Ten points of a small bay are in
`make test` (`tests/bays/test_kill.py`), with the loss of the cloud and a full disk (`tests/bays/test_lost_cloud.py`).
"""

RESULT = """\
{told} of {points} points in {minutes} min, on a machine that did other things too:
{fates}."""

LIFE = """
## {name}: {about}

| command | request | killed | when | then |
| --- | --- | --- | --- | --- |
"""

NO_RESULT = "No run of the whole campaign has filled these tables yet."

UNTRIED = "not run"
"""Of points that a run which was cut short did not come to."""

WHO = {"all": "everything", "bay": "`bay`", "engine": "the engine", "plugin": "the plugin"}


def text(lives: Sequence[Life], fates: Mapping[str, Fates], seconds: float) -> str:
    """The page; fates: name of a life -> what became of each of its points, as far as it came."""
    told = [fate for life in lives for fate in fates.get(life.name, {}).values()]
    counts = {fate: told.count(fate) for fate in sorted(set(told))}
    victims = [point.victim for life in lives for _, point in life.points]
    head = HEAD.format(
        lives=len(lives),
        points=len(victims),
        victims=", ".join(f"{who} {victims.count(victim)} times" for victim, who in WHO.items()),
        result=RESULT.format(
            told=len(told),
            points=len(victims),
            minutes=round(seconds / 60),
            fates="; ".join(f"{count} {fate}" for fate, count in counts.items()),
        )
        if told
        else NO_RESULT,
    )
    return head + "".join(_life(life, fates.get(life.name, {})) for life in lives)


def _life(life: Life, fates: Fates) -> str:
    lines = [
        f"| {' | '.join((*_cells(stage, point), fates.get((stage.title, point), UNTRIED)))} |"
        for stage, point in life.points
    ]
    return LIFE.format(name=life.name, about=life.about) + "\n".join(lines) + "\n"


def _cells(stage: Stage, point: Point) -> tuple[str, ...]:
    return stage.title, " ".join(point.request), WHO[point.victim], point.when


def rows(page: str) -> list[tuple[str, ...]]:
    """Command, request, victim and moment of each point on a page."""
    return re.findall(r"^\| (.+) \| (.+) \| (.+) \| (before|after) \| .+ \|$", page, re.MULTILINE)


def expected(lives: Sequence[Life]) -> list[tuple[str, ...]]:
    """What `rows` finds on the page of these lives."""
    return [_cells(stage, point) for life in lives for stage, point in life.points]
