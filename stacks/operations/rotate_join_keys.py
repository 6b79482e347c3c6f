"""Rotates the keys that let servers into a bay, without a rebuild: masters take other ones while they run.

What is left to do is told from what is there: the state has the generations of keys, and each master says what opens
its door. Servers that are in keep a key of their own, with which they leave and come back, until they are rebuilt; the
same command then has masters forget that one, too.
"""

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path

from bay.components.engines import ENGINES
from bay.components.engines.join_keys import JoinKeys
from bay.components.errors import BayError
from bay.components.identity import RENEW, RETIRE
from bay.components.node import join_ssh
from bay.components.node.credentials import Generation, current
from bay.components.node.proof import proof, proof_key
from bay.components.openstack.resolve import resolve
from bay.components.text import join_names
from bay.stacks.approval import Approve
from bay.stacks.cluster.boot_data import user_data_of
from bay.stacks.cluster.health import UNHEALTHY, health_of
from bay.stacks.cluster.remote import OPTIONS, UNREACHABLE, Answer, Shell, open_shells
from bay.stacks.cluster.ssh import SshTarget, require_way_in
from bay.stacks.operations import recovery
from bay.stacks.operations.patience import up_patiently
from bay.stacks.operations.rebuild import recorded_spec
from bay.stacks.operations.rotation import RotateRequest, Rotation, Step
from bay.stacks.program.bay_program import program
from bay.stacks.stack import BayStack
from bay.stacks.state import pki

STATE, PUT, TOKENS, MEMBERS, PROVE = "store", "put", "rotate", "rebuild", "prove"
"""Actions of the steps, in their order."""
ALONE = ("IdentitiesOnly=yes", "IdentityAgent=none", "PreferredAuthentications=publickey")
"""Options of `ssh` with which it shows one key and nothing else."""


@dataclass(frozen=True)
class Door:
    """What opens the masters' door: contents of its two files."""

    authorized_keys: str
    proof_keys: str

    @classmethod
    def of(cls, generations: Sequence[Generation], engine: str) -> "Door":
        """As new masters get it."""
        found = {file.path: file.content for file in join_ssh.master_files(generations, engine)}
        return cls(found[f"{join_ssh.DOOR}/authorized_keys"], found[f"{join_ssh.DOOR}/proof_keys"])

    @property
    def payload(self) -> bytes:
        """As the script takes it."""
        return f"{self.authorized_keys}--\n{self.proof_keys}".encode()

    def is_at(self, answer: Answer) -> bool:
        """Whether a master has said that it is this one."""
        sums = [sha256(text.encode()).hexdigest() for text in (self.authorized_keys, self.proof_keys)]
        return [answer.facts.get("keys"), answer.facts.get("proofs")] == sums


def make_plan(bay: BayStack, request: RotateRequest) -> Rotation:
    """BayError where the engine has no such keys, or a master lets nobody in or is not healthy."""
    return _JoinKeys(bay, request).plan()


def rotate(bay: BayStack, request: RotateRequest, approve: Approve) -> Rotation:
    """Returns what was done, and what a master's door said to the old keys."""
    _keys_of(bay)
    _ = bay.cloud  # a foreign login is refused before anything is looked at
    resumed = recovery.resume(bay)
    this = _JoinKeys(bay, request)
    rotation = this.plan()
    approve(rotation)
    rotation = this.run(rotation)
    if resumed:
        recovery.delete_duplicates(bay)
    return rotation


def _keys_of(bay: BayStack) -> JoinKeys:
    engine = ENGINES[bay.state.require_spec().coe]
    found: JoinKeys | None = getattr(engine, "join_keys", None)
    if found is None:
        raise BayError(
            f"bay {bay.name}: {engine.title} has no join keys that bay can rotate",
            "what its servers log in with is in their boot data",
        )
    return found


