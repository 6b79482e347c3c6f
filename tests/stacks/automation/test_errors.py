"""Pulumi's output in words of what the user can do."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from pulumi.automation import CommandResult
from pulumi.automation.errors import CommandError, ConcurrentUpdateError, StackNotFoundError, create_command_error

from bay.cli.errors import exit_code
from bay.components.errors import Unreachable
from bay.components.identity import FOREIGN_OWNER
from bay.stacks.automation.errors import first_errors, from_output, pulumi_errors
from bay.stacks.errors import CloudBusy, Interrupted, Locked, NotFound, QuotaExceeded, ServerFault
from tests.fakes.messages import told
from tests.fakes.processes import living_pulumi

KEPT = "resources created so far are kept: run the same command again to resume, or 'bay delete demo'"
QUOTA = "resources created so far are kept: free some quota and run the same command again, or 'bay delete demo'"

NEUTRON_QUOTA = """\
Updating (demo):
Diagnostics:
  openstack:networking:SecGroup (demo-node):
    error:   sdk-v2/provider2.go:566: sdk.helper_schema: Expected HTTP response code [201 202] when accessing \
[POST http://127.0.0.1:9696/v2.0/security-groups], but got 409 instead: {"NeutronError": {"type": "OverQuota", \
"message": "Quota exceeded for resources: ['security_group'].", "detail": ""}}: provider=openstack@5.5.1
    error: 1 error occurred:
"""
NOVA_QUOTA = """\
    error: 1 error occurred:
    * Error creating openstack_compute_instance_v2: Expected HTTP response code [202] when accessing [POST ...], but \
got 403 instead: {"forbidden": {"code": 403, "message": "Quota exceeded for cores, instances: Requested 1, 1, but \
already used 10, 10 of 10, 10 cores, instances"}}
"""
FAILED_SERVER = """\
  openstack:compute:Instance (demo-node-1):
    error:   sdk-v2/provider2.go:566: sdk.helper_schema: Error waiting for instance \
(0a1b2c3d-0000-4000-8000-000000000000) to become ready: unexpected state 'ERROR', wanted target 'ACTIVE'. last \
error: %!s(<nil>): provider=openstack@5.5.1
    error: 1 error occurred:
