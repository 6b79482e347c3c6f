"""How far a server is, read from its console log."""

import pytest

from bay.stacks.cluster.console_log import latest, tail, unresolved_failure

BOOT = "[  OK  ] Started foo.\n"


@pytest.mark.parametrize(
    ("log", "name", "said"),
    [
        ("", "booting", "booting"),
        ("FAKE CONSOLE OUTPUT\nANOTHER\nLAST LINE", "booting", "booting"),
        (BOOT + "bay: stage=docker node=demo-node-0\n", "docker", "docker"),
        ("bay: stage=docker node=a\nbay: stage=ready node=a\n" + BOOT, "ready", "ready"),
        # The server rebooted.
        ("bay: stage=ready node=a\nbay: stage=docker node=a\n", "docker", "docker"),
        # After a prompt, before a carriage return, cut by a kernel message.
        ("demo login: bay: stage=ready node=a\r\n", "ready", "ready"),
        (
            "bay: stage=cluster node=a state=waiting reason=no-master-lets-it-in\r\n",
            "cluster",
            "cluster: no master lets it in",
        ),
        (
            "bay: stage=failed node=a reason=image-lacks-dockerd [  12.3] eth0 up",
            "failed",
            "failed: image lacks dockerd",
        ),
    ],
)
def test_the_last_mark_holds(log: str, name: str, said: str) -> None:
    assert (latest(log).name, str(latest(log))) == (name, said)


def log_of(*marks: str) -> str:
    return "".join("bay: stage={} node=a {}\n".format(*f"{mark} ".split(" ", 1)) for mark in marks)


@pytest.mark.parametrize(
    ("marks", "reason"),
    [
        (["docker"], None),
        (["docker", "failed reason=a"], "a"),
        (["docker", "failed reason=a", "docker"], "a"),
        (["docker", "failed reason=a", "docker", "failed reason=b", "docker"], "b"),
        (["docker", "failed reason=a", "docker", "cluster"], None),
        (["packages package=a", "failed reason=a", "packages package=a", "packages package=b"], None),
        (["docker", "failed reason=a", "docker", "cluster", "failed reason=b", "docker", "cluster"], "b"),
        (["docker", "failed reason=a", "ready"], None),
        # It rebooted: what it said before then does not count.
        (["docker", "cluster", "ready", "docker", "failed reason=a", "docker", "cluster"], None),
    ],
)
def test_a_failure_lasts_until_a_retry_gets_further(marks: list[str], reason: str | None) -> None:
    failure = unresolved_failure(log_of(*marks))
    assert (failure and failure.details["reason"]) == reason


def test_the_end_of_a_log_is_shown_without_colours_and_empty_lines() -> None:
    log = "".join(f"line {n}\r\n\n" for n in range(20)) + "[\x1b[0;32m  OK  \x1b[0m] Reached \x07target\n"
    nova = "[[0;32m  OK  [0m] Reached \ufffd\ufffdtarget\n"
    assert tail(log, 2) == ["line 19", "[  OK  ] Reached target"]
    assert tail(nova) == ["[  OK  ] Reached target"]


def test_the_end_of_a_log_acts_on_no_terminal() -> None:
    assert tail("a\u202eb\nc\u200bd\n") == ["a\\u202eb", "c\\u200bd"]
