"""Whatever a file, a server or a state says: a value, or an error of bay's in two lines; no traceback, nothing run."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import strategies as st

from bay.components.distribution import installed_version
from bay.components.node.proof import proof
from bay.components.spec.merge import build_spec
from bay.components.text import is_printable
from bay.components.yaml_file import mapping
from bay.stacks.cluster import console_log
from bay.stacks.files.stack_files import SpecFiles
from bay.stacks.plan import saved
from bay.stacks.state.known import require_known
from bay.stacks.state.snapshot import StateSnapshot, read_snapshot
from tests.components.engines.door import KEY, furnish_door
from tests.components.engines.swarm.machine import SwarmMachine
from tests.components.graph.specs_at_random import INVALID, VALID
from tests.fakes.states import complete, cut_off, failed, kubernetes
from tests.fuzz.fuzzing import changed_json, changed_text, fuzz, refusal
from tests.paths import ROOT

pytestmark = [pytest.mark.long, pytest.mark.fuzz]

SPEC_FILES = (
    *(file.read_text() for file in sorted((ROOT / "docs/examples").rglob("*.yaml"))),
    "config:\n  bay:model: swarm\n  bay:nodes: 5\n  bay:allow: [batch]\n",
)
CONSOLE = (
    "bay: stage=booting node=demo-node-0\n[  1.0] systemd\nbay: stage=docker node=demo-node-0 took=3\n",
    "bay: stage=failed node=demo-node-0 reason=image-lacks-dockerd\nbay: stage=ready node=demo-node-0 a=b=c\n",
)


def test_spec_files() -> None:
    as_file = st.builds(
        lambda values: yaml.safe_dump({"config": {f"bay:{key}": value for key, value in values.items()}}),
        VALID | INVALID.map(lambda drawn: drawn[1]),
    )
    texts = changed_text(SPEC_FILES) | as_file

    def check(text: str) -> None:
        files = SpecFiles({"physics": text}, "here", strict=True)
        refusal(lambda: files.spec("physics"))
        refusal(lambda: files.allowed("physics"))
        refusal(lambda: build_spec([mapping(text, "spec.yaml")]))

    assert fuzz(texts, check) > 100


def test_specs_of_any_values() -> None:
    seeds = (build_spec([{"model": "kubernetes"}]).model_dump(mode="json"), {"model": "swarm", "nodes": 3})
    assert fuzz(changed_json(seeds), lambda values: refusal(lambda: build_spec([values])) and None) > 100


def test_console_logs() -> None:
    def check(log: str) -> None:
        str(console_log.latest(log))
        str(console_log.unresolved_failure(log))
        assert all(map(is_printable, console_log.tail(log))), console_log.tail(log)

    assert fuzz(changed_text(CONSOLE), check) > 100


def test_states() -> None:
    def check(deployment: Any) -> None:
        if refusal(lambda: require_known("demo", deployment)) is None:
            refusal(lambda: read_snapshot("demo", deployment))

    seeds = (complete(), cut_off(), failed(), kubernetes())
    assert fuzz(changed_json(seeds), check) > 100
    assert StateSnapshot.from_deployment("demo", complete()) == read_snapshot("demo", complete())


def test_saved_plans(tmp_path: Path) -> None:
    plan = {
        "format": saved.FORMAT,
        "version": saved.VERSION,
        "made_by": installed_version(),
        "made_at": "2026-01-02T03:04:00Z",
        "bay": "demo",
        "managed_by": "cli",
        "spec": build_spec([{"model": "swarm"}]).model_dump(mode="json"),
        "fingerprint": {},
        "pulumi": {"resourcePlans": {}},
    }
    file = tmp_path / "plan"

    def check(content: Any) -> None:
        if isinstance(content, dict):
            content = content | {saved.CHECKSUM: saved.digest(content)}
        file.write_text(json.dumps(content))
        refusal(lambda: saved.read(file))

    assert fuzz(changed_json((plan,)), check) > 100

    def check_text(text: str) -> None:
        file.write_text(text, errors="surrogatepass")
        refusal(lambda: saved.read(file))

    assert fuzz(changed_text((json.dumps(plan),)), check_text, seconds=5) > 10


NO_NUL = st.characters(blacklist_characters="\0", blacklist_categories=("Cs",))
ANYTHING = st.text(NO_NUL, max_size=40) | st.sampled_from(
    [
        "$(touch pwned)",
        "`touch pwned`",
        "; touch pwned",
        "-rf",
        "../../etc",
        "demo-master-0",
        "a\nb",
        "*",
        "''",
        "|",
        "&",
    ]
)
VERBS = st.sampled_from(["token", "certificate", "forget", "drain", "wake"]) | ANYTHING
KNOWN_CALL = re.compile(
    r"(swarm join-token --quiet worker|node (ls|inspect|update|rm|demote|ps)[ 0-9A-Za-z.:{}_/=-]*|info .*)"
)


def test_the_join_door(tmp_path: Path) -> None:
    """By the real script: what is not proven reaches nothing, and what is proven is one of few calls."""
    master = SwarmMachine.make(tmp_path / "master", "demo-master-0", state="active true")
    furnish_door(master)
    names = st.just("demo-node-0") | ANYTHING
    requests = st.tuples(st.sampled_from(["node", "member"]), VERBS, names, st.booleans(), ANYTHING, ANYTHING)

    def check(request: tuple[str, str, str, bool, str, str]) -> None:
        role, verb, name, proves, word, argument = request
        master.write("calls", "")
        said = f"{name} {proof(KEY, name) if proves else word} {argument}\n"
        variables = {"SSH_ORIGINAL_COMMAND": verb, "SSH_CONNECTION": "10.80.0.99 50000 10.80.0.10 22"}
        answer = master.run("join-door", role, "1", said=said, **variables)
        calls = master.calls("docker")
        assert answer.returncode in range(7), answer
        assert all(KNOWN_CALL.fullmatch(call) for call in calls), calls
        if answer.returncode == 2 or not proves:
            assert (calls, answer.stdout) == ([], ""), request
        assert not [path for path in (*tmp_path.rglob("pwned"), *Path.cwd().glob("pwned"))]

    assert fuzz(requests, check) > 20
