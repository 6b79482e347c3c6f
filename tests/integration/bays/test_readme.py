"""README's sections, typed line for line in the shells that are here, by a user with an empty home."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from openstack.connection import Connection

from tests.integration.bays.harness import COMMAND, LIMIT, Bay, Result
from tests.paths import ROOT

pytestmark = [pytest.mark.sandbox, pytest.mark.long]

TEXT = (ROOT / "README.md").read_text()
SHELLS = [shell for shell in ("bash", "zsh") if shutil.which(shell)]
EXPECTED = {"bay preview": 2, "bay doctor": None}
"""Exit codes that are no error; None: any, since it says what this machine lacks."""

NEED_A_BOOTED_SERVER = ("bay rebuild", "bay backup")


def section(title: str) -> list[str]:
    """The commands of the section whose title begins so."""
    text = re.split(r"^## ", TEXT, flags=re.M)
    (own,) = (part for part in text if part.startswith(title))
    blocks = re.findall(r"^```\n(.*?)^```", own, re.M | re.S)
    lines = [line for block in blocks for line in block.splitlines()]
    answered = any(line.startswith("$ ") for line in lines)
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ") or not answered]


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A docker that says where it would ask: servers do not boot here, and the real one is typed where they do."""
    folder = tmp_path / "tools"
    folder.mkdir()
    (folder / "docker").write_text('#!/bin/sh\necho "docker $* at $DOCKER_HOST"\n')
    (folder / "docker").chmod(0o755)
    return folder


@pytest.fixture
def keypair(clouds: list[Connection]) -> Iterator[str]:
    """The keypair that README names."""
    public = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    made = clouds[0].compute.create_keypair(name="mykey", public_key=public)
    yield made.name
    clouds[0].compute.delete_keypair(made)


def typed(bay: Bay, shell: str, lines: list[str], tools: Path, cwd: Path | None = None) -> Result:
    script = ["set -e", "setopt interactive_comments" if shell == "zsh" else ""]
    for line in lines:
        code = next((code for words, code in EXPECTED.items() if line.startswith(words)), 0)
        script.append(line if code == 0 else f"{line} || test $? = {code}" if code else f"{line} || true")
    path = f"{tools}:{COMMAND.parent}:{bay.environment()['PATH']}"
    done = subprocess.run(
        [shell, "-c", "\n".join(script)],
        cwd=cwd or bay.home,
        env=bay.environment(PATH=path),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=len(lines) * LIMIT,
    )
    assert done.returncode == 0, done
    return Result(done.returncode, done.stdout, done.stderr)


def without_remark(line: str) -> str:
    return re.sub(r"\s+# .*", "", line)


def answered(line: str) -> str:
    """With the answer to the question that such a command asks at a terminal."""
    asking = ("bay delete", "bay repair", "bay scale", "bay group create")
    asks = line.startswith(asking) and "--dry-run" not in line
    return re.sub(r"(\s+#|$)", r" --yes\1", line, count=1) if asks else line


@pytest.mark.parametrize("shell", SHELLS)
def test_a_bay_on_ones_cloud_from_the_first_line_to_the_last(bay: Bay, keypair: str, tools: Path, shell: str) -> None:
    lines = [line for line in section("On your cloud") if not line.startswith(("make setup", "openstack "))]
    lines = [line.replace("mycloud", "sandbox").replace("mykey", keypair) for line in lines]
    end = next(number for number, line in enumerate(lines) if line.startswith("bay delete"))
    mended = [line for line in section("Drift") if not line.startswith(NEED_A_BOOTED_SERVER)]
    between = [line.replace("g1.large", "m1.medium") for line in (*section("Preview"), *map(without_remark, mended))]
    usage = [line for line in section("Quotas") if "--usage" in line]
    done = typed(bay, shell, list(map(answered, [*lines[:end], *between, *usage, *lines[end:]])), tools)
    assert "docker node ls at tcp://" in done.out
    assert "physics" in done.out
    assert "bay physics is deleted" in done.err


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A fresh checkout; stack files of the one that tests run in are nobody else's."""
    folder = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    return folder


@pytest.mark.parametrize("shell", SHELLS)
def test_as_code_in_a_fresh_checkout(bay: Bay, clone: Path, tools: Path, shell: str) -> None:
    end = ["bay delete demo2 --yes", "rm stacks/Pulumi.demo2.yaml", "git status --porcelain"]
    done = typed(bay, shell, [*section("As code"), *end], tools, clone)
    assert "CREATE_COMPLETE" in done.out
    assert "stacks/Pulumi.demo2.yaml of its checkout stays" in done.err
