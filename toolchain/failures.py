"""What the failures of `go` and `pip` mean for the person who waits for the build."""

from pathlib import Path

from bay.toolchain.errors import ToolchainError
from bay.toolchain.process import ProcessFailed

#: What a first build writes: 2.2 GB compiled code, 1.9 GB sources, 0.2 GB programs, at times 0.2 GB of Go.
SPACE = "about 4.5 GB"

_NO_SPACE = (
    "no space left on the disk",
    f"a first build needs {SPACE}; make room (`go env GOCACHE GOMODCACHE` and TMPDIR name the folders), then again",
)
_WRONG_SUM = (
    "a download is not what it should be: its checksum is wrong",
    "nothing was built from it; try another network or proxy, and report it if it stays",
)
_NO_NETWORK = (
    "a download failed",
    "check the network, or set GOPROXY (for pip: PIP_INDEX_URL) to a mirror that this machine reaches, then again",
)
_NO_MEMORY = (
    "the compiler was killed, which is mostly a lack of memory",
    "make 4 GB of memory free, then again: what is compiled is kept",
)

#: Signs in a program's output, and what they mean. The first that fits counts.
_SIGNS: tuple[tuple[tuple[str, ...], tuple[str, str]], ...] = (
    (("no space left on device", "disk quota exceeded"), _NO_SPACE),
    (("checksum mismatch", "security error", "do not match the hashes"), _WRONG_SUM),
    (
        (
            "dial tcp",
            "no such host",
            "network is unreachable",
            "connection refused",
            "connection reset",
            "i/o timeout",
            "tls handshake timeout",
            "forbidden",
            "module lookup disabled",
            "failed to establish a new connection",
            "no matching distribution found",
            "read timed out",
            "name resolution",
        ),
        _NO_NETWORK,
    ),
    (("signal: killed", "out of memory", "cannot allocate memory"), _NO_MEMORY),
)


def explain(task: str, failure: ProcessFailed, log: Path) -> ToolchainError:
    """The error for a program that failed at `task`, a phrase such as "building the pulumi command"."""
    output = failure.output.lower()
    for signs, (message, hint) in _SIGNS:
        if any(sign in output for sign in signs):
            return ToolchainError(f"{task}: {message}", hint)
    if failure.code == -9:
        return ToolchainError(f"{task}: {_NO_MEMORY[0]}", _NO_MEMORY[1])
    last = next((line.strip() for line in reversed(failure.output.splitlines()) if line.strip()), str(failure))
    return ToolchainError(f"{task} failed: {last}", f"read {log}; `bay doctor` says what is missing on this machine")
