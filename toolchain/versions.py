"""Versions: which ones are wanted, and how programs print theirs."""

import os
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

#: The Pulumi that is built, and the oldest one on PATH that will do: what the
#: requirement `pulumi==3.259.0` in pyproject.toml wants to talk to.
PULUMI = "3.259.0"

#: The OpenStack plugin, which has to be exactly the `pulumi-openstack` wheel's version.
PLUGIN = "5.5.1"

#: Seconds that `pulumi version` may take; it takes about 0.1.
TIMEOUT = 20


class Version(NamedTuple):
    """A version that can be compared; one before its release is less than the release."""

    major: int
    minor: int
    patch: int
    released: bool = True


def parse(text: str) -> Version | None:
    """The first version in a program's output, or None when there is none.

    Understands `v3.259.0`, `3.260.0-alpha.1` and `go version go1.26rc1 linux/amd64`.
    """
    match = re.search(r"(?:\b|go|v)(\d+)\.(\d+)(?:\.(\d+))?(-(?:alpha|beta|rc|dev)|rc|beta)?", text)
    if match is None:
        return None
    major, minor, patch, unreleased = match.groups()
    return Version(int(major), int(minor), int(patch or 0), released=unreleased is None)


def of(program: Path) -> str:
    """What a `pulumi` prints as its version; nothing where it does not run."""
    environment = os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        answer = subprocess.run(
            [program, "version"], env=environment, capture_output=True, text=True, timeout=TIMEOUT, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip()
