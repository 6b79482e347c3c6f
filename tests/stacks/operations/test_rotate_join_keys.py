"""A rotation of join keys: state, doors and tokens in this order, from wherever it was interrupted."""

import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bay.components.identity import RENEW, RETIRE
from bay.components.node.cloudinit import packed
from bay.components.node.credentials import (
    Generation,
    current,
    new_generation,
    with_new_join_keys,
    with_previous_retired,
)
from bay.stacks.approval import allow
from bay.stacks.cluster.ssh import SshTarget
from bay.stacks.operations import rotate_join_keys
from bay.stacks.operations.rotate import make_plan, rotate
from bay.stacks.operations.rotate_join_keys import Door
from bay.stacks.operations.rotation import RotateRequest
from bay.stacks.state.snapshot import IDENTITY_TYPE
from tests.fakes.messages import told
from tests.fakes.ssh import FakeSsh
from tests.fakes.stack import FakeStack
from tests.stacks.operations.test_backup import stack

REQUEST = RotateRequest("join-keys")
FIRST = new_generation("demo", 1, datetime.now(UTC))
SAY = 'echo "bay: keys=$(sha256sum <{0}.a | cut -c1-64) proofs=$(sha256sum <{0}.p | cut -c1-64)" >&2'
TAKE = """tail -n +2 <(sed -n '/^main /,$p' "$FAKE/sent/$number") | awk '$0 == "--" {{ s = 1; next }} !s' >{0}.a
tail -n +2 <(sed -n '/^main /,$p' "$FAKE/sent/$number") | awk '$0 == "--" {{ s = 1; next }} s' >{0}.p
"""


@dataclass
class Site:
    """A bay, and what opens the doors of its masters."""

    bay: FakeStack
    ssh: FakeSsh
    masters: int

    @property
    def generations(self) -> list[Generation]:
        """Those of the state."""
        assert self.bay.deployment is not None
        (identity,) = (one for one in self.bay.deployment["resources"] if one["type"] == IDENTITY_TYPE)
        found: list[Generation] = identity["outputs"]["generations"]
        return found

    def record(self, generations: list[Generation]) -> None:
        """In the state."""
        assert self.bay.deployment is not None
        for one in self.bay.deployment["resources"]:
            if one["type"] == IDENTITY_TYPE:
                one["outputs"]["generations"] = generations
        self.bay._state = None

    def file(self, master: int) -> str:
        """Begin of the names of the files of a master's door."""
        return f"{self.ssh.folder}/10.0.0.{master}"

    def open(self, master: int, generations: list[Generation]) -> None:
        """What a master has."""
        door = Door.of(generations, self.bay.state.require_spec().coe)
        Path(f"{self.file(master)}.a").write_text(door.authorized_keys)
        Path(f"{self.file(master)}.p").write_text(door.proof_keys)
        say = SAY.format(self.file(master))
        self.ssh.answer(f"10.0.0.{master}", "probe", say)
        self.ssh.answer(f"10.0.0.{master}", "put", TAKE.format(self.file(master)) + say)

    def has(self, master: int, generations: list[Generation]) -> bool:
        """Whether a master's door is as these make it."""
        return Path(f"{self.file(master)}.a").read_text() == Door.of(generations, "swarm").authorized_keys

    def boot(self, keys: Generation) -> None:
        """What the node was created with."""
        assert self.bay.deployment is not None
        for one in self.bay.deployment["resources"]:
            if (one.get("inputs") or {}).get("name") == "demo-node-0":
                one["inputs"]["userData"] = packed(f"#cloud-config\n{keys['member_key']}")
        self.bay._state = None

    def up(self, program: Any, **_more: object) -> None:
        """What Pulumi does with the identity."""
        rotation = program.keywords["rotation"]
        change = with_previous_retired if rotation.startswith(RETIRE) else with_new_join_keys
        assert rotation.startswith((RENEW, RETIRE))
        self.record(change(self.generations))
        self.bay._do("up", rotation.partition(" ")[0])

    def opens(self, target: SshTarget, key: str, keys: Generation) -> bool:
        """What sshd says."""
        publics = {keys[f"{name}_key"]: keys[f"{name}_public_key"] for name in ("join_node", "join_master", "member")}  # type: ignore[literal-required]
        return publics[key] in Path(f"{self.ssh.folder}/{target.address}.a").read_text()


