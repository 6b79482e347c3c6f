"""The checks of `bay doctor`: the toolchain's own, then state, sandbox, cloud and passphrases."""

from bay import toolchain
from bay.cli import settings
from bay.cli.output import without_passwords
from bay.cli.session import Session
from bay.components.errors import BayError
from bay.toolchain import Check


def checks(session: Session) -> list[Check]:
    """Every check in the order in which one would mend things."""
    found = list(toolchain.checks(session.settings.cache, session.settings.path))
    return [*found, _state(session), _sandbox(session), _cloud(session), _passphrase(session)]


def _state(session: Session) -> Check:
    try:
        settings.ensure_local_state(session.settings)
    except BayError as error:
        return Check("state", False, error.message, error.hint)
    return Check("state", True, without_passwords(session.settings.state), "")


def _sandbox(session: Session) -> Check:
    from bay.sandbox import Sandbox

    cache = session.settings.cache / "sandbox"
    status = Sandbox(state=session.settings.sandbox_state, cache=cache).status()
    if not any(service.running for service in status.services):
        return Check("sandbox", True, "stopped", "")
    if status.healthy:
        return Check("sandbox", True, f"runs at {status.auth_url}", "")
    ill = [one for one in status.services if one.problem or not one.running]
    detail = "; ".join(f"{one.name} {one.problem or 'is stopped'}" for one in ill)
    return Check("sandbox", False, detail, "bay sandbox start")


def _cloud(session: Session) -> Check:
    from bay.components.cloud import explained
    from bay.components.login import login_of

    try:
        with explained("logging in"):
            login = login_of(session.cloud())
    except BayError as error:
        return Check("cloud", False, error.message, error.hint)
    name = session.settings.cloud or session.pinned.get("OS_CLOUD", "")
    return Check("cloud", True, f"{name}: project {login.project_id} at {login.auth_url}", "")


def _passphrase(session: Session) -> Check:
    if session.settings.passphrase_given:
        return Check("passphrase", True, "from PULUMI_CONFIG_PASSPHRASE or its file", "")
    folder = session.settings.passphrase_file("x").parent
    count = len(list(folder.iterdir())) if folder.is_dir() else 0
    loose = [path.name for path in folder.glob("*") if path.stat().st_mode & 0o077] if folder.is_dir() else []
    if loose:
        return Check("passphrase", False, f"others may read {', '.join(loose)} in {folder}", f"chmod 600 {folder}/*")
    return Check("passphrase", True, f"{count} in {folder}; each bay gets its own", "")
