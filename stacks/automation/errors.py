"""Failures of Pulumi in words of what the user can do; mapped here once."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from pulumi.automation.errors import CommandError, ConcurrentUpdateError, StackNotFoundError

from bay.components.errors import BayError, Unreachable
from bay.stacks.automation.diagnostics import first_errors
from bay.stacks.errors import (
    CloudBusy,
    Locked,
    NotFound,
    Protected,
    QuotaExceeded,
    ServerFault,
    StateUnwritable,
    WrongPassphrase,
)
from bay.stacks.processes import runs

LOCKED_BY = re.compile(r"created by (?P<user>\S+)@(?P<host>\S+) \(pid (?P<pid>\d+)\)")


@contextmanager
def pulumi_errors(bay: str) -> Iterator[None]:
    """Turns what the Automation API raises inside into a BayError."""
    try:
        yield
    except StackNotFoundError:
        raise NotFound(f"there is no bay {bay!r} in this state", "'bay list' shows the bays") from None
    except ConcurrentUpdateError as error:
        raise _locked(bay, str(error)) from None
    except CommandError as error:
        raise from_output(bay, str(error)) from error


def _locked(bay: str, text: str) -> Locked:
    holder = LOCKED_BY.search(text)
    if holder is None:
        return Locked(f"bay {bay} is being changed by another run", "wait for it, then try again")
    return locked_by(bay, holder["user"], holder["host"], int(holder["pid"]))


def locked_by(bay: str, user: str, host: str, pid: int) -> Locked:
    """The error for a lock that names its holder."""
    here = host == socket.gethostname()
    dead = here and not runs(pid, "pulumi")
    hint = f"wait for it, or 'bay cancel {bay}' if that run is no more"
    return Locked(
        f"bay {bay} is being changed by another run ({user}@{host}, process {pid})", hint, here=here, dead=dead
    )


KNOWN = (
    (
        r"incorrect passphrase",
        WrongPassphrase,
        "the passphrase of bay {bay} is wrong",
        "set PULUMI_CONFIG_PASSPHRASE_FILE to the file of its creation, or copy that file to where 'bay doctor' looks",
    ),
    (
        r"passphrase must be set",
        BayError,
        "the passphrase of bay {bay} is missing",
        "set PULUMI_CONFIG_PASSPHRASE_FILE, or copy the file from where the bay was created ('bay doctor' says where)",
    ),
    (
        r"failed to load checkpoint: place 1: unexpected end of JSON input",
        BayError,
        "the state of bay {bay} is truncated, and so is Pulumi's copy of it",
        "replace .pulumi/stacks/bay/{bay}.json with the newest complete file of .pulumi/backups/bay/{bay};"
        " resources that it lacks are found by their tag",
    ),
    (
        r"permission denied|read-only file system|no space left on device|disk quota exceeded",
        StateUnwritable,
        "the state cannot be written: {found}",
        "free some space and make it writable, or name another with --state or BAY_STATE",
    ),
    (
        r"(?i)quota exceeded[^\n\"]*|maximum number of [^\n\"]* exceeded",
        QuotaExceeded,
        "the project's quota is used up: {found}",
        "resources created so far are kept: free some quota and run the same command again, or 'bay delete {bay}'",
    ),
    (
        r"No valid host[^\n\"]*",
        BayError,
        "the cloud has no capacity for a server of bay {bay}: {found}",
        "resources created so far are kept: run the same command again later, or with a smaller flavor",
    ),
    (
        r"(?<=Multiple security_group matches found for name ')[^']+",
        BayError,
        "another security group of this project is called {found} too: Nova cannot tell which one a server means",
        "rename or delete the other one, then run the same command again to resume",
    ),
    (
        r"belongs to project [^\n;]*",
        BayError,
        "bay {bay} {found}",
        "name the bay's own cloud with --os-cloud or OS_CLOUD",
    ),
    (
        r"is managed by the bay command",
        BayError,
        "bay {bay} {found}",
        "'bay export {bay}' gives it to this checkout",
    ),
    (
        r"is managed by the file [^\n;]*",
        BayError,
        "bay {bay} {found}",
        "change it there",
    ),
    (
        r"cannot be deleted\s+because it is protected|marked for protection"
        r"|this would delete [^\n]*control-plane data",
        Protected,
        "bay {bay}: a master, a volume or the identity would be deleted, and they are protected",
        "'bay preview {bay}' names them",
    ),
    (
        r"[\w.-]+ violates plan",
        BayError,
        "the run would do more than the plan: {found}",
        "changes so far are kept: 'bay preview {bay}' shows the rest, --save keeps it as a plan",
    ),
    (
        r"PULUMI_ACCESS_TOKEN must be set",
        BayError,
        "the state asks for an access token of Pulumi's own protocol",
        "set PULUMI_ACCESS_TOKEN; a folder is named as file:///FOLDER, a bucket as s3://BUCKET",
    ),
    (
        r"https?://[^\s\"/]+(?=/[^\s\"]*\": (?:OpenStack connection error|EOF|dial tcp|read tcp|context deadline))",
        Unreachable,
        "bay {bay}: the cloud cannot be reached at {found}",
        "resources created so far are kept: run the same command again once the cloud answers, or 'bay delete {bay}'",
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

TURNED_AWAY = re.compile(r"Expected HTTP response code .*, but got (?:429|50[0234]) instead")
"""What the plugin says of a call that the cloud did not do, or of whose end nobody knows."""


def from_output(bay: str, text: str) -> BayError:
    """The first known cause in Pulumi's output, else its first error lines."""
    for pattern, kind, message, hint in KNOWN:
        match = re.search(pattern, text)
        if match:
            found = match.group(0).strip().rstrip(".")
            return kind(message.format(bay=bay, found=found), hint.format(bay=bay))
    message = f"{f'bay {bay}' if bay else 'state'}: {first_errors(text)}"
    again = AGAIN.format(bay=bay) if bay else "check --state"
    failed = NOT_ACTIVE.search(text)
    if failed:
        return ServerFault(message, again, failed["id"])
    return (CloudBusy if TURNED_AWAY.search(text) else BayError)(message, again)


AGAIN = "resources created so far are kept: run the same command again to resume, or 'bay delete {bay}'"
