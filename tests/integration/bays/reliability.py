"""docs/reliability.md: every kill point of the campaign, and what the next run did about it."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.integration.bays.campaign import Fates
from tests.integration.bays.harness import CHECKOUT
from tests.integration.bays.kill_points import Life, Stage
from tests.integration.bays.kills import Point

FILE: Path = CHECKOUT / "docs" / "reliability.md"

HEAD = """\
# Interrupted runs resume

`bay`, Pulumi and its plugin may be killed at any moment. The next command that changes the bay reads the pending
operations from the state, reports them, and finds the resources that they had started to create by their `bay:id` tag:

- **Creating, and complete in the cloud:** adopted, that is imported into the state by its id; Pulumi reads the rest
  from the cloud.
- **Creating, but incomplete or not recognisable:** deleted, and created again. This holds for a server in ERROR, a
  security group that still has Neutron's default rules, an application credential, whose secret is returned only once,
  and for what a Pulumi that survived recorded as failed because the cloud's answer was lost.
- **Creating, and not in the cloud:** created.
- **Updating:** refreshed from the cloud; what still differs is updated.
- **Deleting:** deleted, if it still exists.
- **A server or volume that no run was creating:** the command stops with an error, since the state may be an old copy.

`bay show` and `bay preview` report what is pending; they are read-only. Running the same command again resumes it, also
after the cloud was unreachable or the disk full (a test types these lines, and kills everything during the first one):

```sh
bay create physics --model swarm --nodes 1 --no-wait   # is killed
bay show physics -f value -c status -c status_reason   # CREATE_FAILED, and what was being created
bay preview physics                                    # notes it too, and shows what is left to do
bay create physics --model swarm --nodes 1 --no-wait   # the same command resumes
bay drift physics                                      # cloud and state agree
bay delete physics --yes                               # would have worked at any moment
```

If a full disk truncates the state's file, Pulumi's copy of the previous step replaces it, and `bay` says so; resources
that this copy lacks are found by their tag too. With plain `pulumi up` the file stays truncated until the next `bay`
command.

[Decision 5](decisions/0005-cut-off-runs.md) says why.

## The campaign

`tests/integration/bays/test_campaign.py` takes {lives} bays from create to delete and kills them at {points} requests:
{victims}.
A proxy of the tests between plugin and cloud (`tests/integration/bays/relay.py`) sends SIGKILL when the first request
of its kind arrives, before it is forwarded, or when the cloud has reported success, before that is passed on. The same
command then runs again, up to the next point, and finally to its end. Other requests in flight at that moment are
interrupted as they are.

After each command that succeeded, the cloud has every resource of the bay that is in the state, no other with its tag,
and none twice; `bay preview` shows no change and `bay drift` no difference. In the end all projects of the cloud hold
what they held before. Whether a resource was adopted is known from its id; the rest of the last column is what must
have happened for everything to agree.

{result}

`UPDATE_GOLDEN=1 pytest -m long tests/integration/bays/test_campaign.py` writes this page. Ten points of a small bay are
in `make test` (`tests/integration/bays/test_kill.py`), with the loss of the cloud and a full disk
(`tests/integration/bays/test_lost_cloud.py`).
"""

RESULT = """\
{told} of {points} points in {minutes} min, on a machine with other load:
{fates}."""

LIFE = """
## {name}: {about}

| command | request | killed | when | then |
| --- | --- | --- | --- | --- |
"""

NO_RESULT = "No run of the whole campaign has filled these tables yet."

UNTRIED = "not run"
"""Of points that an interrupted run did not reach."""

WHO = {"all": "everything", "bay": "`bay`", "pulumi": "Pulumi", "plugin": "the plugin"}


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