class _JoinKeys:
    def __init__(self, bay: BayStack, request: RotateRequest) -> None:
        self.bay, self.request = bay, request
        self.keys, self.coe = _keys_of(bay), bay.state.require_spec().coe
        self.shells = self._shells()
        self.generations = pki.generations(bay.secrets())
        if not self.generations:
            raise BayError(f"bay {bay.name} has no keys yet", f"'bay create {bay.name}' resumes its creation")
        self.answers = [self._do(shell, "probe") for shell in self.shells]
        self._require_healthy()
        self.old_members = self._old_members()
        door = Door.of(self.generations, self.coe)
        is_there = all(door.is_at(answer) for answer in self.answers)
        self.is_begun = len(self.generations) > 1 and not is_there
        has_previous = any(one["phase"] == "previous" for one in self.generations)
        self.retires = has_previous and not self.old_members and not self.is_begun

    def plan(self) -> Rotation:
        name, masters = self.bay.name, [shell.target.server for shell in self.shells]
        what = "the end of earlier keys" if self.retires else "new join keys"
        members = []
        if not self.retires:
            members = [Step(MEMBERS, "servers with keys of before", "planned", "by bay rebuild, then the same again")]
        steps = (
            Step(STATE, what, "done" if self.is_begun else "planned"),
            Step(PUT, f"door of {join_names(masters)}"),
            *([Step(TOKENS, "join tokens")] if self.keys.tokens else []),
            *members,
            Step(PROVE, "old join keys"),
        )
        verb = "have the masters of bay {} forget earlier keys" if self.retires else "replace the join keys of bay {}"
        return Rotation(name, "join-keys", steps, verb.format(name))

    def run(self, rotation: Rotation) -> Rotation:
        cancel = self.bay.context.cancel
        if self.is_begun:
            self.bay.notify("resuming", f"the rotation of the join keys of bay {self.bay.name} goes on")
        else:
            self._change_state()
        rotation = rotation.done(STATE)
        door = Door.of(self.generations, self.coe)
        for shell in self.shells:
            cancel.raise_if_requested()
            if not door.is_at(self._do(shell, "put", door.payload)):
                raise BayError(f"{shell.target.server} has other keys than it was given", "run the same again")
        rotation = rotation.done(PUT)
        if self.keys.tokens:
            self._do(self.shells[0], "tokens")
            rotation = rotation.done(TOKENS)
        return self._prove(self._members(rotation))

    def _members(self, rotation: Rotation) -> Rotation:
        old = self._old_members()
        if not any(one["phase"] == "previous" for one in self.generations) or not old:
            return rotation.done(MEMBERS, "none")
        detail = f"{join_names(old)}: what they leave and come back with is of before"
        bay = self.bay.name
        text = f"bay {bay}: {detail}; 'bay rebuild {bay}' replaces them, then 'bay rotate join-keys {bay}' forgets that"
        self.bay.notify("members", text)
        return rotation.done(MEMBERS, detail, "planned")

    def _change_state(self) -> None:
        bay, spec = self.bay, recorded_spec(self.bay)
        begin = RETIRE if self.retires else RENEW
        run = partial(
            program,
            bay.name,
            spec,
            managed_by=bay.state.managed_by,
            resolved=resolve(spec, bay.cloud),
            rotation=f"{begin}{datetime.now(UTC).isoformat()}",
        )
        up_patiently(bay, lambda left: bay.up(run, replace=left))
        before, self.generations = self.generations, pki.generations(bay.secrets())
        if self.generations == before:
            raise BayError(f"bay {bay.name} has the keys of before", "run the same again")

    def _prove(self, rotation: Rotation) -> Rotation:
        """Every old key at the door of every master, and the new one, which has to get in: else nothing is known."""
        old = [one for one in self.generations if one["phase"] != "current"]
        new = current(self.generations)
        for shell in self.shells:
            server = shell.target.server
            if not self._opens(shell.target, new["join_node_key"], new):
                detail = f"not tried: the door of {server} does not answer from here to the new key either"
                return rotation.done(PROVE, detail, "unknown")
            for keys in old:
                tried = [keys["join_node_key"], keys["join_master_key"]]
                if keys["phase"] == "retired" and "member_key" in keys:
                    tried.append(keys["member_key"])
                if any(self._opens(shell.target, key, keys) for key in tried):
                    raise BayError(f"{server} still lets in an old join key", "run the same again")
        seen = (
            f"{join_names([one.target.server for one in self.shells])} was asked with each, and let only the new one in"
        )
        return replace(rotation.done(PROVE, seen), proven=f"the old join keys are useless: {seen}")

    def _opens(self, target: SshTarget, key: str, keys: Generation) -> bool:
        """Whether sshd lets a key in at the door; what it asks for there is of no effect."""
        name = f"{self.bay.name}-node-0"
        with tempfile.TemporaryDirectory(prefix="bay-") as folder:  # ssh reads keys from files only; 0700
            file = Path(folder) / "key"
            file.touch(0o600)
            file.write_text(key, encoding="utf-8")
            ssh, *rest = replace(target, user=join_ssh.JOIN_USER, key=file).command(["token"])
            options = [word for option in (*OPTIONS, *ALONE) for word in ("-o", option)]
            done = subprocess.run(
                [ssh, "-T", *options, *rest],
                input=f"{name} {proof(proof_key(keys), name)}\n".encode(),
                capture_output=True,
                env=dict(self.bay.context.settings.environment),
                timeout=120,
                check=False,
            )
        return done.returncode != UNREACHABLE

    def _shells(self) -> list[Shell]:
        bay = self.bay
        require_way_in(bay, self.request.key)
        masters = [server for server in bay.state.servers if server.role == "master" and server.id]
        if not masters:
            raise BayError(f"bay {bay.name} has no masters", f"'bay show {bay.name}' says how it is")
        return open_shells(bay, masters, self.request.user, self.request.key)

    def _do(self, shell: Shell, verb: str, payload: bytes = b"") -> Answer:
        """BayError where a master lets nobody in, or cannot do it."""
        answer = shell.run(self.keys.script, [verb], [payload])
        if answer.code:
            server, bay = shell.target.server, self.bay.name
            hint = f"'bay ssh {bay} {server}' has to get in (access.ssh, -i KEY); then run the same again"
            raise BayError(f"bay {bay}: {server} does not {verb}: {answer.reason}", hint)
        return answer

    def _require_healthy(self) -> None:
        nodes = health_of(self.bay).nodes
        ill = [shell.target.server for shell in self.shells if nodes.get(shell.target.server) == UNHEALTHY]
        if ill:
            name = self.bay.name
            raise BayError(f"bay {name}: {join_names(ill)} is not healthy", f"'bay repair {name}' mends it")

    def _old_members(self) -> list[str]:
        """Nodes that were created with the key of another generation."""
        mine = [line for line in current(self.generations).get("member_key", "").splitlines() if line[:1] != "-"]
        nodes = [one.name for one in self.bay.state.servers if one.role != "master"]
        texts = user_data_of(self.bay, nodes)
        return [name for name in nodes if not mine or not all(line in texts.get(name, "") for line in mine)]
