"""A worker whose root is an attacker: what it tries, and how it is known that it would work but for a defence.

Everything on the worker is the attacker's: keys, its user data, its certificates, tokens of the pods that run there.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.integration.boots.standing import Standing

ATTACKER, VICTIM = "node-1", "node-0"
STOLEN = "/run/stolen"
PRELUDE = f"""
. /etc/bay/env
NAME=$(uname -n) PROOF=$(cat /etc/bay/proof)
umask 077; mkdir -p {STOLEN}
[ -e {STOLEN}/join_key ] || zcat -f /var/lib/cloud/instance/user-data.txt | python3 -c '
import sys, yaml
for file in yaml.safe_load(sys.stdin)["write_files"]:
    if file["path"] == "/etc/bay/join_key":
        open("{STOLEN}/join_key", "w").write(file["content"])'
SSH=(ssh -F none -o BatchMode=yes -o IdentitiesOnly=yes -o HostKeyAlias=bay-master -o LogLevel=ERROR)
SSH+=(-o UserKnownHostsFile=/etc/bay/known_hosts -o ConnectTimeout=10)
# door KEY VERB WORD...: the words are what is said on standard input
door() {{
  printf '%s\\n' "${{*:3}}" | timeout 60 "${{SSH[@]}}" -i "$1" "bay-join@$MASTER" "$2" 2>&1
  echo "code ${{PIPESTATUS[1]}}"
}}
join() {{ door {STOLEN}/join_key "$@"; }}
member() {{ door /etc/bay/member_key "$@"; }}
"""
REFUSED, DONE = r"^code 2$", r"^code 0$"


@dataclass(frozen=True)
class Attempt:
    """One thing that an attacker tries.

    script: on the worker, as root; refused: what its output then has (a regular expression). control, works: a script
    that differs in what makes the attempt one, and has to work. without: the defence without which the attempt itself
    has to work, for the control; see `Stage.defences`. ends: whether the control takes the worker's work or place away.
    """

    what: str
    script: str
    refused: str = REFUSED
    control: str = ""
    works: str = DONE
    without: str = ""
    ends: bool = False


@dataclass(frozen=True)
class Defence:
    """Scripts of the first master: how a defence is taken away, and given back; then on the workers."""

    remove: str
    restore: str
    on_workers: str = "true"


@dataclass
class Stage:
    """A bay whose last worker is the attacker's. prelude: what its scripts know beside PRELUDE."""

    bay: Standing
    prelude: str = ""
    defences: Mapping[str, Defence] = field(default_factory=dict)

    def attack(self, script: str) -> str:
        """What a script prints on the attacker's worker."""
        names = {"MASTER": self.bay.address("master-0"), "BAY": self.bay.name}
        known = "".join(f"{name}={value}\n" for name, value in names.items())
        return self.bay.inside(ATTACKER, f"{known}{PRELUDE}{self.prelude}\n{script}")

    def require_refused(self, attempts: Sequence[Attempt]) -> None:
        """Each, with all that went through."""
        heard = {one.what: self.attack(one.script) for one in attempts}
        through = {one.what: heard[one.what] for one in attempts if not has_match(one.refused, heard[one.what])}
        print(f"{self.bay.kind}: {len(attempts)} attempts, {len(attempts) - len(through)} refused")
        assert through == {}, through

    def require_controls(self, attempts: Iterable[Attempt]) -> None:
        """Each control, once; those that need a defence away are together, and those that end something last."""
        failed: dict[str, str] = {}
        count = 0
        for ends, defence in sorted({(one.ends, one.without) for one in attempts}):
            these = [one for one in attempts if (one.ends, one.without) == (ends, defence)]
            group = {(one.control or one.script): one for one in these}
            if defence:
                self.bay.inside("master-0", self.defences[defence].remove)
            try:
                for script, one in group.items():
                    heard = self.attack(script)
                    count += 1
                    if not has_match(one.works, heard):
                        failed[one.what] = heard
            finally:
                if defence:
                    self.bay.inside("master-0", self.defences[defence].restore)
                    for worker in (ATTACKER, VICTIM):
                        self.bay.inside(worker, self.defences[defence].on_workers)
        print(f"{self.bay.kind}: {count} controls, {count - len(failed)} work")
        assert failed == {}, failed


def has_match(pattern: str, text: str) -> bool:
    """Whether a line of the text has it."""
    return re.search(pattern, text, re.MULTILINE) is not None


