"""Failures of the Pulumi engine in words of what the user can do; mapped here once."""

import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pulumi.automation.errors import CommandError, ConcurrentUpdateError, StackNotFoundError

from bay.components.errors import BayError

LOCKED_BY = re.compile(r"created by (?P<user>\S+)@(?P<host>\S+) \(pid (?P<pid>\d+)\)")


class NoSuchBay(BayError):
    """The state holds no bay of this name."""


class Locked(BayError):
    """Another run holds the stack.

    here: that run is, or was, on this machine. dead: it is no more.
    """

    def __init__(self, message: str, hint: str, *, here: bool = False, dead: bool = False) -> None:
        super().__init__(message, hint)
        self.here = here
        self.dead = dead


class Quota(BayError):
    """The cloud refused to make more; what was made is kept."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message, hint, 3)


class ServerFault(BayError):
    """Nova took a server and could not make it; only Nova knows why."""

    def __init__(self, message: str, hint: str, server_id: str) -> None:
        super().__init__(message, hint)
        self.server_id = server_id


class Protected(BayError):
    """The engine will not delete or replace what is protected: masters, volumes and the identity."""


class Interrupted(BayError):
    """Ctrl-C; exit code as of a shell."""

    def __init__(self) -> None:
        super().__init__(
            "interrupted; what was made is kept in the state",
            "run the same command again to go on, or 'bay delete' to take it all back",
            130,
        )


@contextmanager
def explained(bay: str) -> Iterator[None]:
    """Turns what the Automation API raises inside into a BayError."""
    try:
        yield
    except StackNotFoundError:
        raise NoSuchBay(f"there is no bay {bay!r} in this state", "'bay list' shows the bays") from None
    except ConcurrentUpdateError as error:
        raise _locked(bay, str(error)) from None
    except CommandError as error:
        raise from_output(bay, str(error)) from error


def _locked(bay: str, text: str) -> Locked:
    holder = LOCKED_BY.search(text)
    if holder is None:
        return Locked(f"bay {bay} is being changed by another run", "wait for it, then try again")
    here = holder["host"] == socket.gethostname()
    dead = here and not _alive(int(holder["pid"]))
    who = f"{holder['user']}@{holder['host']}, process {holder['pid']}"
    hint = f"wait for it, or 'bay cancel {bay}' if that run is no more"
    return Locked(f"bay {bay} is being changed by another run ({who})", hint, here=here, dead=dead)


def _alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and is not waited for by its parent does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except ProcessLookupError:
        return False
    except OSError:  # it belongs to another user, or the system has no /proc
        return True


KNOWN = (
    (
        r"incorrect passphrase",
        BayError,
        "the passphrase of bay {bay} is wrong",
        "set PULUMI_CONFIG_PASSPHRASE_FILE to the file it was made with, or copy that file to where 'bay doctor' looks",
    ),
    (
        r"passphrase must be set",
        BayError,
        "the passphrase of bay {bay} is missing",
        "set PULUMI_CONFIG_PASSPHRASE_FILE, or copy the file from where the bay was made ('bay doctor' says where)",
    ),
    (
        r"failed to load checkpoint: place 1: unexpected end of JSON input",
        BayError,
        "the state of bay {bay} is cut short, and so is the engine's copy of it",
        "put the newest whole file of .pulumi/backups/bay/{bay} in the place of .pulumi/stacks/bay/{bay}.json;"
        " the bay's mark finds what it lacks",
    ),
    (
        r"permission denied|read-only file system|no space left on device|disk quota exceeded",
        BayError,
        "the state cannot be written: {found}",
        "make room and make it writable, or name another with --state or BAY_STATE",
    ),
    (
        r"(?i)quota exceeded[^\n\"]*|maximum number of [^\n\"]* exceeded",
        Quota,
        "the project's quota is used up: {found}",
        "what was made is kept: free some quota and run the same command again, or 'bay delete {bay}'",
    ),
    (
        r"No valid host[^\n\"]*",
        BayError,
        "the cloud has no room for a server of bay {bay}: {found}",
        "what was made is kept: run the same command again later or with a smaller flavor, or 'bay delete {bay}'",
    ),
    (
        r"(?<=Multiple security_group matches found for name ')[^']+",
        BayError,
        "another security group of this project is called {found} too: Nova cannot tell which one a server means",
        "rename or delete the other one, then run the same command again: what was made is kept",
    ),
    (
        r"belongs to project [^\n]*",
        BayError,
        "bay {bay} {found}",
        "name the bay's own cloud with --os-cloud or OS_CLOUD",
    ),
    (
        r"is managed by [^\n]*",
        BayError,
        "bay {bay} {found}",
        "",
    ),
    (
        r"cannot be deleted\s+because it is protected|marked for protection"
        r"|this would delete [^\n]*the engine's own data",
        Protected,
        "bay {bay}: a master, a volume or the identity would be deleted, and they are protected",
        "'bay preview {bay}' names them",
    ),
    (
        r"[\w.-]+ violates plan",
        BayError,
        "the run would do what is not in the plan: {found}",
        "what was done is kept: 'bay preview {bay}' shows what is left, --save keeps it",
    ),
    (
        r"PULUMI_ACCESS_TOKEN must be set",
        BayError,
        "the state asks for an access token of Pulumi's own protocol",
        "set PULUMI_ACCESS_TOKEN; a folder is named as file:///FOLDER, a bucket as s3://BUCKET",
    ),
    (
        r"https?://[^\s\"/]+(?=/[^\s\"]*\": (?:OpenStack connection error|EOF|dial tcp|read tcp|context deadline))",
        BayError,
        "bay {bay}: the cloud cannot be reached at {found}",
        "what was made is kept: run the same command again once the cloud answers, or 'bay delete {bay}'",
    ),
    (
        r"unable to open state database[^\n]*|read \"\.pulumi/meta\.yaml\"[^\n]*",
        BayError,
        "the state cannot be reached: {found}",
        "check --state or BAY_STATE, and that what it names can be reached from here",
    ),
)
"""(pattern in the engine's output, error, message, hint); {found} is what the pattern matched."""


NOT_ACTIVE = re.compile(r"waiting for instance \((?P<id>[0-9a-f-]+)\) to become ready: unexpected state 'ERROR'")

NOISE = (
    (r"sdk-v2/\S+ sdk\.helper_schema: |: provider=openstack@\S+", ""),
    (r'Expected HTTP response code .*, but got (\d+) instead: .*"message": "([^"]*)".*', r"\2 (HTTP \1)"),
)
"""(pattern, replacement): what the plugin says around the cloud's own words."""


def from_output(bay: str, text: str) -> BayError:
    """The first known cause in the engine's output, else its first error lines."""
    for pattern, kind, message, hint in KNOWN:
        match = re.search(pattern, text)
        if match:
            found = match.group(0).strip().rstrip(".")
            return kind(message.format(bay=bay, found=found), hint.format(bay=bay))
    message = f"{f'bay {bay}' if bay else 'state'}: {first_errors(text)}"
    again = "what was made is kept: run the same command again, or 'bay delete {bay}'" if bay else "check --state"
    failed = NOT_ACTIVE.search(text)
    return ServerFault(message, again, failed["id"]) if failed else BayError(message, again.format(bay=bay))


def first_errors(text: str) -> str:
    """The engine's first two errors, each with the name of its resource and without decoration."""
    name, causes = "", []
    for line in text.splitlines():
        heading = re.fullmatch(r"  \S+ \((?P<name>\S+)\):", line)
        if heading:
            name = heading["name"]
        elif "error:" in line:
            cause = _plain(line.split("error:", 1)[1])
            if not re.fullmatch(r"|(update|preview|destroy) failed|\d+ errors? occurred:", cause):
                causes.append(f"{name}: {cause}" if name else cause)
    return "; ".join(dict.fromkeys(causes[:2]))[:500] or "the engine failed without a message"


def _plain(cause: str) -> str:
    for pattern, replacement in NOISE:
        cause = re.sub(pattern, replacement, cause)
    return cause.strip()
