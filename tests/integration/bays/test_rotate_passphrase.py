"""The passphrase of a bay is rotated by real Pulumi, in each kind of backend, killed at any moment.

The state is the recorded one of tests/recorded: nothing of it is in a cloud.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bay.components.openstack.login import Login
from bay.stacks.approval import allow
from bay.stacks.bays import Bays
from bay.stacks.errors import WrongPassphrase
from bay.stacks.operations.rotation import RotateRequest
from bay.stacks.settings import Settings
from bay.stacks.stack import BayStack
from bay.stacks.state import passphrase
from bay.toolchain import Toolchain
from tests.conftest import CACHE
from tests.integration.bays.harness import CHECKOUT
from tests.toolchain.states import postgres

pytestmark = pytest.mark.toolchain

RECORDED = CHECKOUT / "tests" / "recorded" / "bay-0.1.0.json"
REQUEST = RotateRequest("passphrase")
WORD = "recorded"


class Killed(BaseException):
    """In the place of SIGKILL: nothing of bay's runs after it."""


def bays_of(folder: Path, toolchain: Toolchain, state: str = "", **extra: str) -> Bays:
    """Those of a state that has the recorded bay, twice in its history."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **extra}
    (folder / "state").mkdir(exist_ok=True)
    settings = Settings(
        CACHE / "bay", folder / "data", folder / "config", state or f"file://{folder}/state", environment
    )
    pulumi(folder, toolchain, settings.state, "stack", "init")
    pulumi(folder, toolchain, settings.state, "stack", "import", "--file", str(RECORDED))
    if not settings.has_own_passphrase:
        path = settings.passphrase_file("old")
        path.parent.mkdir(parents=True, mode=0o700)
        path.write_text(WORD)
        path.chmod(0o600)
    return Bays(settings, Login("none"))


def pulumi(folder: Path, toolchain: Toolchain, state: str, *words: str, word: str = WORD) -> str:
    """Plain `pulumi` on the stack, with a passphrase."""
    (folder / "Pulumi.yaml").write_text("name: bay\nruntime: python\n")
    environment = {
        **os.environ,
        **toolchain.environment(),
        "PULUMI_BACKEND_URL": state,
        "PULUMI_CONFIG_PASSPHRASE": word,
    }
    command = [str(toolchain.root / "bin" / "pulumi"), "--non-interactive", *words, "--stack", "old"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if "incorrect passphrase" in done.stderr:
        raise WrongPassphrase(done.stderr, "")
    assert done.returncode == 0, done
    return done.stdout


def files_with(folder: Path, text: str) -> list[str]:
    """Files below a folder that a text is in."""
    found = [file for file in folder.rglob("*") if file.is_file() and text.encode() in file.read_bytes()]
    return sorted(str(file.relative_to(folder)) for file in found)


def test_the_old_passphrase_opens_nothing_any_more(tmp_path: Path, toolchain: Toolchain) -> None:
    bays = bays_of(tmp_path, toolchain)
    salt, keys = bays.snapshot("old").salt, bays.authority("old")
    copies = tmp_path / "state" / ".pulumi"
    for name in ("history/bay/old/old-1.checkpoint.json", "backups/bay/old/old.1.json"):
        (copies / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(copies / "stacks/bay/old.json", copies / name)
    (copies / "history/bay/old/old-1.history.json").write_text("{}")
    assert len(files_with(tmp_path / "state", salt)) > 2

    planned = bays.rotate_plan("old", REQUEST)
    assert [step.status for step in planned.steps] == ["planned"] * 4
    assert files_with(tmp_path / "data", WORD), "a plan changes nothing"
    done = bays.rotate("old", REQUEST, approve=allow())

    assert done.proven.startswith(
        "the old passphrase does not open the state of bay old, and no copy of before is left"
    )
    assert [step.status for step in done.steps] == ["done"] * 4
    assert files_with(tmp_path / "state", salt) == []
    assert files_with(tmp_path / "data", WORD) == []
    assert (copies / "history/bay/old/old-1.history.json").exists(), "what was done and when stays known"
    with pytest.raises(WrongPassphrase):
        pulumi(tmp_path, toolchain, bays.context.settings.state, "stack", "export", "--show-secrets")
    assert bays.authority("old") == keys


@pytest.mark.long
def test_pending_operations_survive(tmp_path: Path, toolchain: Toolchain) -> None:
    bays = bays_of(tmp_path, toolchain)
    file = tmp_path / "state/.pulumi/stacks/bay/old.json"
    document = json.loads(file.read_text())
    latest = document["checkpoint"]["latest"]
    pending = [{"resource": latest["resources"][-1], "type": "creating"}]
    file.write_text(
        json.dumps(
            document | {"checkpoint": {**document["checkpoint"], "latest": {**latest, "pending_operations": pending}}}
        )
    )
    before = bays.snapshot("old").interrupted_operations
    assert before
    bays.rotate("old", REQUEST, approve=allow())
    assert bays.snapshot("old").interrupted_operations == before


def raising(after: Callable[..., Any] | None) -> Callable[..., Any]:
    """A step after which, or in the place of which, there is a kill."""

    def step(*args: Any, **kwargs: Any) -> Any:
        if after:
            after(*args, **kwargs)
        raise Killed

    return step


STEPS = {
    "stored": (passphrase, "create_next"),
    "encrypted": (BayStack, "change_passphrase"),
    "removed": (passphrase, "finish"),
}


@pytest.mark.parametrize(
    ("step", "when"),
    [
        pytest.param(step, when, marks=[] if (step, when) == ("encrypted", "after") else pytest.mark.long)
        for step in STEPS
        for when in ("before", "after")
    ],
)
def test_a_kill_at_any_moment_leaves_a_usable_bay_and_the_same_goes_on(
    tmp_path: Path, toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    bays = bays_of(tmp_path, toolchain)
    salt, keys = bays.snapshot("old").salt, bays.authority("old")
    owner, name = STEPS[step]
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, raising(getattr(owner, name) if when == "after" else None))
        with pytest.raises(Killed):
            bays.rotate("old", REQUEST, approve=allow())
    assert bays.authority("old") == keys, "bay finds the passphrase by itself"
    done = bays.rotate("old", REQUEST, approve=allow())
    assert done.proven
    assert files_with(tmp_path / "state", salt) == []
    assert files_with(tmp_path / "data", WORD) == []
    assert bays.authority("old") == keys
    assert len(list(bays.context.settings.passphrase_file("old").parent.iterdir())) == 1


@pytest.mark.long
def test_a_passphrase_of_the_users_own_is_replaced_by_one_of_theirs(tmp_path: Path, toolchain: Toolchain) -> None:
    mine, new = tmp_path / "mine", tmp_path / "new"
    mine.write_text(f"{WORD}\n")
    new.write_text("of next year\n")
    bays = bays_of(tmp_path, toolchain, PULUMI_CONFIG_PASSPHRASE_FILE=str(mine))
    keys = bays.authority("old")
    done = bays.rotate("old", RotateRequest("passphrase", new), approve=allow())
    assert done.proven
    with pytest.raises(WrongPassphrase):
        bays.authority("old")
    settings = bays.context.settings
    changed = Settings(
        settings.cache,
        settings.data,
        settings.config,
        settings.state,
        {**settings.environment, "PULUMI_CONFIG_PASSPHRASE_FILE": str(new)},
    )
    assert Bays(changed, Login("none")).authority("old") == keys
    assert mine.read_text() == f"{WORD}\n"


@pytest.mark.long
def test_in_a_database_what_nobody_looked_at_is_said(tmp_path: Path, toolchain: Toolchain) -> None:
    with postgres() as (url, _):
        bays = bays_of(tmp_path, toolchain, url)
        keys = bays.authority("old")
        done = bays.rotate("old", REQUEST, approve=allow())
        assert done.proven.startswith("the old passphrase does not open the state of bay old: ")
        assert [step.status for step in done.steps] == ["done", "done", "unknown", "done"]
        assert bays.authority("old") == keys
