"""Asks a bay's engine how its nodes are; what cannot be asked is UNKNOWN, and says why."""

import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from bay.components.engines import ENGINES, Question
from bay.components.spec import BaySpec
from bay.components.text import join_names
from bay.stacks.cluster import api
from bay.stacks.cluster.access import CLOSED as NO_ACCESS
from bay.stacks.cluster.access import access_of

if TYPE_CHECKING:
    from bay.stacks.stack import BayStack

AT_ONCE = 7
"""Addresses tried at the same time: a bay has at most so many masters."""
HEALTHY, UNHEALTHY, UNKNOWN = "HEALTHY", "UNHEALTHY", "UNKNOWN"


@dataclass(frozen=True)
class Health:
    """Magnum's words. nodes: server name -> HEALTHY or UNHEALTHY, as the engine says; empty where it was not asked."""

    status: str
    reason: str
    nodes: Mapping[str, str] = field(default_factory=dict)


CLOSED = Health(UNKNOWN, NO_ACCESS)
STANDS_BY = object()
"""The answer of a master that sends on to the one which leads."""
NOT_ASKED = Health(UNKNOWN, "the engine was not asked")


def health_of(bay: "BayStack") -> Health:
    """Health of a bay as its engine tells it; needs the bay's passphrase for the client's key."""
    access = access_of(bay)
    if isinstance(access, str):
        return Health(UNKNOWN, access)
    question = ENGINES[access.spec.coe].question
    asked_of = [one.name for one in bay.state.servers if one.role != "master" or question.names_masters]
    return ask(access.spec, asked_of, access.addresses, access.files)


def ask(spec: BaySpec, servers: Iterable[str], addresses: Sequence[str], files: Mapping[str, str]) -> Health:
    """Ask at every address at the same time; the first answer counts. files: those of `bay config`."""
    if not spec.access.api:
        return CLOSED
    if not set(files) >= api.NEEDED:
        return Health(UNKNOWN, "the engine gives its clients no certificate to ask with")
    if not addresses:
        return Health(UNKNOWN, "the state has no address of the API")
    engine = ENGINES[spec.coe]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda address: _answer(address, engine.question, files), addresses))
    problems = [answer for answer in answers if isinstance(answer, str)]
    if len(problems) == len(answers):
        return Health(UNKNOWN, f"the API does not answer from here: {problems[0]}")
    said = [answer for answer in answers if not isinstance(answer, str) and answer is not STANDS_BY]
    if not said:
        return Health(UNKNOWN, "every master that answers from here sends on to one that does not")
    try:
        nodes = engine.node_health(said[0])
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        return Health(UNKNOWN, f"the engine's answer is not understood: {type(error).__name__}: {error}")
    return health_from_answer(servers, nodes, problems)


def first_that_answers(spec: BaySpec, addresses: Sequence[str], files: Mapping[str, str]) -> str:
    """The address for a client, who can name only one: the first, unless only another one answers now."""
    if len(addresses) > 1 and spec.access.api and set(files) >= api.NEEDED:
        question = ENGINES[spec.coe].question
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(lambda address: _answer(address, question, files), addresses))
        for address, answer in zip(addresses, answers, strict=True):
            if not isinstance(answer, str):
                return address
    return addresses[0]


def health_from_answer(servers: Iterable[str], nodes: Mapping[str, str], problems: Sequence[str] = ()) -> Health:
    """What the engine's answer means for a bay of these servers; problems: of addresses that did not answer.

    Where the engine calls all servers ready and one address does not answer, nobody knows whether that master is ill or
    only the way to it from here is closed: UNKNOWN.
    """
    own = {name: nodes.get(name, UNHEALTHY) for name in sorted(set(servers))}
    ill = [name for name, health in own.items() if health != HEALTHY]
    missing = [name for name in ill if name not in nodes]
    reasons = []
    if missing:
        reasons.append(f"not in the engine: {join_names(missing)}")
    if len(ill) > len(missing):
        reasons.append(f"not ready: {join_names([name for name in ill if name in nodes])}")
    status = UNHEALTHY if reasons else UNKNOWN if problems else HEALTHY
    well = [] if reasons else ["all servers are in the engine and ready"]
    return Health(status, "; ".join([*reasons, *well, *(f"no answer from {problem}" for problem in problems)]), own)


def _answer(address: str, question: Question, files: Mapping[str, str]) -> Any | str:
    """The engine's answer (parsed JSON), or the address with what is wrong."""
    try:
        reply = api.Client(address, files).call(question.path, basic=question.basic)
        if 300 <= reply.status < 400:
            return STANDS_BY
        if reply.status != HTTPStatus.OK:
            return f"{address}: HTTP {reply.status}"
        return json.loads(reply.body)
    except api.ERRORS as error:
        return api.problem(address, error)
