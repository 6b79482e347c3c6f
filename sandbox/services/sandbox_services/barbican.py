# mypy: disable-error-code="import-not-found,no-any-return"
"""Barbican."""

from .plan import Plan
from .web import Application

LAZY_TRANSACTIONS = True


def load(plan: Plan) -> Application:
    """The API. Its modules read their configuration from ~/.barbican; HOME is in the state folder."""
    import barbican.api.app  # noqa: F401  (paste finds the application's factories there)
    from barbican.common import policy
    from paste import deploy

    paste = plan.configuration("barbican/barbican-api-paste.ini")
    application = deploy.loadapp(f"config:{paste}", name="main")
    policy.init()  # else the first request does, and one that comes at the same time finds no rules
    return application


def start_workers(plan: Plan) -> None:
    """Barbican's worker serves orders of certificates, which the sandbox has no issuer for."""