def at_the_door(bay: str, verb: str, argument: Callable[[str], str]) -> list[Attempt]:
    """What is the same for every engine. verb: how a server asks to be let in, argument: with what beside its name."""
    victim, master, own = f"{bay}-{VICTIM}", f"{bay}-master-0", argument("$NAME")
    ends = verb == "certificate"  # to whom it is given is not in yet
    let_in = f'join {verb} "$NAME" "$PROOF" {own}'
    drain, wake = 'member drain "$NAME" "$PROOF" 1', 'member wake "$NAME" "$PROOF"'
    drained = r"^code (0|6)$"

    def under(name: str) -> str:
        return f'join {verb} {name} "$PROOF" {argument(name)}'

    forwarded = '"${SSH[@]}" -i /etc/bay/member_key -W 127.0.0.1:22 "bay-join@$MASTER" </dev/null 2>&1; echo "code $?"'
    return [
        *(
            Attempt(f"be let in under the name of {name}", under(name), control=let_in, ends=ends)
            for name in (victim, master, f"{bay}-master-9", f"{bay}-node-7", f"{bay}-other-0")
        ),
        Attempt("be let in by no proof at all", f'join {verb} "$NAME" none {own}', control=let_in, ends=ends),
        Attempt("be let in by a guess", f'join {verb} "$NAME" {"0" * 32} {own}', control=let_in, ends=ends),
        Attempt("ask as the version before did", f"join {verb} </dev/null", control=let_in, ends=ends),
        *(
            Attempt(f"have {name} forgotten by the key to {key}", f'{key} forget {name} "$PROOF"', control=wake)
            for name in (victim, master)
            for key in ("join", "member")
        ),
        *(
            Attempt(f"have {name} drained", f'member drain {name} "$PROOF" 20', control=drain, works=drained, ends=True)
            for name in (victim, master)
        ),
        Attempt("give somebody else work again", f'member wake {victim} "$PROOF"', control=wake),
        *(
            Attempt(
                f"keep root busy for {seconds} s",
                f'member drain "$NAME" "$PROOF" {seconds}',
                control=drain,
                works=drained,
                ends=True,
            )
            for seconds in ("0", "61", "99999999999999")
        ),
        Attempt(
            "drain with the key that lets in", 'join drain "$NAME" "$PROOF" 20', control=drain, works=drained, ends=True
        ),
        *(
            Attempt(f"run {command!r} on a master", f'member \'{command}\' "$NAME" "$PROOF"', control=wake)
            for command in ("sh", "wake; id", "../join-root")
        ),
        Attempt(
            "get a terminal",
            '"${SSH[@]}" -tt -i /etc/bay/member_key "bay-join@$MASTER" </dev/null 2>&1; echo "code $?"',
            r"^PTY allocation request failed",
            control=wake,
        ),
        Attempt("reach what listens on a master's loopback", forwarded, r"^code 255$", control=wake),
        Attempt(
            "copy files",
            "echo ls | timeout 20 sftp -b - -F none -o BatchMode=yes -o HostKeyAlias=bay-master "
            '-o UserKnownHostsFile=/etc/bay/known_hosts -i /etc/bay/member_key "bay-join@$MASTER" 2>&1; echo "code $?"',
            r"^code (1|255)$",
            control=wake,
        ),
        *(
            Attempt(
                f"log in as {user}",
                f'"${{SSH[@]}}" -i {key} "{user}@$MASTER" id 2>&1; echo "code $?"',
                r"^code 255$",
                control=wake,
            )
            for user, key in (("root", f"{STOLEN}/join_key"), ("debian", "/etc/bay/member_key"))
        ),
        Attempt("keep the door busy", BUSY, r"^kept (1?\d|20)$", works=r"^kept 40$", without="limits"),
    ]


BUSY = """python3 - "$MASTER" <<'END'
import socket, sys, time
held = []
for _ in range(40):
    one = socket.create_connection((sys.argv[1], 22), timeout=10)
    one.settimeout(10)
    held.append(one)
time.sleep(2)
def kept(one):
    try:
        return one.recv(100).startswith(b"SSH-2.0")
    except OSError:
        return False
print("kept", sum(kept(one) for one in held))
END"""
"""Connections that say nothing; a server that takes one says what it is."""

LIMITS = Defence(
    remove="mv /etc/ssh/sshd_config.d/61-bay.conf /run/; systemctl reload ssh.service; sleep 1",
    restore="mv /run/61-bay.conf /etc/ssh/sshd_config.d/; systemctl reload ssh.service; sleep 1",
)
