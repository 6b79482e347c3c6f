"""docs/plans.md as a user types it: plans that are kept, and those of all bays."""

import json
import stat
from collections.abc import Iterator
from typing import Any

import pytest

from bay.stacks.plan.fingerprint import digest
from tests.integration.bays.harness import CHECKOUT, COMMAND, Bay, Result

pytestmark = pytest.mark.sandbox


def commands() -> list[str]:
    """The lines of the page's shell blocks."""
    blocks = (CHECKOUT / "docs" / "plans.md").read_text().split("```sh\n")[1:]
    return [line.split("   #")[0] for block in blocks for line in block.split("```")[0].splitlines()]


def typed(bay: Bay, line: str) -> Result:
    """A line of the page, in the user's home; nobody waits for engines, since nothing boots."""
    words = line.split()
    waiting = () if words[1] == "preview" else ("--no-wait",)
    return bay.execute([str(COMMAND), *words[1:], *waiting])


def secrets_of(bay: Bay, name: str) -> set[str]:
    """Every secret of a bay's state, of texts of several lines the longest one."""
    shown = bay.shell(f"pulumi stack export --show-secrets --stack {name}", bay=name)
    assert shown.code == 0, shown
    texts = {text for text in _secret_texts(json.loads(shown.out)) if len(text) > 12}
    return {max((line for line in text.splitlines() if "-----" not in line), key=len) for text in texts}


def _secret_texts(value: Any, secret: bool = False) -> Iterator[str]:
    if isinstance(value, dict) and "plaintext" in value:
        yield from _secret_texts(json.loads(value["plaintext"]), True)
    elif isinstance(value, dict | list):
        for below in value.values() if isinstance(value, dict) else value:
            yield from _secret_texts(below, secret)
    elif secret and isinstance(value, str):
        yield value


def test_a_plan_that_is_kept_is_carried_out_once_and_holds_no_secret(bay: Bay) -> None:
    save, update, save_new, create, again, every, every_as_json = commands()
    bay.make("physics", "--nodes", "2", "--no-wait")
    assert typed(bay, save).code == 2
    plan = bay.home / "three.plan"
    assert stat.S_IMODE(plan.stat().st_mode) == 0o600

    content = json.loads(plan.read_text())
    checksum = content.pop("sha256")
    assert checksum == digest(content)
    content["spec"]["nodes"]["count"] = 4
    (bay.home / "other.plan").write_text(json.dumps({**content, "sha256": digest(content)}))
    strayed = typed(bay, "bay update physics --plan other.plan --yes")
    assert strayed.code == 1
    assert strayed.error[0].startswith("the run would do more than the plan: physics violates plan")

    assert typed(bay, update).code == 0
    assert len(bay.run("show", "physics", "-f", "json").json["nodes"]) == 3
    secrets = secrets_of(bay, "physics")
    assert sum(secret.startswith("H4sI") for secret in secrets) == 4, "the user data of a master and of three nodes"
    assert [secret for secret in secrets if secret in plan.read_text()] == []
    refused = typed(bay, again)
    assert refused.code == 1
    assert "Instance physics-node-2 is new in the state" in refused.error[0]

    assert typed(bay, save_new).code == 2
    looked = typed(bay, f"{create} --dry-run")
    assert (looked.code, bay.names()) == (0, ["physics"]), looked
    assert typed(bay, create).code == 0
    new = (bay.home / "new.plan").read_text()
    assert "ciphertext" not in new, "a preview of a new bay is encrypted with what everybody knows"
    assert [secret for secret in secrets_of(bay, "chemistry") if secret in new] == []

    assert typed(bay, every).code == 0
    rows = json.loads(typed(bay, every_as_json).out)
    assert rows == [{"bay": name, "result": "no changes"} for name in ("chemistry", "physics")]
