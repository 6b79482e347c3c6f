"""A program `ssh` on PATH that notes what it was asked to run where, and answers as a test says."""

import os
from dataclasses import dataclass
from pathlib import Path

PROGRAM = """#!/bin/bash
FAKE=$(dirname "$0")
while [ "$1" != -- ]; do address=$1; shift; done
words="$*" words=${words#*bash -s -- }
read -r verb rest <<<"$words"
number=$(ls "$FAKE/sent" | wc -l)
cat >"$FAKE/sent/$number"
echo "$address $words" >>"$FAKE/calls"
[ ! -e "$FAKE/answers/$address.$verb" ] || . "$FAKE/answers/$address.$verb"
"""
END = b'main "$@"; exit\n'
"""Of the script, before what it reads."""


@dataclass(frozen=True)
class FakeSsh:
    """folder: for it alone. Where nothing else is said, every verb goes through and prints nothing."""

    folder: Path

    def __post_init__(self) -> None:
        for name in ("answers", "sent"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "ssh").write_text(PROGRAM)
        (self.folder / "ssh").chmod(0o755)

    @property
    def environment(self) -> dict[str, str]:
        """With it on PATH."""
        return {"PATH": f"{self.folder}:{os.environ['PATH']}"}

    def answer(self, address: str, verb: str, text: str) -> None:
        """A piece of shell that is run in place of the server's script, behind what that reads."""
        (self.folder / "answers" / f"{address}.{verb}").write_text(text)

    @property
    def calls(self) -> list[str]:
        """``ADDRESS VERB ARGUMENT...`` of each run."""
        file = self.folder / "calls"
        return file.read_text().splitlines() if file.exists() else []

    def sent(self, number: int) -> bytes:
        """What came behind the script in a run."""
        return (self.folder / "sent" / str(number)).read_bytes().partition(END)[2]