@pytest.fixture(params=["swarm", "swarm-ha"])
def site(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    ssh = FakeSsh(tmp_path / "ssh")
    found = Site(stack(tmp_path, ssh, request.param), ssh, 1 if request.param == "swarm" else 3)
    found.record([FIRST])
    found.boot(FIRST)
    for master in range(found.masters):
        found.open(master, [FIRST])
    monkeypatch.setattr(rotate_join_keys.recovery, "resume", lambda _bay: False)
    monkeypatch.setattr(rotate_join_keys._JoinKeys, "_opens", lambda _self, *words: found.opens(*words))
    monkeypatch.setattr(found.bay, "up", found.up)
    return found


def verbs(site: Site) -> list[str]:
    """What masters were asked, without looks."""
    return [call for call in site.ssh.calls if not call.endswith("probe")]


def test_state_doors_and_tokens_are_changed_and_every_old_key_is_tried(site: Site) -> None:
    done = rotate(site.bay, REQUEST, allow())
    assert site.bay.deeds == ["up join-keys"]
    assert verbs(site) == [*(f"10.0.0.{number} put" for number in range(site.masters)), "10.0.0.0 tokens"]
    assert all(site.has(number, site.generations) for number in range(site.masters))
    assert [(one.action, one.status) for one in done.steps] == [
        ("store", "done"),
        ("put", "done"),
        ("rotate", "done"),
        ("rebuild", "planned"),
        ("prove", "done"),
    ]
    assert done.proven.startswith("the old join keys are useless: demo-master-0")
    assert "'bay rebuild demo' replaces them" in site.bay.notices[-1]


def test_a_plan_changes_nothing(site: Site) -> None:
    plan = make_plan(site.bay, REQUEST)
    assert plan.disruption == "replace the join keys of bay demo"
    assert [step.status for step in plan.steps] == ["planned"] * 5
    assert (verbs(site), site.bay.deeds) == ([], [])


def test_once_the_nodes_are_rebuilt_masters_forget_earlier_keys(site: Site) -> None:
    rotate(site.bay, REQUEST, allow())
    site.boot(current(site.generations))
    plan = make_plan(site.bay, REQUEST)
    assert plan.disruption == "have the masters of bay demo forget earlier keys"
    assert rotate(site.bay, REQUEST, allow()).proven
    assert site.bay.deeds == ["up join-keys", "up retire"]
    assert [one["phase"] for one in site.generations] == ["current", "retired"]
    assert all(site.has(number, [current(site.generations)]) for number in range(site.masters))


def test_while_nodes_have_earlier_keys_another_rotation_makes_newer_ones(site: Site) -> None:
    rotate(site.bay, REQUEST, allow())
    rotate(site.bay, REQUEST, allow())
    assert [(int(one["serial"]), one["phase"]) for one in site.generations] == [
        (3, "current"),
        (2, "previous"),
        (1, "previous"),
    ]


@pytest.mark.parametrize("reached", [0, 1])
def test_a_rotation_that_was_interrupted_goes_on(site: Site, reached: int) -> None:
    """After the state was changed, or in the middle of the masters; of one master alone, before it."""
    site.record(with_new_join_keys([FIRST]))
    if site.masters > 1 and reached:
        site.open(0, site.generations)
    assert make_plan(site.bay, REQUEST).steps[0].status == "done"
    assert rotate(site.bay, REQUEST, allow()).proven
    assert site.bay.deeds == [], "the state has them already"
    assert len(site.generations) == 2
    assert all(site.has(number, site.generations) for number in range(site.masters))
    assert "the rotation of the join keys of bay demo goes on" in site.bay.notices


def test_a_door_that_still_opens_to_an_old_key_is_an_error(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotate_join_keys._JoinKeys, "_opens", lambda *_: True)
    assert told(lambda: rotate(site.bay, REQUEST, allow()))[0] == "demo-master-0 still lets in an old join key"


def test_where_the_new_key_gets_no_answer_either_nothing_is_said(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotate_join_keys._JoinKeys, "_opens", lambda *_: False)
    done = rotate(site.bay, REQUEST, allow())
    assert done.proven == ""
    assert done.steps[-1].status == "unknown"


def test_a_master_that_does_not_answer_is_told_before_anything_changes(site: Site) -> None:
    last = f"10.0.0.{site.masters - 1}"
    site.ssh.answer(last, "probe", "echo 'Connection timed out' >&2; exit 255")
    message, hint, _ = told(lambda: rotate(site.bay, REQUEST, allow()))
    assert message == f"bay demo: demo-master-{site.masters - 1} does not probe: Connection timed out"
    assert "has to get in" in hint
    assert site.bay.deeds == []


def test_a_master_that_took_something_else_is_told(site: Site) -> None:
    site.ssh.answer("10.0.0.0", "put", SAY.format(site.file(0)))
    assert told(lambda: rotate(site.bay, REQUEST, allow()))[0] == "demo-master-0 has other keys than it was given"


def test_mesos_is_refused(tmp_path: Path) -> None:
    bay = stack(tmp_path, FakeSsh(tmp_path / "ssh"), "mesos")
    assert told(lambda: make_plan(bay, REQUEST))[0] == "bay demo: Apache Mesos has no join keys that bay can rotate"


def test_a_bay_that_lets_nobody_in_is_refused(tmp_path: Path) -> None:
    bay = stack(tmp_path, FakeSsh(tmp_path / "ssh"), keypair=None)
    assert told(lambda: make_plan(bay, REQUEST))[0].startswith("bay demo has no keypair")


@pytest.mark.parametrize(("code", "opens"), [(0, True), (2, True), (5, True), (255, False)])
def test_a_key_is_tried_alone_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, opens: bool
) -> None:
    """Whatever the door answers to what is asked there, it has let the key in; `ssh` says 255 where it has not."""
    ssh = FakeSsh(tmp_path / "ssh")
    bay = stack(tmp_path, ssh)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (ssh.folder / "ssh").write_text(f'#!/bin/bash\nprintf "%s\\n" "$@" >"$(dirname "$0")/words"\nexit {code}\n')
    file = tmp_path / "known"
    target = SshTarget("demo-master-0", "10.0.0.0", "debian", "ada", None, "id", file, True)
    this = rotate_join_keys._JoinKeys.__new__(rotate_join_keys._JoinKeys)
    this.bay = bay
    assert this._opens(target, FIRST["join_node_key"], FIRST) is opens
    words = (ssh.folder / "words").read_text().splitlines()
    assert {"IdentitiesOnly=yes", "IdentityAgent=none", "BatchMode=yes", "bay-join", "token"} <= set(words)
    assert not Path(words[words.index("-i") + 1]).exists()
