"""Asks a bay's engine how its nodes are; what cannot be asked is UNKNOWN, and says why."""

import base64
import http.client
import json
import ssl
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bay.components.engines import ENGINES, Question
from bay.components.errors import BayError
from bay.components.node.client_login import SHORTEST, LoginRequest, client_login
from bay.components.node.lifetimes import Validity
from bay.components.spec import BaySpec
from bay.components.text import join_names
from bay.stacks.errors import Interrupted
from bay.stacks.state import pki
from bay.stacks.state.expiry import certificates_of

if TYPE_CHECKING:
    from bay.stacks.stack import BayStack

TIMEOUT = 4.0
"""Seconds for an answer; one that takes longer helps nobody who waits for a table."""
AT_ONCE = 7
"""Addresses tried at the same time: a bay has at most so many masters."""
HEALTHY, UNHEALTHY, UNKNOWN = "HEALTHY", "UNHEALTHY", "UNKNOWN"


@dataclass(frozen=True)
class Health:
    """Magnum's words. nodes: server name -> HEALTHY or UNHEALTHY, as the engine says; empty where it was not asked."""

    status: str
    reason: str
    nodes: Mapping[str, str] = field(default_factory=dict)


CLOSED = Health(UNKNOWN, "the API is closed to clients: access.api is empty")
STANDS_BY = object()
"""The answer of a master that sends on to the one which leads."""
NOT_ASKED = Health(UNKNOWN, "the engine was not asked")


def health_of(bay: "BayStack") -> Health:
    """Health of a bay as its engine tells it; needs the bay's passphrase for the client's key."""
    state = bay.state
    if state.spec is None or not state.is_complete:
        return Health(UNKNOWN, "the bay is not complete")
    if not state.spec.access.api:
        return CLOSED
    try:
        outputs = bay.outputs()
        files = {**(outputs.get("client_files") or {}), **_login_again(bay)}
    except Interrupted:
        raise
    except BayError as error:  # without the passphrase there is no key to ask with
        return Health(UNKNOWN, f"the engine cannot be asked: {error.message}")
    asked_of = [n.name for n in state.servers if n.role != "master" or ENGINES[state.spec.coe].question.names_masters]
    return ask(state.spec, asked_of, outputs.get("api_addresses") or [], files)


def _login_again(bay: "BayStack") -> dict[str, str]:
    """A client certificate for these questions alone, where the one in the bay's state has ended."""
    now = datetime.now(UTC)
    client = next((one for one in certificates_of(bay.state) if one.name == "client"), None)
    if client is None or client.validity(now) is not Validity.EXPIRED:
        return {}
    assert bay.state.spec is not None
    group = getattr(ENGINES[bay.state.spec.coe], "client_group", None)
    keys = pki.keys_of(bay.state, bay.secrets())
    login = client_login(bay.name, keys, LoginRequest(SHORTEST), now, group)
    return {"cert.pem": login.certificate, "key.pem": login.key}


def ask(spec: BaySpec, servers: Iterable[str], addresses: Sequence[str], files: Mapping[str, str]) -> Health:
    """Ask at every address at the same time; the first answer counts. files: those of `bay config`."""
    if not spec.access.api:
        return CLOSED
    if not {"ca.pem", "cert.pem", "key.pem"} <= set(files):
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
    if len(addresses) > 1 and spec.access.api and {"ca.pem", "cert.pem", "key.pem"} <= set(files):
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
    host, _, port = address.rpartition(":")
    try:
        context, headers = _context(files), _headers(question, files)
        connection = http.client.HTTPSConnection(host.strip("[]"), int(port), timeout=TIMEOUT, context=context)
        with closing(connection):
            connection.request("GET", question.path, headers=headers)
            response = connection.getresponse()
            body = response.read()
        if 300 <= response.status < 400:
            return STANDS_BY
        if response.status != http.client.OK:
            return f"{address}: HTTP {response.status}"
        return json.loads(body)
    except (OSError, http.client.HTTPException, ValueError, LookupError) as error:
        return f"{address}: {getattr(error, 'strerror', None) or error or type(error).__name__}"


def _context(files: Mapping[str, str]) -> ssl.SSLContext:
    """Trusts the bay's own authority alone, and shows the client's certificate."""
    context = ssl.create_default_context(cadata=files["ca.pem"])
    with tempfile.TemporaryDirectory(prefix="bay-") as folder:  # ssl reads keys from files only; 0700
        for name in ("cert.pem", "key.pem"):
            (Path(folder) / name).write_text(files[name], encoding="utf-8")
        context.load_cert_chain(Path(folder) / "cert.pem", Path(folder) / "key.pem")
    return context


def _headers(question: Question, files: Mapping[str, str]) -> dict[str, str]:
    headers = {"Accept": "application/json"}
    if question.basic is not None:
        login = json.loads(files[question.basic])
        word = base64.b64encode(f"{login['principal']}:{login['secret']}".encode()).decode()
        headers["Authorization"] = f"Basic {word}"
    return headers
