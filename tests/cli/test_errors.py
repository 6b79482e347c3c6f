"""How an error ends a command: an exit code by its family, and what a person sees of it on stderr."""

import inspect

import pytest

from bay.cli.errors import exit_code, print_error, unexpected
from bay.components.errors import BayError, InvalidInput
from bay.sandbox.errors import SandboxError
from bay.stacks import errors
from bay.stacks.errors import Interrupted, Locked, NotReady, QuotaExceeded
from bay.stacks.plan.types import QuotaUsage
from bay.toolchain.errors import ToolchainError

Captured = pytest.CaptureFixture[str]
CODES = {"QuotaExceeded": 3, "Interrupted": 130}
"""Families whose exit code is not 1."""
FAMILIES = {
    name: family
    for name, family in vars(errors).items()
    if inspect.isclass(family) and issubclass(family, BayError) and family is not BayError
}


def error_of(family: type[BayError]) -> BayError:
    """An error of the family, as far as its exit code needs it."""
    return family.__new__(family)


@pytest.mark.parametrize("name", FAMILIES)
def test_each_family_has_an_exit_code(name: str) -> None:
    assert exit_code(error_of(FAMILIES[name])) == CODES.get(name, 1)


def test_wrong_input_and_other_errors_have_theirs() -> None:
    assert exit_code(InvalidInput("it is so")) == 2
    assert exit_code(BayError("it is so")) == 1
    assert set(CODES) <= set(FAMILIES)


@pytest.mark.parametrize(
    ("command", "code"), [("preview", 1), ("drift", 1), ("update", 2), ("create", 2), ("repair", 2), ("", 2)]
)
def test_where_2_says_that_something_differs_wrong_input_is_1(command: str, code: int) -> None:
    assert exit_code(InvalidInput("it is so"), command) == code


@pytest.mark.parametrize("command", ["preview", "drift"])
def test_what_does_not_fit_and_an_interrupt_keep_their_codes_there(command: str) -> None:
    assert exit_code(QuotaExceeded("it is so", ""), command) == 3
    assert exit_code(Interrupted(), command) == 130


def said(error: BayError, captured: Captured) -> list[str]:
    print_error(error)
    shown = captured.readouterr()
    assert shown.out == ""
    return shown.err.splitlines()


def test_an_error_is_one_line_of_what_is_wrong_and_one_of_what_to_do(capsys: Captured) -> None:
    assert said(BayError("it is so", "do that"), capsys) == ["error: it is so", "       do that"]
    assert said(BayError("it is so"), capsys) == ["error: it is so"]
    assert said(Locked("bay [demo] is locked", "wait"), capsys) == ["error: bay [demo] is locked", "       wait"]
    assert said(Interrupted(), capsys) == [
        "error: interrupted; resources created so far are kept in the state",
        "       run the same command again to resume, or 'bay delete' to remove them",
    ]


def test_of_a_server_that_is_not_ready_the_console_log_is_shown_first(capsys: Captured) -> None:
    error = NotReady("server demo-node-0 says failed", "see the log", "demo-node-0", ("one", "[two] | three"))
    assert said(error, capsys) == [
        "the console log of demo-node-0 ends:",
        "  | one",
        "  | [two] | three",
        "error: server demo-node-0 says failed",
        "       see the log",
    ]


def test_of_a_server_without_a_console_log_none_is_shown(capsys: Captured) -> None:
    error = NotReady("server demo-node-0 is ERROR", "see", "demo-node-0")
    assert said(error, capsys) == ["error: server demo-node-0 is ERROR", "       see"]


def test_of_quotas_that_are_too_low_the_table_is_shown_first(capsys: Captured) -> None:
    rows = (QuotaUsage("instances", 4, 7, 10),)
    *table, error, hint = said(QuotaExceeded("bay demo does not fit", "ask for less", rows), capsys)
    assert len(table) == 5
    assert table[1::2] == ["│ resource  │ needed │ used │ limit │", "│ instances │ 4      │ 7    │ 10    │"]
    assert (error, hint) == ("error: bay demo does not fit", "       ask for less")


def test_where_the_cloud_said_that_a_quota_is_reached_there_is_no_table(capsys: Captured) -> None:
    assert said(QuotaExceeded("the quota for cores is reached", "ask for less"), capsys) == [
        "error: the quota for cores is reached",
        "       ask for less",
    ]


@pytest.mark.parametrize(
    ("error", "message", "hint"),
    [
        (SandboxError("port taken", "free it"), "port taken", "free it"),
        (ToolchainError("no Go", "install it"), "no Go", "install it"),
        (
            PermissionError(13, "Permission denied", "/x"),
            "/x: Permission denied",
            "make it writable and see that there is space, then try again",
        ),
        (
            OSError(28, "No space left on device"),
            "a file: No space left on device",
            "free some space where the state (--state), the data (XDG_DATA_HOME) and temporary files (TMPDIR) are",
        ),
        (
            ZeroDivisionError("inside"),
            "ZeroDivisionError: inside",
            "this is a mistake in bay: run it again with 'bay --debug ...' and report what it prints",
        ),
    ],
)
def test_an_error_that_nobody_expected_has_words_too(error: Exception, message: str, hint: str) -> None:
    found = unexpected(error)
    assert (found.message, found.hint, exit_code(found)) == (message, hint, 1)
