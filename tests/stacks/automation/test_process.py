"""Pulumi as a child process, without Pulumi: reads that came too early, what is repaired, and how it is ended."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from pulumi.automation.errors import CommandError

from bay.stacks.automation import process
from bay.stacks.automation.process import PulumiProcess
from bay.stacks.cancellation import Cancellation
from bay.stacks.errors import Interrupted
from bay.stacks.processes import is_alive
from tests.waiting import eventually

SECONDS = 60


def pulumi(folder: Path, script: str, **environment: str) -> PulumiProcess:
    command = folder / "pulumi"
    command.write_text(f"#!/bin/sh\n{script}")
    command.chmod(0o755)
    return PulumiProcess(str(command), "3.0.0", {"PATH": os.environ["PATH"], **environment})


def test_a_state_that_another_run_writes_just_now_is_read_again(tmp_path: Path) -> None:
    """The file of attributes beside a state file is empty for a moment in each write of another run."""
    half_written = (
        "test -e seen && echo '{}' && exit; touch seen; echo 'error: failed to load checkpoint: EOF' >&2; exit 1"
    )
    result = pulumi(tmp_path, half_written).run(["stack", "export"], str(tmp_path), {})
    assert result.stdout == "{}"


def test_a_state_that_stays_half_written_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "READS", 2)
    broken = pulumi(tmp_path, "echo 'error: failed to load checkpoint: EOF' >&2; exit 255")
    with pytest.raises(CommandError, match="failed to load checkpoint"):
        broken.run(["stack", "export"], str(tmp_path), {})


def test_a_write_of_attributes_that_was_killed_does_not_lose_the_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "READS", 2)
    (tmp_path / "demo.json").write_text("{}")
    attributes = tmp_path / "demo.json.attrs"
    attributes.touch()
    refusing = f"test -e {attributes} && echo 'error: failed to load checkpoint: EOF' >&2 && exit 255; echo '{{}}'"
    one = pulumi(tmp_path, refusing, PULUMI_BACKEND_URL=f"file://{tmp_path}")
    assert one.run(["stack", "export"], str(tmp_path), {}).stdout == "{}"
    assert (tmp_path / "demo.json").exists()


def test_stacks_whose_files_were_repaired_are_told(tmp_path: Path) -> None:
    state = tmp_path / ".pulumi/stacks/bay/demo.json"
    state.parent.mkdir(parents=True)
    state.touch()
    state.with_name("demo.json.bak").write_text("{}")
    one, told = pulumi(tmp_path, "", PULUMI_BACKEND_URL=f"file://{tmp_path}"), list[list[str]]()
    one.on_repair = told.append
    assert (one.repair_state(), one.repair_state()) == (True, False)
    assert told == [["demo"]]


def test_what_the_user_sets_for_pulumi_counts_for_plans_too(tmp_path: Path) -> None:
    assert pulumi(tmp_path, "").planning_environment() == {"PULUMI_PARALLEL_DIFF": "true", "GOGC": "400"}
    assert pulumi(tmp_path, "", GOGC="50").planning_environment()["GOGC"] == "50"


def test_the_environment_is_the_one_that_was_given_and_nothing_of_this_process(tmp_path: Path) -> None:
    os.environ["OF_THIS_PROCESS"] = "1"
    try:
        shown = pulumi(tmp_path, "env", OF_BAY="2").run(["stack", "ls"], str(tmp_path), {"OF_THE_RUN": "3"}).stdout
    finally:
        del os.environ["OF_THIS_PROCESS"]
    assert {line for line in shown.splitlines() if line.startswith("OF_")} == {"OF_BAY=2", "OF_THE_RUN=3"}


TRAPPING = "trap 'echo in order; exit 0' INT; touch started; while :; do sleep 0.05; done"


def while_it_runs(one: PulumiProcess, folder: Path, args: list[str], do: Callable[[], object]) -> tuple[int, str]:
    """(exit code, what it printed) of a run during which something is done."""
    found: list[tuple[int, str]] = []

    def run() -> None:
        try:
            result = one.run(args, str(folder), {})
            found.append((result.code, result.stdout))
        except CommandError as error:
            found.append((-1, str(error)))

    thread = threading.Thread(target=run)
    thread.start()
    eventually((folder / "started").exists)
    do()
    thread.join(SECONDS)
    assert not thread.is_alive()
    return found[0]


def test_a_run_that_changes_something_is_asked_to_end_in_order(tmp_path: Path) -> None:
    one = pulumi(tmp_path, TRAPPING)
    one.cancel = Cancellation()
    assert while_it_runs(one, tmp_path, ["up"], one.cancel.request) == (0, "in order")


@pytest.mark.parametrize("args", [["preview"], ["stack", "export", "--show-secrets"], ["stack", "--json", "history"]])
def test_a_run_that_only_reads_is_ended_at_once(tmp_path: Path, args: list[str]) -> None:
    one = pulumi(tmp_path, TRAPPING)
    code, _ = while_it_runs(one, tmp_path, args, one.cancel.request)
    assert code == -1


def test_by_force_its_plugins_end_too(tmp_path: Path) -> None:
    one = pulumi(tmp_path, "sleep 600 & echo $! > plugin; touch started; wait")
    code, _ = while_it_runs(one, tmp_path, ["up"], one.cancel.force)
    assert code == -1
    assert not is_alive(int((tmp_path / "plugin").read_text()))


def test_plugins_of_a_run_that_was_killed_end_with_it(tmp_path: Path) -> None:
    one = pulumi(tmp_path, "sleep 600 & echo $! > plugin; touch started; kill -9 $$")
    with pytest.raises(CommandError):
        one.run(["up"], str(tmp_path), {})
    assert not is_alive(int((tmp_path / "plugin").read_text()))


def test_after_the_end_was_asked_for_nothing_is_begun(tmp_path: Path) -> None:
    one = pulumi(tmp_path, "touch started")
    one.cancel.request()
    with pytest.raises(Interrupted):
        one.run(["up"], str(tmp_path), {})
    assert not (tmp_path / "started").exists()


def test_a_terminals_ctrl_c_reaches_only_this_process(tmp_path: Path) -> None:
    """The child leads a session of its own."""
    shown = pulumi(tmp_path, "ps -o sid= -p $$; echo $$").run(["up"], str(tmp_path), {}).stdout.split()
    assert shown[0] == shown[1] != str(os.getsid(0))


@pytest.mark.parametrize(
    ("command", "is_asked"),
    [
        ("stack export", False),
        ("stack export --show-secrets", True),
        ("stack history --json", False),
        ("stack ls --json", False),
        ("stack rm --yes --force", False),
        ("cancel --yes", False),
        ("stack init demo", True),
        ("stack import --file x", True),
        ("stack output --json --show-secrets", True),
        ("state unprotect urn", True),
        ("up --yes", True),
    ],
)
def test_a_passphrase_is_asked_for_where_something_is_decrypted(tmp_path: Path, command: str, is_asked: bool) -> None:
    """In Barbican, which looks at a bay are to do without."""
    process = pulumi(tmp_path, "echo ${WORDS:-none}")
    process.passphrase = lambda: {"WORDS": "asked"}
    assert process.run(command.split(), str(tmp_path), {}).stdout == ("asked" if is_asked else "none")
