"""What the failures of debootstrap and apt mean for the person who waits for the image."""

from pathlib import Path

from bay.sandbox.errors import SandboxError
from bay.toolchain.process import ProcessFailed

_SIGNS: tuple[tuple[tuple[str, ...], tuple[str, str]], ...] = (
    (("no space left on device", "disk quota exceeded", "not enough free space"), ("the disk is full", "make room")),
    (
        ("unable to locate package", "has no installation candidate", "couldn't find these debs"),
        ("a package is not in the repositories: {line}", "check this machine's apt sources and --apt-source"),
    ),
    (
        ("no_pubkey", "not signed", "invalid signature", "keyring file not available"),
        (
            "a repository's signature cannot be checked: {line}",
            "install debian-archive-keyring, or give the site's own by [signed-by=FILE]",
        ),
    ),
    (
        (
            "failed getting release file",
            "failed to fetch",
            "could not resolve",
            "could not connect",
            "couldn't download",
        ),
        ("packages could not be downloaded: {line}", "see that `apt-get update` works on this machine"),
    ),
    (
        ("operation not permitted", "cannot install into target"),
        ("root may not do here what an image needs: {line}", "use a machine where root may mount and make devices"),
    ),
)
"""Signs in a program's output, and (message, hint); the first that fits counts."""


def explain(task: str, failure: ProcessFailed, log: Path) -> SandboxError:
    """The error for a program that failed at ``task``, a phrase such as "installing packages"."""
    lines = [line.strip() for line in failure.output.splitlines() if line.strip()]
    for signs, (message, hint) in _SIGNS:
        line = next((line for line in lines if any(sign in line.lower() for sign in signs)), None)
        if line is not None:
            return SandboxError(f"{task}: {message.format(line=line)}", f"{hint}; what is done is kept, then again")
    errors = [line for line in lines if line.startswith(("E:", "error", "ctr:"))]
    last = (errors or lines or [str(failure)])[-1]
    return SandboxError(f"{task} failed: {last}", f"read {log}")
