"""A pretended server that asks masters over SSH before it joins them."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

from bay.components.node.proof import proof
from tests.components.engines.door import KEY
from tests.components.engines.machine import NOTED, Machine, Settings

# An answer is a file named by address and request, "CODE TEXT" a line; each call takes one, the last stays. What was
# said on standard input stands in $FAKE/said.
SSH = """
shift 2
call="ssh $*"
note
sed "s/^/$* /" >>"$FAKE/said"
file=$FAKE/answers/$1.${2%% *}
[ -e "$file" ] || exit 255
read -r code text <"$file"
[ "$(wc -l <"$file")" -le 1 ] || sed -i 1d "$file"
[ -z "$text" ] || echo "$text"
exit "$code"
"""


SUDO = 'note\nshift\nexec "$@"\n'


class JoiningMachine(Machine):
    """A server with a join key; `answer` says what the masters tell it."""

    FAKES: ClassVar[Mapping[str, str]] = {
        **Machine.FAKES,
        "ssh": SSH,
        "ssh-keyscan": 'for last; do :; done; [ -e "$FAKE/listening/$last" ] && echo "$last ssh-ed25519 AAAA"\n',
        "sudo": SUDO,
        "apparmor_parser": NOTED,
    }
    FOLDERS: ClassVar[tuple[str, ...]] = ("answers", "listening")
    SOURCED: ClassVar[tuple[str, ...]] = ()
    """The scripts that have what `call` calls, in the order in which they are sourced."""

    @classmethod
    def furnish(cls, folder: Path, name: str, settings: Settings, **others: Any) -> Self:
        """A server as any other, that has a key to ask with."""
        keys = {
            "BAY_JOIN_KEY": str(folder / "join_key"),
            "BAY_MEMBER_KEY": str(folder / "member_key"),
            "BAY_PROOF": str(folder / "proof"),
            "BAY_SSH_CONFIG": "/etc/bay/ssh_config",
            "BAY_LEAVING": str(folder / "leaving"),
        }
        machine = super().furnish(folder, name, {**keys, **settings}, **others)
        machine.write("join_key", "a key")
        machine.write("proof", f"{proof(KEY, name)}\n")
        machine.write("said", "")
        return machine

    def answer(self, address: str, request: str, *answers: str) -> None:
        """What the master at `address` says to a request, one after the other: ``CODE TEXT``."""
        self.write(f"listening/{address}", "")
        self.write(f"answers/{address}.{request}", "".join(f"{answer}\n" for answer in answers))

    def call(self, line: str) -> str:
        """What a line of shell prints that has all of the server's scripts."""
        files = (self.folder / "env", *(self.folder / "lib" / name for name in self.SOURCED))
        sources = "; ".join(f". {shlex.quote(str(file))}" for file in files)
        self.write("line", f"#!/bin/bash\nset -Eeuo pipefail; {sources}; {line}\n")
        self.copy(self.folder / "line")
        done = self.run("line")
        assert done.returncode == 0, done.stderr
        return done.stdout

    def decide(self, attempt: int = 1) -> str:
        """What the server would do next."""
        return self.call(f"decide {attempt}").strip()
