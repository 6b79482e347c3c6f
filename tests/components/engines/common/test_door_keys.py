"""What a rotation of join keys has a master do: the real script, by bash's standard input, on a pretended door."""

import os
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from bay.components.engines import ENGINES
from bay.components.engines.join_keys import JoinKeys

AUTHORIZED, PROOFS = "restrict A\nrestrict B\n", "1 aa\n2 bb\n"


@pytest.fixture
def door(tmp_path: Path) -> Path:
    folder = tmp_path / "etc" / "door"
    folder.mkdir(parents=True)
    (folder / "authorized_keys").write_text("old\n")
    (folder / "proof_keys").write_text("1 old\n")
    return folder


def run(door: Path, verb: str, payload: str = "", keys: JoinKeys | None = None) -> tuple[int, str]:
    """Exit code, and what was said."""
    script = (keys or JoinKeys()).script.replace("/etc/bay/door", str(door))
    done = subprocess.run(
        ["bash", "-s", "--", verb], input=script + payload, text=True, capture_output=True, check=False, timeout=60
    )
    assert done.stdout == ""
    return done.returncode, done.stderr


def sums(*texts: str) -> str:
    keys, proofs = (sha256(text.encode()).hexdigest() for text in texts)
    return f"bay: keys={keys} proofs={proofs}\n"


def test_a_probe_says_what_opens_the_door_and_changes_nothing(door: Path) -> None:
    assert run(door, "probe") == (0, sums("old\n", "1 old\n"))
    assert (door / "authorized_keys").read_text() == "old\n"


def test_what_is_put_opens_the_door_and_sshd_may_read_it(door: Path) -> None:
    assert run(door, "put", f"{AUTHORIZED}--\n{PROOFS}") == (0, sums(AUTHORIZED, PROOFS))
    assert (door / "authorized_keys").read_text() == AUTHORIZED
    assert (door / "proof_keys").read_text() == PROOFS
    modes = [(door / name).stat().st_mode & 0o777 for name in ("authorized_keys", "proof_keys")]
    assert modes == [0o644, 0o600]
    assert [one.name for one in door.parent.iterdir()] == ["door"], "nothing is left beside it"


@pytest.mark.parametrize("payload", ["", "--\n", AUTHORIZED, f"{AUTHORIZED}--\n", f"--\n{PROOFS}"])
def test_half_of_what_opens_it_is_not_taken(door: Path, payload: str) -> None:
    code, _ = run(door, "put", payload)
    assert code != 0
    assert (door / "authorized_keys").read_text() == "old\n"
    assert (door / "proof_keys").read_text() == "1 old\n"
    assert [one.name for one in door.parent.iterdir()] == ["door"]


def test_a_server_without_a_door_is_told(door: Path) -> None:
    (door / "proof_keys").unlink()
    assert run(door, "put", f"{AUTHORIZED}--\n{PROOFS}") == (3, "this server has no door\n")


def test_both_tokens_of_a_swarm_are_rotated_and_not_shown(
    door: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = tmp_path / "calls"
    program = tmp_path / "docker"
    program.write_text(f'#!/bin/bash\necho "$*" >>{calls}\necho SWMTKN-secret\n[ ! -e {tmp_path}/fails ]\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    swarm: JoinKeys = ENGINES["swarm"].join_keys  # type: ignore[attr-defined]
    code, said = run(door, "tokens", keys=swarm)
    assert (code, "SWMTKN" in said) == (0, False)
    assert calls.read_text().splitlines() == [
        "swarm join-token --rotate --quiet worker",
        "swarm join-token --rotate --quiet manager",
    ]
    (tmp_path / "fails").touch()
    assert run(door, "tokens", keys=swarm)[0] == 4


def test_kubernetes_has_no_tokens() -> None:
    assert ENGINES["kubernetes"].join_keys.tokens == ()  # type: ignore[attr-defined]