"""


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "error: getting secrets manager: passphrase: incorrect passphrase",
            "the passphrase of bay demo is wrong",
            "set PULUMI_CONFIG_PASSPHRASE_FILE to the file of its creation, or copy that file to where",
        ),
        (
            "error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE",
            "the passphrase of bay demo is missing",
            "set PULUMI_CONFIG_PASSPHRASE_FILE, or copy the file from where the bay was created",
        ),
        (NEUTRON_QUOTA, "the project's quota is used up: Quota exceeded for resources: ['security_group']", QUOTA),
        (
            NOVA_QUOTA,
            "the project's quota is used up: Quota exceeded for cores, instances: Requested 1, 1, but already used "
            "10, 10 of 10, 10 cores, instances",
            QUOTA,
        ),
        (
            "Expected HTTP response code [200 202] when accessing [POST https://c/servers], but got 409 instead: "
            '{"conflictingRequest": {"code": 409, "message": "Multiple security_group matches found for name '
            "'demo-node', use an ID to be more specific.\"}}",
            "another security group of this project is called demo-node too: Nova cannot tell which one a server means",
            "rename or delete the other one, then run the same command again",
        ),
        (
            "error: bay demo belongs to project p1 at https://a, but the login is for project p2 at https://a",
            "bay demo belongs to project p1 at https://a, but the login is for project p2 at https://a",
            "name the bay's own cloud with --os-cloud or OS_CLOUD",
        ),
        (
            "error: bay demo belongs to project p1 at https://a, but the login is for project p2 at https://a; "
            "use the login that created demo: set OS_CLOUD or --os-cloud",
            "bay demo belongs to project p1 at https://a, but the login is for project p2 at https://a",
            "name the bay's own cloud with --os-cloud or OS_CLOUD",
        ),
        (
            f"RuntimeError: {FOREIGN_OWNER['cli'].format(bay='demo')}",
            "bay demo is managed by the bay command",
            "'bay export demo' gives it to this checkout",
        ),
        (
            f"RuntimeError: {FOREIGN_OWNER['file'].format(bay='demo')}",
            "bay demo is managed by the file of its checkout, stacks/Pulumi.demo.yaml",
            "change it there",
        ),
        (
            "error: resource urn:pulumi:demo::bay::bay:index:Bay::demo violates plan: "
            "properties changed: ~~spec[{x}!={y}]",
            "the run would do more than the plan: demo violates plan",
            "changes so far are kept: 'bay preview demo' shows the rest, --save keeps it as a plan",
        ),
        (
            "error: mkdir /state/.pulumi: permission denied",
            "the state cannot be written: permission denied",
            "free some space and make it writable, or name another with --state or BAY_STATE",
        ),
        (
            "error: write /state/x: no space left on device",
            "the state cannot be written: no space left on device",
            "free some space and make it writable, or name another with --state or BAY_STATE",
        ),
        (
            "error: write /state/x: disk quota exceeded",
            "the state cannot be written: disk quota exceeded",
            "free some space and make it writable, or name another with --state or BAY_STATE",
        ),
        (
            "error: failed to load checkpoint: place 1: unexpected end of JSON input",
            "the state of bay demo is truncated, and so is Pulumi's copy of it",
            "replace .pulumi/stacks/bay/demo.json with the newest complete file of .pulumi/backups/bay/demo;"
            " resources that it lacks are found by their tag",
        ),
        (
            'error: Error creating OpenStack server: Post "http://127.0.0.1:8774/v2.1/servers": '
            "OpenStack connection error, retries exhausted. Aborting. Last error was: EOF",
            "bay demo: the cloud cannot be reached at http://127.0.0.1:8774",
            "resources created so far are kept: run the same command again once the cloud answers, "
            "or 'bay delete demo'",
        ),
        ("error: something new", "bay demo: something new", KEPT),
        ("", "bay demo: Pulumi failed without a message", KEPT),
    ],
    ids=lambda value: value[:30].strip(),
)
def test_a_cause_is_told_with_a_way_out(text: str, message: str, hint: str) -> None:
    error = from_output("demo", text)
    assert error.message == message
    assert error.hint.startswith(hint)
    assert "\n" not in error.message + error.hint


@pytest.mark.parametrize("text", [NEUTRON_QUOTA, NOVA_QUOTA])
def test_a_quota_has_an_exit_code_of_its_own(text: str) -> None:
    error = from_output("demo", text)
    assert isinstance(error, QuotaExceeded)
    assert exit_code(error) == 3


def test_a_server_that_nova_could_not_make_is_known_by_its_id() -> None:
    error = from_output("demo", FAILED_SERVER)
    assert isinstance(error, ServerFault)
    assert error.server_id == "0a1b2c3d-0000-4000-8000-000000000000"


def test_errors_carry_the_name_of_their_resource_and_no_decoration() -> None:
    text = NEUTRON_QUOTA + "  pulumi:pulumi:Stack (bay-demo):\n    error: update failed\n"
    assert first_errors(text) == "demo-node: Quota exceeded for resources: ['security_group']. (HTTP 409)"


def test_of_many_errors_the_first_two_are_told_once() -> None:
    text = "error: one\nerror: one\nerror: two\nerror: three"
    assert first_errors(text) in ("one", "one; two")
    assert len(first_errors("error: " + "x" * 2000)) == 500


def fail_with(stderr: str) -> None:
    with pulumi_errors("demo"):
        raise create_command_error(CommandResult(stdout="", stderr=stderr, code=255))


def test_a_stack_that_is_not_there_is_no_bay() -> None:
    with pytest.raises(NotFound) as caught:
        fail_with("error: no stack named 'demo' found")
    assert (caught.value.message, caught.value.hint) == (
        "there is no bay 'demo' in this state",
        "'bay list' shows the bays",
    )


def locked_by(user_at_host: str, pid: int) -> Locked:
    stderr = (
        "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete "
        f"the lock file with `pulumi cancel`.\n  file:///s/.pulumi/locks/x.json: created by {user_at_host} "
        f"(pid {pid}) at 2026-11-22T17:00:00Z"
    )
    with pytest.raises(Locked) as caught:
        fail_with(stderr)
    return caught.value


def test_a_lock_of_a_living_run_on_this_machine_is_waited_for(tmp_path: Path) -> None:
    with living_pulumi(tmp_path) as pid:
        error = locked_by(f"ada@{socket.gethostname()}", pid)
    assert (error.here, error.dead) == (True, False)
    assert error.message == f"bay demo is being changed by another run (ada@{socket.gethostname()}, process {pid})"
    assert error.hint == "wait for it, or 'bay cancel demo' if that run is no more"


def test_a_lock_of_a_run_that_is_no_more_is_known_as_dead() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for pid in (gone.pid, os.getpid()):  # the number may be another process's by now
        error = locked_by(f"ada@{socket.gethostname()}", pid)
        assert (error.here, error.dead) == (True, True)


def test_of_a_run_on_another_machine_nobody_here_knows_whether_it_lives() -> None:
    error = locked_by("ada@elsewhere", os.getpid())
    assert (error.here, error.dead) == (False, False)


def test_a_lock_without_a_name_is_still_a_lock() -> None:
    with pytest.raises(Locked) as caught, pulumi_errors("demo"):
        raise ConcurrentUpdateError(CommandResult(stdout="", stderr="[409] Conflict: Another update", code=255))
    assert told_of(caught.value) == ("bay demo is being changed by another run", "wait for it, then try again")


def told_of(error: Locked) -> tuple[str, str]:
    return error.message, error.hint


def test_a_failure_keeps_pulumis_own_words_for_debug() -> None:
    def fail() -> None:
        with pulumi_errors("demo"):
            raise CommandError(CommandResult(stdout="", stderr="error: something new", code=255))

    assert told(fail)[0] == "bay demo: something new"


def test_an_error_of_the_program_itself_is_left_alone() -> None:
    with pytest.raises(KeyError), pulumi_errors("demo"):
        raise KeyError("mine")


def test_pulumis_errors_are_those_of_the_automation_api() -> None:
    assert issubclass(StackNotFoundError, CommandError)
    assert issubclass(ConcurrentUpdateError, CommandError)


def test_ctrl_c_ends_as_in_a_shell_and_says_how_to_go_on() -> None:
    assert exit_code(Interrupted()) == 130
    assert "run the same command again" in Interrupted().hint


@pytest.mark.parametrize(
    ("status", "is_busy"),
    [(429, True), (500, True), (502, True), (503, True), (504, True), (409, False), (403, False), (501, False)],
)
def test_a_call_that_a_busy_cloud_turned_away_is_told_from_one_that_it_refused(status: int, is_busy: bool) -> None:
    call = f"Expected HTTP response code [201] when accessing [POST http://c/v2.1/servers], but got {status} instead: x"
    assert isinstance(from_output("demo", f"error: {call}"), CloudBusy) is is_busy


def test_a_cloud_that_does_not_answer_may_do_so_later() -> None:
    assert isinstance(from_output("demo", 'error: Post "http://127.0.0.1:8774/v2.1/servers": EOF'), Unreachable)
    assert not isinstance(from_output("demo", "error: something new"), Unreachable)
