"""A state that an earlier version of bay wrote: its dynamic resources are still found, and can be destroyed.

``tests/recorded/bay-VERSION.json`` is a stack export of a bay without its cloud resources; its passphrase is
"recorded". A version that breaks it needs an alias, never a new recording.
"""

import os
import subprocess
from pathlib import Path

import pytest

from bay.toolchain import Toolchain
from tests.integration.bays.harness import CHECKOUT

pytestmark = pytest.mark.toolchain

RECORDED = sorted((CHECKOUT / "tests" / "recorded").glob("bay-*.json"))


def test_there_is_a_recording() -> None:
    assert [file.name for file in RECORDED][:1] == ["bay-0.1.0.json"]


@pytest.mark.parametrize("recording", RECORDED, ids=lambda file: file.stem)
def test_a_recorded_state_is_destroyed(toolchain: Toolchain, tmp_path: Path, recording: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: bay\nruntime: python\n")
    (tmp_path / "state").mkdir()
    environment = {
        **os.environ,
        **toolchain.environment(),
        "PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "recorded",
    }

    def pulumi(*words: str) -> subprocess.CompletedProcess[str]:
        command = [str(toolchain.root / "bin" / "pulumi"), "--non-interactive", *words, "--stack", "old"]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert pulumi("stack", "init").returncode == 0
    imported = pulumi("stack", "import", "--file", str(recording))
    assert imported.returncode == 0, imported
    protected = pulumi("destroy", "--yes", "--run-program=false")
    assert "cannot be deleted" in protected.stdout + protected.stderr, "the identity is protected"
    assert pulumi("state", "unprotect", "--all", "--yes").returncode == 0
    destroyed = pulumi("destroy", "--yes", "--run-program=false")
    assert destroyed.returncode == 0, destroyed
    assert "4 deleted" in destroyed.stdout, "stack, identity, bay and image"
