"""A state that somebody else wrote into: every command refuses it before Pulumi runs, and nothing in it is run."""

import base64
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.bays.harness import Bay

pytestmark = pytest.mark.sandbox

COMMANDS = (
    ("show", "held"),
    ("list",),
    ("node", "list", "held"),
    ("preview", "held"),
    ("preview", "held", "--refresh"),
    ("preview", "--all"),
    ("drift", "held"),
    ("drift", "--all"),
    ("repair", "held", "--yes"),
    ("scale", "held", "1"),
    ("update", "held", "--set", "tags=[x]"),
    ("config", "held"),
    ("wait", "held"),
    ("create", "held", "--model", "swarm"),
    ("delete", "held", "--dry-run"),
    ("delete", "held", "--yes"),
)


def _poison(resources: list[dict[str, Any]], ran: Path) -> None:
    """What ran code at the next drift or deletion: a pickle in the place of the identity's provider."""

    class Program:
        def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
            return (os.system, (f"touch {ran}",))

    for resource in resources:
        for values in (resource.get("inputs") or {}, resource.get("outputs") or {}):
            if "__provider" in values:
                values["__provider"] = base64.b64encode(pickle.dumps(Program())).decode()


def _bring_a_plugin(resources: list[dict[str, Any]], _ran: Path) -> None:
    for resource in resources:
        if resource["type"] == "pulumi:providers:openstack":
            resource["inputs"]["__internal"] = {"pluginDownloadURL": "http://127.0.0.1:9/evil"}


def _add_a_command(resources: list[dict[str, Any]], ran: Path) -> None:
    urn = "urn:pulumi:held::bay::command:local:Command::x"
    run = {"create": f"touch {ran}", "delete": f"touch {ran}"}
    resources.append({"urn": urn, "custom": True, "id": "x", "type": "command:local:Command", "inputs": run})


def test_every_command_refuses_what_bay_did_not_write(bay: Bay, tmp_path: Path) -> None:
    bay.make("held", "--nodes", "0", "--no-wait")
    file, ran = bay.state / ".pulumi/stacks/bay/held.json", tmp_path / "ran"
    whole = file.read_text()
    try:
        for poison in (_poison, _bring_a_plugin, _add_a_command):
            state = json.loads(whole)
            poison(state["checkpoint"]["latest"]["resources"], ran)
            file.write_text(json.dumps(state))
            for words in COMMANDS:
                result = bay.run(*words)
                assert result.code or words == ("list",), (poison, words, result)  # which shows other bays all the same
                assert "which bay does not write; nothing was run" in result.out + result.err, (poison, words, result)
                assert not ran.exists(), (poison, words)
                assert json.loads(file.read_text()) == state, "and the state is as it was"
    finally:
        file.write_text(whole)
    assert bay.run("drift", "held").code == 0
