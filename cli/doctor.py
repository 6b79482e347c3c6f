"""The checks of `bay doctor`: the toolchain's own, then state, sandbox, cloud and passphrases."""

import shlex
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from bay import toolchain
from bay.cli.installation import check_command
from bay.components.errors import BayError
from bay.components.node.certificates import end_of
from bay.components.node.lifetimes import Certificate, Validity
from bay.components.openstack.connection import openstack_errors
from bay.components.openstack.scope import scope_of
from bay.components.text import command, without_passwords
from bay.sandbox import Sandbox
from bay.stacks import private_files
from bay.stacks.context import Context
from bay.stacks.settings import Settings
from bay.stacks.state.disk import require_writable
from bay.toolchain import Check


def checks(context: Context) -> list[Check]:
    """Every check, in the order in which one would fix things."""
    home = context.settings.environment.get("PULUMI_HOME", "")
    found = list(toolchain.checks(context.settings.cache, context.settings.path, home))
    settings = context.settings
    mine = (_passphrase(settings), _folders(settings), clients(settings, datetime.now(UTC)))
    return [check_command(settings.path), *found, _state(settings), sandbox(settings), _cloud(context), *mine]


def _state(settings: Settings) -> Check:
    try:
        require_writable(settings)
    except BayError as error:
        return Check("state", False, error.message, error.hint)
    folder = settings.state_folder
    if folder and private_files.is_open(folder):
        told = f"others may look into {folder}, which has the specs of all bays; fine where they are to share it"
        return Check("state", True, told, command("chmod", "go=", str(folder)))
    return Check("state", True, without_passwords(settings.state), "")


def sandbox(settings: Settings) -> Check:
    """Whether the local OpenStack, where it runs, does its work."""
    status = Sandbox(state=settings.sandbox_state, cache=settings.cache / "sandbox").status()
    if not any(service.running for service in status.services):
        return Check("sandbox", True, "stopped", "")
    if status.healthy:
        return Check("sandbox", True, f"runs at {status.auth_url}", "")
    ill = [one for one in status.services if one.problem or not one.running]
    detail = "; ".join(f"{one.name} {one.problem or 'is stopped'}" for one in ill)
    return Check("sandbox", False, detail, "bay sandbox start")


def _cloud(context: Context) -> Check:
    try:
        with openstack_errors("logging in"):
            scope = scope_of(context.cloud)
    except BayError as error:
        return Check("cloud", False, error.message, error.hint)
    return Check("cloud", True, f"{context.cloud.config.name}: project {scope.project_id} at {scope.auth_url}", "")


def _passphrase(settings: Settings) -> Check:
    if settings.has_own_passphrase:
        return Check("passphrase", True, "from PULUMI_CONFIG_PASSPHRASE or its file", "")
    folder = settings.passphrase_file("x").parent
    count = len(list(folder.iterdir())) if folder.is_dir() else 0
    loose = [path.name for path in folder.glob("*") if path.stat().st_mode & 0o077] if folder.is_dir() else []
    if loose:
        return Check(
            "passphrase",
            False,
            f"others may read {', '.join(loose)} in {folder}",
            f"chmod 600 {shlex.quote(str(folder))}/*",
        )
    return Check("passphrase", True, f"{count} in {folder}; each bay gets its own", "")


def _folders(settings: Settings) -> Check:
    """Whether what bay keeps is this user's alone: passphrases, logins, clients' keys."""
    kept = [
        *private_files.faults(settings.data, "passphrases", "locks", "clouds"),
        *private_files.faults(settings.config / "clients", "."),
    ]
    if kept:
        return Check("folders", False, "; ".join(fault for fault, _ in kept), "; ".join(remedy for _, remedy in kept))
    return Check("folders", True, f"{settings.data} and {settings.config / 'clients'} are yours alone", "")


def clients(settings: Settings, now: datetime) -> Check:
    """Client certificates that `bay config` wrote on this machine: those that end within 30 days, or have ended.

    No fault of the machine: a bay may be gone, or used no more.
    """
    folder = settings.config / "clients"
    found = list(_client_certificates(folder))
    ending = [one for one in found if one.validity(now) is not Validity.VALID]
    ends = [f"{one.name} {one.end_text(now)}" for one in ending]
    remedies = [command("bay", "config", one.name) for one in ending]
    return Check("clients", True, "; ".join(ends) or f"{len(found)} in {folder}", "; ".join(remedies))


def _client_certificates(folder: Path) -> Iterator[Certificate]:
    """By the name of the bay; what is no certificate is left to `bay config`, which writes it again."""
    for file in sorted(folder.glob("*/cert.pem")):
        with suppress(OSError, ValueError):
            yield Certificate(file.parent.name, end_of(file.read_text(encoding="utf-8")))
