"""What the engine's masters say of versions, and of APIs that go away; nothing where they cannot be asked from here."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from bay.components.engines import ENGINES, Question
from bay.components.engines.upgrades import DeprecatedCall, EngineVersion, UpgradeRules, parse_version
from bay.stacks.cluster import api
from bay.stacks.cluster.access import access_of
from bay.stacks.cluster.health import AT_ONCE
from bay.stacks.stack import BayStack

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class EngineReport:
    """versions: server -> of its engine; may lack servers. deprecated: None where no master tells."""

    versions: Mapping[str, EngineVersion] = field(default_factory=dict)
    deprecated: tuple[DeprecatedCall, ...] | None = None


def report_of(bay: BayStack, rules: UpgradeRules) -> EngineReport:
    """Ask all masters; an access that is closed, a missing passphrase or silence makes an empty report."""
    access = access_of(bay)
    if isinstance(access, str):
        LOG.info("%s: %s", bay.name, access)
        return EngineReport()
    return ask_for_report(ENGINES[access.spec.coe].question, rules, access.addresses, access.files)


def ask_for_report(
    question: Question, rules: UpgradeRules, addresses: Sequence[str], files: Mapping[str, str]
) -> EngineReport:
    """files: those of `bay config`."""
    if not set(files) >= api.NEEDED:
        return EngineReport()
    metrics = replace(question, path=rules.metrics) if rules.metrics else None
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda address: _fetched(address, question, files), addresses))
        told = list(pool.map(lambda address: _fetched(address, metrics, files), addresses)) if metrics else []
    calls = [rules.deprecated_calls(text) for text in told if text is not None]
    merged = tuple(dict.fromkeys(call for found in calls for call in found)) if calls else None
    return EngineReport(_versions(rules, answers), merged)


def _versions(rules: UpgradeRules, answers: Sequence[str | None]) -> dict[str, EngineVersion]:
    """Of the first answer that is understood: all masters answer alike."""
    for answer in answers:
        if answer is not None and (found := _understood(rules.node_versions, answer)):
            return found
    return {}


def _understood(versions_in: Callable[[object], Mapping[str, str]], answer: str) -> dict[str, EngineVersion]:
    try:
        said = versions_in(json.loads(answer))
        known = {name: parse_version(version) for name, version in said.items()}
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        LOG.info("the engine's answer is not understood: %s: %s", type(error).__name__, error)
        return {}
    return {name: version for name, version in known.items() if version}


def _fetched(address: str, question: Question, files: Mapping[str, str]) -> str | None:
    try:
        reply = api.Client(address, files).call(question.path, basic=question.basic)
    except api.ERRORS as error:
        LOG.info("%s: %s", question.path, api.problem(address, error))
        return None
    if reply.status != HTTPStatus.OK:
        LOG.info("%s%s: HTTP %d", address, question.path, reply.status)
        return None
    return reply.body.decode(errors="replace")
